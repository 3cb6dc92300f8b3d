/**
 * Replay: rows that a job kept out go through the same job again, mended where the person gave new values: the same checks,
 * the same load, one transaction. What is rejected again stands in the book as a new reject, with the reason of now.
 */
import { v7 as newRunId } from 'uuid'
import { mistake, toFailure } from '../../shared/failure.ts'
import type { RunSummary } from '../../shared/run.ts'
import { holdLeases } from '../warehouse/index.ts'
import { attemptStep, statusOf, type RunningRun } from './attempt.ts'
import type { JobCatalogue } from './catalogue.ts'
import { CheckFailure } from './checks/outcome.ts'
import type { RunSources } from './job-sources.ts'
import type { Job } from './load-kinds.ts'
import { leaseOfRun, type RunNeeds } from './run.ts'
import type { RejectOrigin } from './step.ts'

export interface ReplayRequest {
  job: string
  /** Of this run only. */
  runId?: string | undefined
  /** These only; all open ones of the job when left out. */
  rejectIds?: readonly string[] | undefined
  /** New values by reject: column → value. */
  mended: Readonly<Record<string, Readonly<Record<string, string | number | boolean | null>>>>
  /** What the person typed or clicked, for the run book. */
  request: string
  signal: AbortSignal
  onStarted?: (() => void) | undefined
}

/** Kinds for which a few rows of a batch mean something; the others need the whole extract. */
const REPLAYABLE = new Set<string>(['merge', 'append', 'history'])

/** Checks that there is something to replay, then runs it. Errors before it begins: `rejects.*`, `lease.held`. */
export async function startReplay(
  needs: RunNeeds,
  catalogue: JobCatalogue,
  request: ReplayRequest,
): Promise<{ runId: string; done: Promise<RunSummary> }> {
  const job = findJob(catalogue, request.job)
  const origin: RejectOrigin = { kind: 'rejects', ids: await findRejects(needs, request), mended: request.mended }
  const runId = newRunId()
  return { runId, done: replay(needs, { ...request, runId, job, catalogue, origin }) }
}

function findJob({ jobs }: JobCatalogue, name: string): Job {
  const job = jobs.get(name)
  if (job === undefined) {
    const isImport = name.startsWith('import ')
    throw mistake(
      'rejects.no-job',
      isImport ? `“${name}” was an import of a file` : `There is no job “${name}”`,
      isImport
        ? 'Mend the lines in the file and import it again: lines that are in already are known and skipped.'
        : '“quintile rejects list” shows jobs with kept-out rows.',
    )
  }
  if (REPLAYABLE.has(job.kind)) return job
  throw mistake(
    'rejects.not-replayable',
    `“${name}” is a ${job.kind} job: its target is made from the whole extract, not from single rows`,
    'Mend the rows at the source and run the job again.',
  )
}

async function findRejects({ warehouse }: RunNeeds, { job, runId, rejectIds }: ReplayRequest): Promise<string[]> {
  const { rows } = await warehouse.query<{ id: string; whole: boolean }>(
    `SELECT reject_id::text AS id, row_text LIKE '{%}' AS whole FROM quintile.rejects
     WHERE job = $1 AND replayed_at IS NULL AND ($2::uuid IS NULL OR run_id = $2) AND ($3::bigint[] IS NULL OR reject_id = ANY($3)) ORDER BY reject_id`,
    [job, runId ?? null, rejectIds ?? null],
  )
  if (rows.length === 0)
    throw mistake('rejects.none', `“${job}” has no kept-out rows to replay there`, '“quintile rejects list” shows the open ones.')
  const whole = rows.filter((row) => row.whole)
  if (whole.length > 0) return whole.map((row) => row.id)
  throw mistake(
    'rejects.not-rows',
    `What “${job}” kept out never became rows (broken lines or answers)`,
    'Mend them at the source; the next run reads them again.',
  )
}

interface Replay extends ReplayRequest {
  runId: string
  catalogue: JobCatalogue
  origin: RejectOrigin
}

async function replay(needs: RunNeeds, request: Omit<Replay, 'job'> & { job: Job }): Promise<RunSummary> {
  const { warehouse, recorder, identity, workspace } = needs
  const { runId, job, catalogue, origin } = request
  const lease = await holdLeases(await warehouse.connection(), [job.name, leaseOfRun(runId)], { ...identity, run_id: runId })
  try {
    const steps = [{ job: job.name, group: job.group, position: 0, source: 'rejects', target: job.target }]
    const args = { job: job.name, rows: origin.ids.length }
    await recorder.startRun({ runId, kind: 'replay', request: request.request, arguments: args, packHash: catalogue.hash, steps })
    request.onStarted?.()
    const cancelled = new AbortController()
    const watch = recorder.watchCancel(runId, () => cancelled.abort())
    const signal = AbortSignal.any([request.signal, cancelled.signal, lease.lost])
    const mode = { reload: false, rebuildHistory: false, since: null }
    const run = { runId, warehouse, recorder, catalogue, sources: sourcesOf(origin), lease, workspace, mode, signal }
    return await finish(run, job).finally(() => watch.close())
  } finally {
    await lease.release()
  }
}

function sourcesOf(origin: RejectOrigin): RunSources {
  const close = (): Promise<void> => Promise.resolve()
  return { originOf: () => Promise.resolve({ origin, tables: [], close }), close }
}

async function finish(run: RunningRun, job: Job): Promise<RunSummary> {
  const { recorder, runId, signal } = run
  try {
    const result = await attemptStep(run, { job, position: 0, after: [], behind: [], because: job.name, watermark: null })
    return await recorder.finishRun(runId, { status: statusOf(result), failure: null })
  } catch (thrown) {
    const failure = toFailure(thrown)
    const status = signal.aborted ? 'cancelled' : 'failed'
    const checks = failure instanceof CheckFailure ? failure.results : []
    await recorder.endStep(runId, { job: job.name, status, note: null, failure, checks })
    return recorder.finishRun(runId, { status, failure })
  }
}
