/** `--from-failure`: the steps of an earlier run that did not succeed, with the options of that run. */
import { mistake } from '../../shared/failure.ts'
import { runOptionsSchema, type RunOptions } from '../../shared/plan.ts'
import type { RunDetail } from '../../shared/run.ts'
import type { JobCatalogue } from './catalogue.ts'

export interface Retried {
  options: RunOptions
  /** The run whose steps are run again, or undefined for an ordinary request. */
  retryOf: string | undefined
}

/** The run that is meant by `latest` (of jobs), an id or the beginning of one, as the run book has it. */
export type FindRun = (run: string) => Promise<Pick<RunDetail, 'run_id' | 'kind' | 'ended_at' | 'request' | 'steps' | 'arguments'>>

const DONE: readonly string[] = ['succeeded', 'warning']

/** Errors: those of the run book; `run.still-running`, `run.not-retryable`, `run.nothing-to-retry`, `plan.jobs-gone`. */
export async function resolveRetry(findRun: FindRun, catalogue: JobCatalogue, asked: RunOptions): Promise<Retried> {
  if (asked.from_failure === null) return { options: asked, retryOf: undefined }
  const run = await findRun(asked.from_failure)
  const failed = failedJobs(run)
  const jobs = failed.filter((job) => catalogue.jobs.has(job))
  if (jobs.length === 0) {
    const gone = failed.join(', ')
    throw mistake(
      'plan.jobs-gone',
      `None of the jobs that failed in run ${run.run_id} exists any more: ${gone}`,
      'Run without --from-failure.',
    )
  }
  const before = runOptionsSchema.catch(runOptionsSchema.parse({ jobs: ['all'] })).parse(run.arguments)
  // What narrowed the first run has done so already: the failed steps are named one by one.
  const options = { ...before, jobs, exclude: [], source: null, from_failure: run.run_id, threads: asked.threads ?? before.threads }
  return { options, retryOf: run.run_id }
}

function failedJobs({ run_id, kind, ended_at, request, steps }: Awaited<ReturnType<FindRun>>): string[] {
  if (ended_at === null)
    throw mistake('run.still-running', `Run ${run_id} has not ended yet`, 'Wait for its end, or cancel it: quintile runs cancel.')
  if (kind !== 'pipeline')
    throw mistake(
      'run.not-retryable',
      `Run ${run_id} is of kind “${kind}” and cannot be run again from its failure`,
      `Start it again: ${request}`,
    )
  const jobs = steps.filter((step) => !DONE.includes(step.status)).map((step) => step.job)
  if (jobs.length > 0) return jobs
  throw mistake('run.nothing-to-retry', `Every step of run ${run_id} succeeded`, 'Run the jobs as usual: quintile run.')
}
