/** Sending kept-out rows through their job again, and the run that does it. */
import { computed, ref, shallowRef } from 'vue'
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { BodyOf } from '../../shared/contract/index.ts'
import { useOutdate } from '../answers.ts'
import { ask } from '../call.ts'
import { useLive } from '../live.ts'

export function useReplay() {
  const live = useLive()
  const outdate = useOutdate()
  const busy = ref(false)
  const failure = shallowRef<Failure | null>(null)
  const runId = ref<string | null>(null)

  /** True when the replay has begun. */
  async function replay(body: BodyOf<'rejects.replay'>): Promise<boolean> {
    busy.value = true
    failure.value = null
    try {
      runId.value = (await ask('rejects.replay', { body })).run_id
      outdate('workspace.state', 'pipelines.graph', 'runs.show')
      return true
    } catch (thrown) {
      failure.value = toFailure(thrown)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, failure, runId, run: computed(() => (runId.value === null ? undefined : live.runOf(runId.value))), replay }
}
