/** The workspace's one choice over all numbers (e.g. the tenant): kept while the window is open, empty for all. */
import { computed, ref } from 'vue'

const KEY = 'quintile.filter'
const chosen = ref(sessionStorage.getItem(KEY) ?? '')

/** What is chosen, and the same as a parameter of calls. */
export function useFilter() {
  return {
    chosen: computed({
      get: () => chosen.value,
      set: (value) => {
        chosen.value = value
        sessionStorage.setItem(KEY, value)
      },
    }),
    params: computed(() => (chosen.value === '' ? {} : { filter: chosen.value })),
  }
}
