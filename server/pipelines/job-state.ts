/** What a job has safely loaded, and when its targets last changed: written in the step's own transaction. */
import { createHash } from 'node:crypto'
import { quoteIdentifier, quoteLiteral, quoteQualified, type Session } from '../warehouse/index.ts'
import type { LoadOutcome, WorkspacePlace } from './load-kind.ts'
import { kindOf, type Job } from './load-kinds.ts'
import type { VersionsSeen } from './loads/versions.ts'
import { STAGING } from './staging-table.ts'

export interface JobState {
  watermark: string | null
  input_stamp: string
  versions_seen: VersionsSeen
}

/** A job in a run, with what its outcome depends on. */
export interface JobInRun {
  job: Job
  runId: string
  tracked: readonly string[]
  inputs: readonly string[]
  workspace: WorkspacePlace
}

/** Undefined when the job never succeeded. */
export async function readState(session: Session, job: string): Promise<JobState | undefined> {
  const { rows } = await session.query<JobState>('SELECT watermark, input_stamp, versions_seen FROM quintile.job_state WHERE job = $1', [
    job,
  ])
  return rows[0]
}

/**
 * Digest of all that could change the outcome: the definition, and the last change of every table that the job reads.
 * Equal to the stored one means that running the job again would change nothing. Tables that the job writes are not
 * part of it, or each load would ask for another.
 */
export async function inputStamp(session: Session, { job, inputs, tracked, workspace }: JobInRun): Promise<string> {
  const written = kindOf(job).written(job)
  const own = await kindOf(job).stamp?.(job, workspace)
  const { rows } = await session.query<{ target: string; changed_run_id: string; changed_at: string }>(
    'SELECT target, changed_run_id::text, changed_at::text FROM quintile.targets WHERE target = ANY($1) ORDER BY target',
    [inputs.filter((table) => !written.includes(table))],
  )
  const definition = JSON.stringify({ ...job, tracked, own })
  return createHash('sha256').update(definition).update(JSON.stringify(rows)).digest('hex').slice(0, 32)
}

/** The maximum seen, never the clock; an empty batch leaves it where it was, and it never moves back. */
export async function newWatermark(session: Session, job: Job, before: string | null): Promise<string | null> {
  if (job.watermark === undefined) return null
  const newest = `(SELECT max(${quoteIdentifier(job.watermark)}) FROM ${STAGING})`
  const { rows } = await session.query<{ newest: string | null }>(
    `SELECT greatest(${newest}, ${before === null ? 'NULL' : quoteLiteral(before)})::text AS newest`,
  )
  return rows[0]?.newest ?? null
}

/** The step succeeds with its transaction; so does this. */
export async function saveState(session: Session, { job, runId }: Pick<JobInRun, 'job' | 'runId'>, state: JobState): Promise<void> {
  await session.query(
    `INSERT INTO quintile.job_state (job, watermark, input_stamp, versions_seen, succeeded_at, run_id) VALUES ($1, $2, $3, $4, now(), $5)
     ON CONFLICT (job) DO UPDATE SET watermark = excluded.watermark, input_stamp = excluded.input_stamp, versions_seen = excluded.versions_seen,
       succeeded_at = now(), run_id = excluded.run_id`,
    [job.name, state.watermark, state.input_stamp, JSON.stringify(state.versions_seen), runId],
  )
}

/** Marks the job's tables as changed, so that whatever reads them runs again. */
export async function touchTargets(
  session: Session,
  { job, runId }: Pick<JobInRun, 'job' | 'runId'>,
  { counts, rows, deleted = 0 }: LoadOutcome,
): Promise<void> {
  for (const target of kindOf(job).written(job)) {
    const asOf =
      job.data_as_of === undefined || target !== job.target
        ? 'NULL::timestamptz'
        : `(SELECT max(${quoteIdentifier(job.data_as_of)})::timestamptz FROM ${STAGING})`
    // Counting once and adding afterwards: a count of a fact of 100 M rows at every load would cost more than the load.
    const added = target === job.target && ADDS_ROWS.has(job.kind) ? counts.inserted + counts.versions_closed - deleted : null
    const known = target === job.target ? (rows ?? null) : null
    const { count } = await session.query(
      `UPDATE quintile.targets SET changed_run_id = $2, changed_at = clock_timestamp(),
         row_count = coalesce($4, row_count + $3, (SELECT count(*) FROM ${quoteQualified(target)})), data_as_of = greatest(${asOf}, data_as_of)
       WHERE target = $1`,
      [target, runId, added, known],
    )
    if (count > 0) continue
    await session.query(
      `INSERT INTO quintile.targets (target, changed_run_id, changed_at, row_count, data_as_of)
       SELECT $1, $2, clock_timestamp(), coalesce($3, (SELECT count(*) FROM ${quoteQualified(target)})), ${asOf}`,
      [target, runId, known],
    )
  }
}

/** Kinds whose outcomes say by how much the target grew: the count can be kept by adding. */
const ADDS_ROWS = new Set<Job['kind']>(['append', 'calendar', 'full', 'history', 'merge', 'reference', 'rfm', 'transform'])
