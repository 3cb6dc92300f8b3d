/**
 * What the book says of a step and of its attempts: it began, it committed, or it ended without. A step moves from queued to
 * running to its end and never back: whoever comes too late (its run was closed meanwhile) is refused, and so is its data.
 */
import { Failure } from '../../shared/failure.ts'
import type { CheckResult, RunStatus, RunStep, StepCounts } from '../../shared/run.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import { STEP_COLUMNS, toStep, type StepRow } from './rows.ts'
import { storable, toStoredCause, toStoredFailure } from './storable.ts'
import { tellStep } from './tell.ts'
import { writeChecks } from './write-checks.ts'
import { writeEvents, type NewEvent } from './write-events.ts'
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

/** One statement, so that the status, the attempt and the event stand together without a transaction of their own. */
const BEGIN_ATTEMPT = `
  WITH step AS (
    UPDATE quintile.run_steps SET status = 'running', attempts = $3::int, started_at = coalesce(started_at, $4::timestamptz)
    WHERE run_id = $1 AND job = $2 AND status IN ('queued', 'running') RETURNING run_id, job),
  former AS (
    UPDATE quintile.run_attempts a SET status = 'failed', ended_at = $4::timestamptz FROM step
    WHERE a.run_id = step.run_id AND a.job = step.job AND a.attempt < $3::int AND a.status = 'running'),
  opened AS (
    INSERT INTO quintile.run_attempts (run_id, job, attempt, status, started_at) SELECT run_id, job, $3::int, 'running', $4::timestamptz FROM step
    ON CONFLICT (run_id, job, attempt) DO UPDATE SET status = 'running', started_at = excluded.started_at, ended_at = NULL, error = NULL)
  INSERT INTO quintile.run_events (run_id, at, kind, job, detail)
  SELECT run_id, $4::timestamptz, CASE $3::int WHEN 1 THEN 'step.started' ELSE 'attempt.started' END, job, jsonb_build_object('attempt', $3::int) FROM step`

/**
 * An attempt begins; the time of the first one stays the step's. Null when it may go on. A step comes back when an earlier
 * attempt was committed after all, and only the answer to its COMMIT was lost: it must not run again.
 * Errors: `run.lost`.
 */
export async function writeStepStart(warehouse: Warehouse, step: StepMoment & { attempt: number }): Promise<RunStep | null> {
  const { runId, job, at, attempt } = step
  return warehouse.withSession(async (session) => {
    const { count } = await session.query(BEGIN_ATTEMPT, [runId, job, attempt, at])
    if (count === 0) return committedStep(session, step)
    await tellStep(session, { runId, job, andRun: false })
    return null
  })
}

async function committedStep(session: Session, { runId, job }: StepMoment): Promise<RunStep> {
  const { rows } = await session.query<StepRow>(`SELECT ${STEP_COLUMNS} FROM quintile.run_steps WHERE run_id = $1 AND job = $2`, [
    runId,
    job,
  ])
  if (rows[0]?.status === 'succeeded' || rows[0]?.status === 'warning') return toStep(rows[0])
  throw lost(runId, job)
}

function lost(runId: string, job: string): Failure {
  return new Failure({
    kind: 'stop',
    code: 'run.lost',
    message: `Run ${runId} is not open for “${job}” any more: another process found its lease free and closed it`,
    hint: 'The connection to the warehouse was probably cut for a while. Nothing of this step was kept; run again.',
    details: { run_id: runId, job },
  })
}

const FAIL_ATTEMPT = `
  WITH attempt AS (
    UPDATE quintile.run_attempts SET status = 'failed', ended_at = $4::timestamptz, error = $5::jsonb
    WHERE run_id = $1 AND job = $2 AND attempt = $3::int AND status = 'running' RETURNING run_id, job, attempt),
  line AS (
    INSERT INTO quintile.run_log (run_id, at, level, job, message)
    SELECT run_id, $4::timestamptz, 'warn', job, 'attempt ' || attempt || ' failed: ' || $6::text FROM attempt)
  INSERT INTO quintile.run_events (run_id, at, kind, job, detail)
  SELECT run_id, $4::timestamptz, 'attempt.failed', job, jsonb_build_object('attempt', attempt, 'error', $5::jsonb) FROM attempt`

/** An attempt failed and another will follow. */
export async function writeAttemptFailed(warehouse: Warehouse, step: StepMoment & { attempt: number; failure: Failure }): Promise<void> {
  const { runId, job, at, attempt, failure } = step
  await warehouse.query(FAIL_ATTEMPT, [runId, job, attempt, at, toStoredCause(failure), storable(sayFailure(failure))])
}

