/** From rows of the run book to the words of the contract. */
import type { CheckResult, RunAttempt, RunLogLine, RunStatus, RunStep, RunSummary } from '../../shared/run.ts'
import type { FailureReport } from '../../shared/failure.ts'

/** SQL of a time as ISO 8601 in UTC with milliseconds. */
export function isoTime(column: string): string {
  return `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** SQL of a duration in seconds; a clock that was set back makes none negative. */
function seconds(from: string, to: string): string {
  return `greatest(extract(epoch FROM ${to} - ${from}), CASE WHEN ${to} IS NULL THEN NULL ELSE 0 END)::float8`
}

export const SUMMARY_COLUMNS = `
  r.run_id::text, r.kind, r.status, r.request, r.started_by, r.machine, r.nothing_changed, r.error,
  ${isoTime('r.started_at')} AS started_at, ${isoTime('r.ended_at')} AS ended_at, ${seconds('r.started_at', 'r.ended_at')} AS seconds,
  r.schedule, r.retry_of::text,
  ${isoTime('r.cancel_requested_at')} AS cancel_requested_at,
  s.steps_total, s.steps_done, s.rows_read, s.inserted, s.updated, s.versions_closed, s.unchanged, s.rejected`

export const SUMMARY_FROM = `
  quintile.runs r CROSS JOIN LATERAL (
    SELECT count(*)::int AS steps_total, count(*) FILTER (WHERE status NOT IN ('queued', 'running'))::int AS steps_done,
      coalesce(sum(rows_read), 0)::float8 AS rows_read, coalesce(sum(inserted), 0)::float8 AS inserted,
      coalesce(sum(updated), 0)::float8 AS updated, coalesce(sum(versions_closed), 0)::float8 AS versions_closed,
      coalesce(sum(unchanged), 0)::float8 AS unchanged, coalesce(sum(rejected), 0)::float8 AS rejected
    FROM quintile.run_steps WHERE run_id = r.run_id) s`

interface CountRow {
  rows_read: number
  inserted: number
  updated: number
  versions_closed: number
  unchanged: number
  rejected: number
}

export interface SummaryRow extends CountRow, Omit<RunSummary, 'totals' | 'error'> {
  error: FailureReport | null
}

/** A run without its steps, its log and its arguments. */
export function toSummary(row: SummaryRow): RunSummary {
  const { rows_read: read, inserted, updated, versions_closed, unchanged, rejected } = row
  return {
    run_id: row.run_id,
    kind: row.kind,
    status: row.status,
    request: row.request,
    started_by: row.started_by,
    machine: row.machine,
    started_at: row.started_at,
    ended_at: row.ended_at,
    seconds: row.seconds,
    totals: { read, inserted, updated, versions_closed, unchanged, rejected },
    steps_total: row.steps_total,
    steps_done: row.steps_done,
    nothing_changed: row.nothing_changed,
    schedule: row.schedule,
    retry_of: row.retry_of,
    cancel_requested_at: row.cancel_requested_at,
    error: row.error,
  }
}

export const STEP_COLUMNS = `
  job, group_name AS "group", position, source, target, status, rows_read::float8 AS rows_read, inserted::float8 AS inserted,
  updated::float8 AS updated, versions_closed::float8 AS versions_closed, unchanged::float8 AS unchanged, rejected::float8 AS rejected,
  watermark_before, watermark, ${isoTime('started_at')} AS started_at, ${isoTime('ended_at')} AS ended_at,
  ${seconds('started_at', 'ended_at')} AS seconds, attempts, note, error`

export interface StepRow extends CountRow {
  job: string
  group: string
  position: number
  source: string | null
  target: string | null
  status: RunStatus
  watermark_before: string | null
  watermark: string | null
  started_at: string | null
  ended_at: string | null
  seconds: number | null
  attempts: number
  note: string | null
  error: FailureReport | null
}

/** A step, with whether its counts add up: read = inserted + updated + closed + unchanged + rejected. */
export function toStep(row: StepRow): RunStep {
  const { rows_read, ...rest } = row
  const accounted = row.inserted + row.updated + row.versions_closed + row.unchanged + row.rejected
  // Only a step that ended can reconcile or fail to.
  const ended = row.status === 'succeeded' || row.status === 'warning'
  return { ...rest, read: rows_read, reconciles: !ended || accounted === rows_read }
}

export const LOG_COLUMNS = `${isoTime('at')} AS at, level, job, message`

export type LogRow = RunLogLine

export const ATTEMPT_COLUMNS = `
  job, attempt, status, ${isoTime('started_at')} AS started_at, ${isoTime('ended_at')} AS ended_at,
  ${seconds('started_at', 'ended_at')} AS seconds, error`

export type AttemptRow = RunAttempt

export const EVENT_COLUMNS = `${isoTime('at')} AS at, kind, job, detail`

export const CHECK_COLUMNS = 'job, check_name AS "check", stage, severity, status, bad_rows::float8 AS bad_rows, measured, expected, sample'

export type CheckRow = CheckResult & { job: string }
