/** The calls about jobs, plans and dry runs, answered by the rooms. */
import type { LiveEvent } from '../shared/contract/events.ts'
import type { JobDetail, PipelineGraph } from '../shared/contract/pipelines.ts'
import { toFailure } from '../shared/failure.ts'
import type { CheckPoint, JobCheck, RunStep } from '../shared/run.ts'
import type { Handlers } from './api/index.ts'
import type { Rooms } from './assemble.ts'
import type { UnderWay } from './run-calls.ts'

type PipelineHandlers = Pick<
  Handlers,
  | 'pipelines.graph'
  | 'pipelines.job'
  | 'pipelines.plan'
  | 'pipelines.dry_run'
  | 'pipelines.dry_runs'
  | 'pipelines.show_dry_run'
  | 'pipelines.cancel_dry_run'
>

export interface PipelineCallNeeds {
  underWay: UnderWay
  broadcast(event: LiveEvent): void
  /** What goes wrong after the answer. */
  log(thrown: unknown): void
}

const HISTORY = 30

/** From the warehouse, kept locally; from the copy when it cannot be asked. */
async function graphOrKept(rooms: Rooms): Promise<PipelineGraph> {
  try {
    const graph = await rooms.pipelines.graph()
    rooms.local.keepAnswer('pipelines', graph)
    return graph
  } catch (thrown) {
    const kept = rooms.local.answer('pipelines')
    if (toFailure(thrown).kind !== 'retry' || kept === undefined) throw thrown
    return kept as PipelineGraph
  }
}

async function jobDetail(rooms: Rooms, name: string): Promise<JobDetail> {
  const job = await rooms.pipelines.job(name)
  const { runs } = await rooms.runs.list({ offset: 0, limit: HISTORY, job: name })
  const details = await Promise.all(runs.map((run) => rooms.runs.show(run.run_id)))
  const history = details.flatMap((run) => stepOf(run.steps, name).map((step) => ({ run_id: run.run_id, step })))
  const last = details.find((run) => run.checks.some((check) => check.job === name))
  const checks = await Promise.all((last?.checks ?? []).filter((check) => check.job === name).map((check) => withTrend(rooms, check)))
  return { ...job, history, checks }
}

function stepOf(steps: readonly RunStep[], job: string): RunStep[] {
  return steps.filter((step) => step.job === job)
}

async function withTrend(rooms: Rooms, { job, ...check }: JobCheck): Promise<JobDetail['checks'][number]> {
  const points: CheckPoint[] = await rooms.runs.checkHistory(job, check.check, HISTORY)
  const trend = points.map(({ at, bad_rows }) => ({ at, bad_rows })).reverse()
  return { ...check, at: points[0]?.at ?? '', trend }
}

/** The handlers. */
export function answerPipelineCalls(rooms: Rooms, { underWay, broadcast, log }: PipelineCallNeeds): PipelineHandlers {
  const { pipelines } = rooms
  return {
    'pipelines.graph': () => graphOrKept(rooms),
    'pipelines.job': ({ job }) => jobDetail(rooms, job),
    'pipelines.plan': (_params, options) => rooms.planOf(options),
    'pipelines.dry_run': async (_params, options) => {
      const controller = new AbortController()
      let id = ''
      const { dryRunId, done } = await pipelines.dryRun({
        options,
        signal: controller.signal,
        onStep: (step) => broadcast({ type: 'dry-run', dry_run_id: id, step }),
      })
      id = dryRunId
      underWay.set(dryRunId, controller)
      done.catch(log).finally(() => {
        underWay.delete(dryRunId)
        broadcast({ type: 'dry-run', dry_run_id: dryRunId, step: null })
      })
      return { dry_run_id: dryRunId }
    },
    'pipelines.dry_runs': () => Promise.resolve({ dry_runs: pipelines.dryRuns.list() }),
    'pipelines.show_dry_run': ({ dry_run_id }) => Promise.resolve(pipelines.dryRuns.show(dry_run_id)),
    'pipelines.cancel_dry_run': ({ dry_run_id }) => {
      const controller = underWay.get(dry_run_id)
      controller?.abort()
      return Promise.resolve({ cancelled: controller !== undefined })
    },
  }
}
