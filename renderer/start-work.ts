/** Starting work from the screen: jobs into the warehouse, features into the snapshot. */
import { computed, ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { toFailure, type Failure } from '../shared/failure.ts'
import type { RunOptionsInput } from '../shared/plan.ts'
import { useOutdate } from './answers.ts'
import { ask } from './call.ts'
import { useWorkspace } from './workspace.ts'

export function useStartWork() {
  const router = useRouter()
  const outdate = useOutdate()
  const { reason, running, state } = useWorkspace()
  const busy = ref<'run' | 'sync' | null>(null)
  const failure = shallowRef<Failure | null>(null)

  /** Starts, then shows the run, which moves as it goes. */
  async function begin(what: 'run' | 'sync', start: () => Promise<{ run_id: string }>): Promise<void> {
    busy.value = what
    failure.value = null
    try {
      const { run_id } = await start()
      outdate('workspace.state', 'overview.show', 'pipelines.graph')
      await router.push(`/runs/${run_id}`)
    } catch (thrown) {
      failure.value = toFailure(thrown)
    } finally {
      busy.value = null
    }
  }

  const busyWith = (kind: 'pipeline' | 'sync', words: string) =>
    computed(() => reason.value ?? (running.value.some((run) => run.kind === kind) ? words : null))
  const runBusy = busyWith('pipeline', 'A run is going on.')
  return {
    busy,
    failure,
    runReason: computed(() => state.value?.no_jobs ?? runBusy.value),
    syncReason: busyWith('sync', 'A sync is going on.'),
    /** Why nothing that writes can start now; null when it can. */
    reason,
    startRun: (options: RunOptionsInput) => begin('run', () => ask('runs.start', { body: options })),
    runJobs: (jobs: string[]) => begin('run', () => ask('runs.start', { body: { jobs } })),
    retryRun: (runId: string) => begin('run', () => ask('runs.retry', { params: { run_id: runId }, body: {} })),
    syncFeatures: () => begin('sync', () => ask('features.sync', { body: {} })),
  }
}
