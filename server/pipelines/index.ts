/** Pipelines: the declared jobs, the plan of a run, the run itself, its rehearsal, and imports of files. */
import { v7 as newRunId } from 'uuid'
import { runOptionsSchema, type PredictedStep, type RunOptions, type RunOptionsInput } from '../../shared/plan.ts'
import type { RunSummary } from '../../shared/run.ts'
import type { Clock } from '../../shared/time.ts'
import { readOnlyRefusal, type Warehouse } from '../warehouse/index.ts'
import { readCatalogue, type JobCatalogue } from './catalogue.ts'
import { openDryRuns, type DryRunShelf } from './dry-runs.ts'
import { resolveRetry, type FindRun } from './from-failure.ts'
import { readGraph, readJob } from './graph.ts'
import { checkHealth } from './health.ts'
import { requireSources, type JobSources } from './job-sources.ts'
import type { WorkspacePlace } from './load-kind.ts'
import { planRun, type LoadedJob, type Plan } from './plan.ts'
import type { RunRecorder } from './recorder.ts'
import { openSourceCare } from './source-care.ts'
import { startReplay, type ReplayRequest } from './replay.ts'
import { runPlan, type RunNeeds, type StepEnded } from './run.ts'
import type { ImportOutcome, ImportRun } from './run-import.ts'

export type { JobCatalogue } from './catalogue.ts'
export type { DryRunShelf } from './dry-runs.ts'
export type { Job } from './load-kinds.ts'
export type { JobSource, JobSources } from './job-sources.ts'
export { describePlan, type Plan } from './plan.ts'
export type { RunRecorder } from './recorder.ts'
export type { StepEnded } from './run.ts'
export type { ImportOutcome } from './run-import.ts'

export interface PipelinesNeeds {
  warehouse: Warehouse
  clock: Clock
  recorder: RunRecorder
  identity: RunNeeds['identity']
  workspace: WorkspacePlace
  /** The sources that jobs may name. */
  sources: JobSources
  shelf: DryRunShelf
  findRun: FindRun
  /** The warehouse is only read: nothing may be loaded into it. */
  readOnly?: boolean | undefined
  /** Steps of a run, as the book has them. */
  stepsOf(runId: string): Promise<readonly ({ job: string; status: string } & RunSummary['totals'])[]>
}

export interface StartRequest extends Omit<RunOptionsInput, 'jobs'> {
  jobs: readonly string[]
  /** What the person typed or clicked, for the run book. */
  request: string
  signal: AbortSignal
  schedule?: string | undefined
  /** Called when the run stands in the book. */
  onStarted?: (() => void) | undefined
  onStep?: ((ended: StepEnded) => void) | undefined
}

/** A run under way: it stands in the book once it has begun. */
export interface StartedRun {
  runId: string
  done: Promise<RunSummary>
}

export interface DryRunRequest {
  options: RunOptionsInput
  signal: AbortSignal
  onStep?: ((step: PredictedStep) => void) | undefined
}

/** Steps at once. More than the warehouse has cores gains nothing; fewer leaves it waiting for us between statements. */
const THREADS = 4

interface Planned {
  catalogue: JobCatalogue
  plan: Plan
  retryOf: string | undefined
}

/** Opens the room. Errors: none here; its calls reject with `job.*`, `plan.*`, `import.*`, `lease.held` and the warehouse's. */
export function openPipelines(needs: PipelinesNeeds) {
  const { warehouse, workspace, sources } = needs
  const dryRuns = openDryRuns(needs)
  const catalogue = (): Promise<JobCatalogue> => readCatalogue(`${workspace.folder}/jobs`)

  const plan = async (asked: RunOptionsInput): Promise<Planned> => {
    requireWritable(needs)
    const known = await catalogue()
    requireSources(known.jobs.values(), sources)
    const { options, retryOf } = await resolveRetry(needs.findRun, known, runOptionsSchema.parse(asked))
    return { catalogue: known, plan: planRun(known, options, await readLoaded(warehouse)), retryOf }
  }

  return {
    catalogue,
    plan,
    /** The sources themselves: list, test, slots. */
    sources: openSourceCare(sources, catalogue),
    /** Every job with its state, and the sources. */
    graph: async () => readGraph(warehouse, await catalogue(), sources),
    /** One job with its file. Errors: `job.unknown`. */
    job: async (name: string) => readJob(warehouse, await catalogue(), { folder: workspace.folder, name }),
    /** Whether the warehouse and the sources of the plan can be reached. */
    health: (planned: Plan) => checkHealth(warehouse, sources, planned),
    /** Plans first, so that nothing starts when the request cannot be done; then answers with the id and the run under way. */
    start: async ({ request, signal, schedule, onStarted, onStep, ...options }: StartRequest): Promise<StartedRun> => {
      const planned = await plan({ ...options, jobs: [...options.jobs] })
      const runId = newRunId()
      const threads = planned.plan.options.threads ?? THREADS
      const run = runPlan(needs, { ...planned, runId, threads, request, signal, schedule, onStarted, onStep })
      return { runId, done: thenCompare(needs, dryRuns, run) }
    },
    /** Plans, then predicts in a transaction that cannot commit. */
    dryRun: async ({ options, ...rest }: DryRunRequest) => {
      const planned = await plan(options)
      return dryRuns.start({ ...planned, ...rest, options: planned.plan.options })
    },
    dryRuns: { list: dryRuns.list, show: dryRuns.show },
    /** Rows that were kept out, through their job again. */
    replay: async (request: ReplayRequest) => startReplay(requireWritable(needs), await catalogue(), request),
    /** Loaded when first needed: most commands import nothing, and starting quickly is worth more to them. */
    importFile: async (request: ImportRun): Promise<ImportOutcome> =>
      (await import('./run-import.ts')).runImport({ ...requireWritable(needs), folder: workspace.folder }, request),
  }
}

/** The same needs. Errors: `workspace.read-only`. */
function requireWritable(needs: PipelinesNeeds): PipelinesNeeds {
  if (needs.readOnly === true) throw readOnlyRefusal('takes no rows from jobs and imports')
  return needs
}

export type Pipelines = ReturnType<typeof openPipelines>
export type { RunOptions }

async function readLoaded(warehouse: Warehouse): Promise<Map<string, LoadedJob>> {
  const { rows } = await warehouse.query<LoadedJob & { job: string }>(
    `SELECT job, watermark, to_char(succeeded_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS succeeded_at FROM quintile.job_state`,
  )
  return new Map(rows.map(({ job, ...loaded }) => [job, loaded]))
}

/** The comparison is a courtesy: it must not turn a run that succeeded into one that failed. */
async function thenCompare(
  needs: PipelinesNeeds,
  dryRuns: ReturnType<typeof openDryRuns>,
  running: Promise<RunSummary>,
): Promise<RunSummary> {
  const run = await running
  try {
    await dryRuns.compare(run, await needs.stepsOf(run.run_id))
  } catch {
    // The run book has everything else.
  }
  return run
}
