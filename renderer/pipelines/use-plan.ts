/** The plan of what is chosen, asked for anew with each change; an answer to an earlier choice is thrown away. */
import { useDebounceFn } from '@vueuse/core'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { PlanAnswer, RunOptionsInput } from '../../shared/plan.ts'
import { ask } from '../call.ts'

/** Long enough for a word to be typed on, short enough to feel immediate. */
const PAUSE_MS = 120

export function usePlan(options: Ref<RunOptionsInput | null>) {
  const plan = shallowRef<PlanAnswer | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const loading = ref(false)
  let asking: AbortController | undefined

  async function read(): Promise<void> {
    asking?.abort()
    const mine = new AbortController()
    asking = mine
    const body = options.value
    if (body === null) {
      ;[plan.value, failure.value, loading.value] = [null, null, false]
      return
    }
    loading.value = true
    try {
      const answer = await ask('pipelines.plan', { body, signal: mine.signal })
      if (mine.signal.aborted) return
      ;[plan.value, failure.value] = [answer, null]
    } catch (thrown) {
      if (mine.signal.aborted) return
      ;[plan.value, failure.value] = [null, toFailure(thrown)]
    }
    loading.value = false
  }

  const later = useDebounceFn(read, PAUSE_MS)
  watch(
    options,
    (now) => {
      asking?.abort()
      loading.value = now !== null
      void (now === null ? read() : later())
    },
    { immediate: true },
  )
  onScopeDispose(() => asking?.abort())
  return { plan, failure, loading, again: () => void read() }
}

/** The needs that a refused plan misses, as the server names them. */
export function missingNeeds(failure: Failure | null): string[] {
  const missing = failure?.code === 'plan.missing-need' ? failure.details['missing'] : undefined
  return Array.isArray(missing) ? missing : []
}
