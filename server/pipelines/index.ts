/** Pipelines: the declared jobs, the plan of a run, the run itself, and imports of files. */
import { v7 as newRunId } from 'uuid'
import type { RunSummary } from '../../shared/run.ts'
import type { Clock } from '../../shared/time.ts'
import type { Warehouse } from '../warehouse/index.ts'
import { readCatalogue, type JobCatalogue } from './catalogue.ts'
import { requireSources, sourceOf, type JobSources } from './job-sources.ts'
import { planRun, type Plan } from './plan.ts'
import type { RunRecorder } from './recorder.ts'
import { runPlan, type RunNeeds, type StepEnded } from './run.ts'
import type { ImportOutcome, ImportRun } from './run-import.ts'

export type { JobCatalogue } from './catalogue.ts'
export type { Job } from './declaration.ts'
export type { JobSource, JobSources } from './job-sources.ts'
export type { Plan } from './plan.ts'
export type { RunRecorder } from './recorder.ts'
export type { StepEnded } from './run.ts'
export type { ImportOutcome } from './run-import.ts'

export interface PipelinesNeeds {
  warehouse: Warehouse
  clock: Clock
  recorder: RunRecorder
  identity: RunNeeds['identity']
  /** The workspace's folder. */
  folder: string
  /** The sources that jobs may name. */
  sources: JobSources
}

export interface RunOptions {
  jobs: readonly string[]
  /** What the person typed or clicked, for the run book. */
  request: string
  threads?: number | undefined
  signal: AbortSignal
  /** Called when the run stands in the book. */
  onStarted?: (() => void) | undefined
  onStep?: ((ended: StepEnded) => void) | undefined
}

/** Steps at once. More than the warehouse has cores gains nothing; fewer leaves it waiting for us between statements. */
const THREADS = 4

/** Opens the room. Errors: none here; its calls reject with `job.*`, `plan.*`, `import.*`, `lease.held` and the warehouse's. */
export function openPipelines(needs: PipelinesNeeds) {
  const { warehouse, folder, sources } = needs
  const catalogue = (): Promise<JobCatalogue> => readCatalogue(`${folder}/jobs`)

  const plan = async (jobs: readonly string[]): Promise<{ catalogue: JobCatalogue; plan: Plan }> => {
    const known = await catalogue()
    requireSources(known.jobs.values(), sources)
    const { rows } = await warehouse.query<{ job: string }>('SELECT job FROM quintile.job_state')
    return { catalogue: known, plan: planRun(known, { jobs }, new Set(rows.map((row) => row.job))) }
  }

  return {
    catalogue,
    plan,
    /** Plans first, so that nothing starts when the request cannot be done; then answers with the id and the run under way. */
    start: async (options: RunOptions): Promise<{ runId: string; done: Promise<RunSummary> }> => {
      const planned = await plan(options.jobs)
      const runId = newRunId()
      const { threads = THREADS, ...rest } = options
      const done = runPlan(
        {
          ...needs,
          sourceOf: (job) => sourceOf(job, sources),
          sourceTables: Object.values(sources).flatMap((source) => ('tables' in source ? source.tables : [])),
        },
        { ...rest, ...planned, runId, arguments: { jobs: options.jobs, threads }, threads },
      )
      return { runId, done }
    },
    /** Loaded when first needed: most commands import nothing, and starting quickly is worth more to them. */
    importFile: async (request: ImportRun): Promise<ImportOutcome> => (await import('./run-import.ts')).runImport(needs, request),
  }
}

export type Pipelines = ReturnType<typeof openPipelines>
