/** What can be done with the inbox: it lies on this machine, so it works offline and read-only too. */
import { ref, shallowRef } from 'vue'
import { toFailure, type Failure } from '../../shared/failure.ts'
import { useOutdate } from '../answers.ts'
import { ask } from '../call.ts'

export function useInboxActions() {
  const outdate = useOutdate()
  const failure = shallowRef<Failure | null>(null)
  const busy = ref(false)

  return {
    failure,
    busy,
    /** Marks these as read; all of them with null. */
    read: async (ids: string[] | null): Promise<void> => {
      busy.value = true
      failure.value = null
      try {
        await ask('notifications.read', { body: { ids } })
        outdate('notifications.list')
      } catch (thrown) {
        failure.value = toFailure(thrown)
      }
      busy.value = false
    },
  }
}