const COMMIT_STEP = `
  WITH step AS (
    UPDATE quintile.run_steps SET status = $3, rows_read = $4, inserted = $5, updated = $6, versions_closed = $7, unchanged = $8, rejected = $9,
      watermark_before = $10, watermark = $11, note = $12, ended_at = $13::timestamptz, error = NULL
    WHERE run_id = $1 AND job = $2 AND status = 'running' RETURNING run_id, job, attempts),
  attempt AS (
    UPDATE quintile.run_attempts a SET status = $3, ended_at = $13::timestamptz, error = NULL FROM step
    WHERE a.run_id = step.run_id AND a.job = step.job AND a.attempt = step.attempts)
  SELECT 1 FROM step`

/**
 * The step commits; `session` is the step's own transaction, so that the row stands exactly when its data does.
 * Errors: `run.lost`, which takes the data back.
 */
export async function writeStepDone(session: Session, step: StepMoment & { status: RunStatus; result: StepOutcome }): Promise<void> {
  const { runId, job, at, status, result } = step
  const { counts } = result
  const text = (value: string | null): string | null => (value === null ? null : storable(value))
  const [before, after, note] = [text(result.watermark_before), text(result.watermark), text(result.note)]
  const { rows } = await session.query(COMMIT_STEP, [
    ...[runId, job, status],
    ...[counts.read, counts.inserted, counts.updated, counts.versions_closed, counts.unchanged, counts.rejected],
    ...[before, after, note, at],
  ])
  if (rows.length === 0) throw lost(runId, job)
  const moved: NewEvent[] = before === after ? [] : [{ kind: 'watermark.moved', job, detail: { before, after } }]
  await writeEvents(session, { runId, at }, [...moved, { kind: 'step.ended', job, detail: { status, ...counts } }])
  await writeLog(session, { runId, at }, [
    { level: 'info', job, message: sayCounts(counts) + (note === null ? '' : ` (${note})`) },
    ...result.findings.map((finding) => ({ level: 'warn' as const, job, message: sayFinding(finding) })),
  ])
  await tellStep(session, { runId, job, andRun: true })
}

/** A step that did not commit. */
export interface StepEnd {
  job: string
  status: RunStatus
  note: string | null
  failure: Failure | null
  /** Results of its checks, which the rollback took away. */
  checks?: readonly CheckResult[] | undefined
}

const END_STEP = `
  WITH step AS (
    UPDATE quintile.run_steps SET status = $3, note = $4, error = $5::jsonb, ended_at = CASE WHEN started_at IS NULL THEN NULL ELSE $6::timestamptz END
    WHERE run_id = $1 AND job = $2 AND status IN ('queued', 'running') RETURNING run_id, job),
  attempt AS (
    UPDATE quintile.run_attempts a SET status = CASE $3 WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END, ended_at = $6::timestamptz, error = $7::jsonb
    FROM step WHERE a.run_id = step.run_id AND a.job = step.job AND a.status = 'running' RETURNING a.attempt)
  SELECT (SELECT attempt FROM attempt) AS attempt FROM step`

/**
 * The step failed, was cancelled, or was skipped because of another; nothing of it was committed. A step that did commit, or
 * whose run was closed meanwhile, stays as it is.
 */
export async function writeStepEnd(session: Session, { runId, at, ...end }: StepEnd & { runId: string; at: string }): Promise<void> {
  const { job, status, note, failure, checks = [] } = end
  const cause = toStoredCause(failure)
  const { rows } = await session.query<{ attempt: number | null }>(END_STEP, [
    ...[runId, job, status, note === null ? null : storable(note), toStoredFailure(failure), at, cause],
  ])
  const open = rows[0]
  if (open === undefined) return
  await writeChecks(session, { runId, job, at }, checks)
  const attempt: NewEvent[] =
    open.attempt === null || status === 'cancelled'
      ? []
      : [{ kind: 'attempt.failed', job, detail: { attempt: open.attempt, error: cause === null ? null : (JSON.parse(cause) as unknown) } }]
  await writeEvents(session, { runId, at }, [
    ...attempt,
    { kind: 'step.ended', job, detail: { status, note, code: failure?.code ?? null } },
  ])
  const message = failure === null ? `${status}: ${note ?? ''}` : sayFailure(failure)
  await writeLog(session, { runId, at }, [{ level: failure === null ? 'warn' : 'error', job, message }])
  await tellStep(session, { runId, job, andRun: true })
}
