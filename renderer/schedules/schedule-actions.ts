/** What can be done with a schedule from the screen. */
import { computed, ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { ScheduleDetail } from '../../shared/schedule.ts'
import { useOutdate } from '../answers.ts'
import { ask } from '../call.ts'
import { useStartWork } from '../start-work.ts'
import { useWorkspace } from '../workspace.ts'

type Act = 'enable' | 'save' | 'remove' | 'run'

export function useScheduleActions() {
  const router = useRouter()
  const outdate = useOutdate()
  const { state } = useWorkspace()
  const { runReason } = useStartWork()
  const failure = shallowRef<Failure | null>(null)
  const busy = ref<{ act: Act; schedule: string } | null>(null)

  async function act<T>(what: { act: Act; schedule: string }, work: () => Promise<T>): Promise<T | null> {
    busy.value = what
    failure.value = null
    try {
      const done = await work()
      if (what.act === 'remove') outdate('schedules.list')
      else outdate('schedules.list', 'schedules.show', 'schedules.ledger')
      return done
    } catch (thrown) {
      failure.value = toFailure(thrown)
      return null
    } finally {
      busy.value = null
    }
  }

  return {
    failure,
    isBusy: (what: Act, schedule: string): boolean => busy.value?.act === what && busy.value.schedule === schedule,
    /** Why no file may be changed; files are this machine’s, so being offline is no reason. */
    writeReason: computed(() => state.value?.read_only ?? null),
    runReason,
    enable: (schedule: string, enabled: boolean): Promise<ScheduleDetail | null> =>
      act({ act: 'enable', schedule }, () => ask('schedules.enable', { params: { schedule }, body: { enabled } })),
    save: (schedule: string, text: string): Promise<ScheduleDetail | null> =>
      act({ act: 'save', schedule }, () => ask('schedules.save', { params: { schedule }, body: { text } })),
    remove: async (schedule: string): Promise<boolean> =>
      (await act({ act: 'remove', schedule }, () => ask('schedules.remove', { params: { schedule }, body: {} })))?.removed ?? false,
    /** Starts, then shows the run. */
    runNow: async (schedule: string): Promise<void> => {
      const started = await act({ act: 'run', schedule }, () => ask('schedules.run_now', { params: { schedule }, body: {} }))
      if (started !== null) await router.push(`/runs/${started.run_id}`)
    },
  }
}
