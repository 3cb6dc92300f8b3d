/** Reading the API from components: one query per call and parameters, shared by everyone who shows it. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import type { CallName, ParamsOf } from '../shared/contract/index.ts'
import { ask, asFailure } from './call.ts'

/** The cache key of a call; the name alone stands for the call with any parameters. */
export function keyOf<N extends CallName>(name: N, params: ParamsOf<N>): [N, string] {
  return [name, JSON.stringify(params)]
}

/** The answer of a call, kept fresh by `live.ts`. `failure` is what went wrong last, beside the data of before. */
export function useAnswer<N extends CallName>(name: N, params: MaybeRefOrGetter<ParamsOf<N>>) {
  const query = useQuery({
    key: () => keyOf(name, toValue(params)),
    query: ({ signal }) => ask(name, { params: toValue(params), signal }),
    // Server-sent events say what changed; looking at a window again is no reason to compute a report again.
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  })
  return {
    data: query.data,
    failure: computed(() => asFailure(query.error.value)),
    loading: query.isLoading,
    refetch: () => {
      void query.refetch()
    },
  }
}

/** Marks answers as outdated; what is on the screen is asked for again. */
export function useOutdate(): (...names: CallName[]) => void {
  const cache = useQueryCache()
  // A reading that fails again is told by the query that shows it.
  return (...names) => {
    for (const name of names) cache.invalidateQueries({ key: [name] }).catch(() => undefined)
  }
}
