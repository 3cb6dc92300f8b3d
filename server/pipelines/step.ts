/** One job in one transaction: extraction, checks, load, watermark and the step's own log row commit together or not at all. */
import { createHash } from 'node:crypto'
import { NO_COUNTS, type StepCounts } from '../../shared/run.ts'
import { quoteIdentifier, quoteLiteral, quoteQualified, type Session } from '../warehouse/index.ts'
import type { SourceReader } from '../sources/index.ts'
import { applyChecks, type Finding } from './checks.ts'
import type { Job } from './declaration.ts'
import { loadHistory } from './loads/history.ts'
import { loadMerge } from './loads/merge.ts'
import { loadRfm } from './loads/rfm.ts'
import { fillStaging, STAGING } from './staging.ts'
import { refreshStatistics } from './statistics.ts'

export interface StepResult {
  counts: StepCounts
  findings: Finding[]
  watermark_before: string | null
  watermark: string | null
  note: string | null
}

export interface StepRequest {
  job: Job
  runId: string
  /** All tracked columns of the target's history, over all jobs that feed it. */
  tracked: readonly string[]
  /** Undefined: the job reads in the warehouse. */
  reader: SourceReader | undefined
  /** Tables of the warehouse that the job reads: its source's, and the targets of the jobs that it needs. */
  inputs: readonly string[]
}

interface JobState {
  watermark: string | null
  input_stamp: string
}

const NOTHING_NEW = 'nothing new since the last run'

/** Runs the job inside the caller's transaction. */
export async function executeStep(session: Session, request: StepRequest): Promise<StepResult> {
  const { job, runId, reader } = request
  const before = await readState(session, job.name)
  const stamp = await inputStamp(session, request)
  const watermarkBefore = before?.watermark ?? null
  // A foreign source has no stamp of ours: it is asked every time.
  if (before?.input_stamp === stamp && reader === undefined) {
    return { counts: NO_COUNTS, findings: [], watermark_before: watermarkBefore, watermark: watermarkBefore, note: NOTHING_NEW }
  }
  const read = await fillStaging(session, job, { watermark: watermarkBefore, reader })
  const findings = await applyChecks(session, job, runId)
  const rejected = findings.filter((finding) => finding.severity === 'error').reduce((sum, finding) => sum + finding.rows, 0)
  const { counts, note } = await load(session, request)
  const watermark = await newWatermark(session, job, watermarkBefore)
  await saveState(session, request, { watermark, input_stamp: stamp })
  const changed = counts.inserted + counts.updated + counts.versions_closed > 0
  if (changed) {
    await touchTargets(session, request, counts)
    await refreshStatistics(session, writtenTables(job))
  }
  return {
    counts: { ...counts, read, rejected },
    findings,
    watermark_before: watermarkBefore,
    watermark,
    note: changed ? note : (note ?? NOTHING_NEW),
  }
}

async function load(session: Session, { job, tracked }: StepRequest): Promise<{ counts: StepCounts; note: string | null }> {
  switch (job.kind) {
    case 'merge':
      return { counts: await loadMerge(session, job), note: null }
    case 'history':
      return { counts: await loadHistory(session, { ...job, from: STAGING, tracked, effective: job.effective }), note: null }
    case 'rfm':
      return loadRfm(session, job, tracked)
  }
}

async function readState(session: Session, job: string): Promise<JobState | undefined> {
  const { rows } = await session.query<JobState>('SELECT watermark, input_stamp FROM quintile.job_state WHERE job = $1', [job])
  return rows[0]
}

/**
 * Digest of all that could change the outcome: the definition, and the last change of every table that the job reads.
 * Equal to the stored one means that running the job again would change nothing. Tables that the job writes are not
 * part of it, or each load would ask for another.
 */
async function inputStamp(session: Session, { job, inputs, tracked }: StepRequest): Promise<string> {
  const { rows } = await session.query<{ target: string; changed_run_id: string; changed_at: string }>(
    'SELECT target, changed_run_id::text, changed_at::text FROM quintile.targets WHERE target = ANY($1) ORDER BY target',
    [inputs.filter((table) => !writtenTables(job).includes(table))],
  )
  const definition = JSON.stringify({ ...job, tracked })
  return createHash('sha256').update(definition).update(JSON.stringify(rows)).digest('hex').slice(0, 32)
}

/** The maximum seen, never the clock; an empty batch leaves it where it was, and it never moves back. */
async function newWatermark(session: Session, job: Job, before: string | null): Promise<string | null> {
  if (job.watermark === undefined) return null
  const newest = `(SELECT max(${quoteIdentifier(job.watermark)}) FROM ${STAGING})`
  const { rows } = await session.query<{ newest: string | null }>(
    `SELECT greatest(${newest}, ${before === null ? 'NULL' : quoteLiteral(before)})::text AS newest`,
  )
  return rows[0]?.newest ?? null
}

async function saveState(session: Session, { job, runId }: StepRequest, state: JobState): Promise<void> {
  await session.query(
    `INSERT INTO quintile.job_state (job, watermark, input_stamp, succeeded_at, run_id) VALUES ($1, $2, $3, now(), $4)
     ON CONFLICT (job) DO UPDATE SET watermark = excluded.watermark, input_stamp = excluded.input_stamp, succeeded_at = now(), run_id = excluded.run_id`,
    [job.name, state.watermark, state.input_stamp, runId],
  )
}

function writtenTables(job: Job): string[] {
  return [job.target, ...(job.kind === 'rfm' && job.dimension !== undefined ? [job.dimension.target] : [])]
}

async function touchTargets(session: Session, { job, runId }: StepRequest, counts: StepCounts): Promise<void> {
  for (const target of writtenTables(job)) {
    const asOf =
      job.data_as_of === undefined || target !== job.target
        ? 'NULL::timestamptz'
        : `(SELECT max(${quoteIdentifier(job.data_as_of)})::timestamptz FROM ${STAGING})`
    // Counting once and adding afterwards: a count of a fact of 100 M rows at every load would cost more than the load.
    const added = target === job.target ? counts.inserted + counts.versions_closed : null
    const { count } = await session.query(
      `UPDATE quintile.targets SET changed_run_id = $2, changed_at = clock_timestamp(),
         row_count = coalesce(row_count + $3, (SELECT count(*) FROM ${quoteQualified(target)})), data_as_of = greatest(${asOf}, data_as_of)
       WHERE target = $1`,
      [target, runId, added],
    )
    if (count > 0) continue
    await session.query(
      `INSERT INTO quintile.targets (target, changed_run_id, changed_at, row_count, data_as_of)
       SELECT $1, $2, clock_timestamp(), (SELECT count(*) FROM ${quoteQualified(target)}), ${asOf}`,
      [target, runId],
    )
  }
}
