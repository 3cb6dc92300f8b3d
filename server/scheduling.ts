/** Schedules wired to what they run: how a tick becomes a run, and what is asked before it does. */
import type { Schedule } from '../shared/schedule.ts'
import type { Clock } from '../shared/time.ts'
import type { LocalStore } from './local/index.ts'
import type { Pipelines } from './pipelines/index.ts'
import type { Runs } from './runs/index.ts'
import { latestSuccess, openSchedules, type Schedules, type SchedulesNeeds } from './schedules/index.ts'
import type { Warehouse } from './warehouse/index.ts'

export interface SchedulingNeeds extends Pick<
  SchedulesNeeds,
  'folder' | 'workspace' | 'identity' | 'environment' | 'showDesktop' | 'changed' | 'log'
> {
  warehouse: Warehouse
  local: LocalStore
  clock: Clock
  pipelines: Pipelines
  runs: Runs
}

/** Opens the schedules of a workspace; nothing runs by itself before `start`. */
export function openScheduling({ pipelines, runs, ...needs }: SchedulingNeeds): Schedules {
  const { warehouse } = needs
  const planned = (run: { jobs: readonly string[]; arguments: Schedule['arguments'] }) =>
    pipelines.plan({ ...run.arguments, jobs: [...run.jobs] })
  return openSchedules({
    ...needs,
    startRun: ({ jobs, arguments: options, schedule, request, signal }) =>
      pipelines.start({ ...options, jobs, request, signal, schedule: schedule ?? undefined }),
    health: async (run) => pipelines.health((await planned(run)).plan),
    lastSuccess: async (run) =>
      latestSuccess(
        warehouse,
        (await planned(run)).plan.steps.map((step) => step.job.name),
      ),
    closeInterrupted: runs.book.closeInterrupted,
    showRun: runs.show,
    selectionWords: async () => {
      const { groups, jobs } = await pipelines.catalogue()
      return ['all', ...groups, ...jobs.keys()]
    },
  })
}
