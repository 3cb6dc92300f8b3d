/** A text that lives in the address, so that a link leads to it. */
import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** Empty when it is not there. */
export function useRouteText(key: string): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => {
      const value = route.query[key]
      return typeof value === 'string' ? value : ''
    },
    set: (text) => {
      void router.replace({ query: { ...route.query, [key]: text === '' ? undefined : text } })
    },
  })
}
