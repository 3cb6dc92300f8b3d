/** What the book says of a step: it began, it committed, or it ended without. Each function is one of these, whole. */
import type { Failure } from '../../shared/failure.ts'
import type { RunStatus, StepCounts } from '../../shared/run.ts'
import type { Session } from '../warehouse/index.ts'
import { tellRun, tellStep } from './tell.ts'
import { sayCounts, sayFailure, sayFinding, writeLog } from './write-log.ts'

/** A step of a run, and when it is written about (ISO 8601, UTC). */
export interface StepMoment {
  runId: string
  job: string
  at: string
}

/** What a step that committed did. */
export interface StepOutcome {
  counts: StepCounts
  watermark_before: string | null
  watermark: string | null
  note: string | null
  findings: readonly { reason: string; rows: number; severity: 'error' | 'warn' }[]
}

/** An attempt begins; the time of the first one stays the step's. */
export async function writeStepStart(session: Session, { runId, job, at, attempt }: StepMoment & { attempt: number }): Promise<void> {
  await session.query(
    `UPDATE quintile.run_steps SET status = 'running', attempts = $3, started_at = coalesce(started_at, $4) WHERE run_id = $1 AND job = $2`,
    [runId, job, attempt, at],
  )
  if (attempt > 1) await writeLog(session, runId, { at, level: 'warn', job, message: `attempt ${String(attempt)}` })
  await tellStep(session, runId, job)
}

/** The step commits; `session` is the step's own transaction, so that the row stands exactly when its data does. */
export async function writeStepDone(session: Session, step: StepMoment & { status: RunStatus; result: StepOutcome }): Promise<void> {
  const { runId, job, at, status, result } = step
  const { counts, watermark_before, watermark, note } = result
  await session.query(
    `UPDATE quintile.run_steps SET status = $3, rows_read = $4, inserted = $5, updated = $6, versions_closed = $7, unchanged = $8, rejected = $9,
       watermark_before = $10, watermark = $11, note = $12, ended_at = $13, error = NULL WHERE run_id = $1 AND job = $2`,
    [
      ...[runId, job, status],
      ...[counts.read, counts.inserted, counts.updated, counts.versions_closed, counts.unchanged, counts.rejected],
      ...[watermark_before, watermark, note, at],
    ],
  )
  await writeLog(session, runId, { at, level: 'info', job, message: sayCounts(counts) + (note === null ? '' : ` (${note})`) })
  for (const finding of result.findings) await writeLog(session, runId, { at, level: 'warn', job, message: sayFinding(finding) })
  await tellStep(session, runId, job)
  await tellRun(session, runId)
}

/** The step failed, was cancelled, or was skipped because of another; nothing of it was committed. */
export async function writeStepEnd(
  session: Session,
  step: StepMoment & { status: RunStatus; note: string | null; failure: Failure | null },
): Promise<void> {
  const { runId, job, at, status, note, failure } = step
  await session.query(
    'UPDATE quintile.run_steps SET status = $3, note = $4, error = $5, ended_at = CASE WHEN started_at IS NULL THEN NULL ELSE $6::timestamptz END WHERE run_id = $1 AND job = $2',
    [runId, job, status, note, failure === null ? null : JSON.stringify(failure.report()), at],
  )
  const message = failure === null ? `${status}: ${note ?? ''}` : sayFailure(failure)
  await writeLog(session, runId, { at, level: failure === null ? 'warn' : 'error', job, message })
  await tellStep(session, runId, job)
  await tellRun(session, runId)
}
