/**
 * One step of a run: attempts until it commits or cannot. What the world broke (`retry`) is tried again with growing,
 * jittered pauses; a bug, bad data or a mistake is not.
 */
import pRetry, { AbortError } from 'p-retry'
import { Failure, toFailure } from '../../shared/failure.ts'
import type { RunStatus, RunStep } from '../../shared/run.ts'
import type { Lease, Session, Warehouse } from '../warehouse/index.ts'
import { trackedColumns, waitsFor, type JobCatalogue } from './catalogue.ts'
import type { RunSources } from './job-sources.ts'
import type { WorkspacePlace } from './load-kind.ts'
import { kindOf, type Job } from './load-kinds.ts'
import type { PlannedStep } from './plan.ts'
import type { RunRecorder } from './recorder.ts'
import { executeStep, type Origin, type StepRequest, type StepResult } from './step.ts'

/** What every step of one run has in common. */
export interface RunningRun {
  runId: string
  warehouse: Warehouse
  recorder: RunRecorder
  catalogue: JobCatalogue
  sources: RunSources
  lease: Pick<Lease, 'assertHeld'>
  workspace: WorkspacePlace
  mode: Pick<StepRequest, 'reload' | 'rebuildHistory' | 'since'>
  /** Aborted when somebody cancels, or when the lease is lost. */
  signal: AbortSignal
}

const UNIT_MILLISECONDS: Record<string, number> = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Runs the step to its commit. Errors: the failure of its last attempt. */
export async function attemptStep(run: RunningRun, step: PlannedStep): Promise<StepResult> {
  const attempt = async (number: number): Promise<StepResult> => {
    try {
      const committed = await run.recorder.startStep(run.runId, step.job.name, number)
      return committed === null ? await commitStep(run, step.job) : asResult(committed)
    } catch (thrown) {
      const failure = toFailure(thrown)
      if (failure.kind !== 'retry' || run.signal.aborted) throw new AbortError(failure)
      await run.recorder.failAttempt(run.runId, { job: step.job.name, attempt: number, failure }).catch(() => undefined)
      throw failure
    }
  }
  return pRetry(attempt, { retries: step.job.retries, minTimeout: 300, factor: 3, maxTimeout: 60_000, randomize: true, signal: run.signal })
}

/** The answer to a COMMIT can be lost with the connection: the book then has the step, and it must not run twice. */
function asResult({ read, inserted, updated, versions_closed, unchanged, rejected, ...step }: RunStep): StepResult {
  return {
    counts: { read, inserted, updated, versions_closed, unchanged, rejected },
    ...{ findings: [], checks: [], position: null },
    ...{ watermark_before: step.watermark_before, watermark: step.watermark, note: step.note },
  }
}

/** The transaction, and behind it the word to the source that its changes are safe. */
async function commitStep(run: RunningRun, job: Job): Promise<StepResult> {
  const { origin, tables, close } = await run.sources.originOf(job)
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(tooLong(job)), milliseconds(job.timeout))
  const signal = AbortSignal.any([run.signal, limit.signal])
  try {
    const result = await run.warehouse.withTransaction((session) => writeStep({ run, job, origin, tables, signal }, session))
    await confirm(origin, result)
    return result
  } catch (thrown) {
    throw limit.signal.aborted && !run.signal.aborted ? limit.signal.reason : thrown
  } finally {
    clearTimeout(timer)
    await close()
  }
}

interface StepWrite {
  run: RunningRun
  job: Job
  origin: Origin
  tables: readonly string[]
  signal: AbortSignal
}

/** Cancelling asks PostgreSQL to stop the statement, which rolls everything back. */
async function writeStep({ run, job, origin, tables, signal }: StepWrite, session: Session): Promise<StepResult> {
  const { warehouse, recorder, runId, lease, mode, workspace, catalogue } = run
  const cancel = (): void => {
    warehouse.cancelBackend(session.backend).catch(() => undefined)
    if (origin.kind === 'database') origin.reader.cancel().catch(() => undefined)
  }
  signal.addEventListener('abort', cancel, { once: true })
  try {
    if (signal.aborted) throw new Failure({ kind: 'stop', code: 'run.cancelled', message: 'The run was cancelled' })
    const onRows = (done: number): void => recorder.progress(runId, job.name, { done, total: null })
    const result = await executeStep(session, {
      ...{ job, runId, origin, signal, onRows, workspace, ...mode, dryRun: false },
      ...dependencies(catalogue, job, tables),
    })
    await recorder.checks(session, runId, { job: job.name, results: result.checks })
    await recorder.finishStep(session, runId, { job: job.name, status: statusOf(result), result })
    // Whoever took the lease over may have loaded already: then nothing of ours may be committed. Last, so that nobody can
    // take it between here and the commit.
    await lease.assertHeld(session)
    return result
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** What a job's outcome depends on beside its own declaration. */
export function dependencies(catalogue: JobCatalogue, job: Job, tables: readonly string[]): Pick<StepRequest, 'tracked' | 'inputs'> {
  const history = kindOf(job).written(job).at(-1) ?? job.target
  return {
    tracked: trackedColumns(catalogue.jobs.values(), history),
    inputs: [...tables, ...waitsFor(job).flatMap((need) => catalogue.jobs.get(need)?.target ?? [])],
  }
}

/** A slot that does not hear of it keeps its log until the next run; nothing is lost and nothing read twice. */
async function confirm(origin: Origin, { position }: StepResult): Promise<void> {
  if (origin.kind === 'feed' && position !== null) await origin.feed.committed(origin.stream, position).catch(() => undefined)
}

/** `warning`: something was found, or the counts do not add up. */
export function statusOf({ counts, findings }: StepResult): RunStatus {
  const sum = counts.inserted + counts.updated + counts.versions_closed + counts.unchanged + counts.rejected
  return findings.length > 0 || sum !== counts.read ? 'warning' : 'succeeded'
}

function tooLong(job: Job): Failure {
  return new Failure({
    kind: 'stop',
    code: 'step.timeout',
    message: `“${job.name}” took longer than ${job.timeout}`,
    hint: `Find out why, or raise “timeout” in ${job.file}. Nothing of it was kept.`,
  })
}

function milliseconds(text: string): number {
  const [count = '', unit = ''] = text.split(' ')
  return Number(count) * (UNIT_MILLISECONDS[unit.replace(/s$/, '')] ?? 0)
}
