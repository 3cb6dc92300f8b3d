/** The open workspace as every page needs it: is the warehouse there, and how old is what we show? */
import { computed } from 'vue'
import { useAnswer } from './answers.ts'

export function useWorkspace() {
  const { data, failure, refetch } = useAnswer('workspace.state', {})
  const offline = computed(() => data.value?.warehouse.state === 'offline')
  const running = computed(() => data.value?.running ?? [])
  return {
    state: data,
    failure,
    refetch,
    offline,
    running,
    /** Numbers from the snapshot are older than the warehouse. */
    stale: computed(() => data.value?.freshness === 'stale'),
    /** Why work that needs the warehouse cannot start now; null when it can. */
    reason: computed(() => {
      if (data.value?.read_only) return data.value.read_only
      if (offline.value) return 'The warehouse cannot be reached. This works again as soon as it can.'
      return failure.value !== null && data.value === undefined ? 'Quintile does not answer.' : null
    }),
  }
}
