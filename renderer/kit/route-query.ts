/** A choice that lives in the address, so that a link leads to it and "back" leaves it. */
import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** The first of `known` is the default and stays out of the address. */
export function useRouteQuery<Name extends string>(key: string, known: readonly [Name, ...Name[]]): WritableComputedRef<Name> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => known.find((name) => name === route.query[key]) ?? known[0],
    set: (name) => {
      void router.replace({ query: { ...route.query, [key]: name === known[0] ? undefined : name } })
    },
  })
}
