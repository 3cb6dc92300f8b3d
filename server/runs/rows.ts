/** From rows of the run book to the words of the contract. */
import type { RunLogLine, RunStatus, RunStep, RunSummary, RunKind } from '../../shared/run.ts'
import type { FailureReport } from '../../shared/failure.ts'

export const SUMMARY_COLUMNS = `
  r.run_id::text, r.kind, r.status, r.request, r.started_by, r.machine, r.nothing_changed, r.error,
  to_char(r.started_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at, to_char(r.ended_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ended_at,
  extract(epoch FROM r.ended_at - r.started_at)::float8 AS seconds,
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

export interface SummaryRow extends CountRow {
  run_id: string
  kind: RunKind
  status: RunStatus
  request: string
  started_by: string
  machine: string
  nothing_changed: boolean
  error: FailureReport | null
  started_at: string
  ended_at: string | null
  seconds: number | null
  steps_total: number
  steps_done: number
}

function toCounts(row: CountRow): RunSummary['totals'] {
  const { rows_read, inserted, updated, versions_closed, unchanged, rejected } = row
  return { read: rows_read, inserted, updated, versions_closed, unchanged, rejected }
}

/** A run without its steps, its log and its arguments. */
export function toSummary(row: SummaryRow): RunSummary {
  const {
    run_id,
    kind,
    status,
    request,
    started_by,
    machine,
    started_at,
    ended_at,
    seconds,
    steps_total,
    steps_done,
    nothing_changed,
    error,
  } = row
  return {
    run_id,
    kind,
    status,
    request,
    started_by,
    machine,
    started_at,
    ended_at,
    seconds,
    totals: toCounts(row),
    steps_total,
    steps_done,
    nothing_changed,
    error,
  }
}

export const STEP_COLUMNS = `
  job, group_name AS "group", position, status, rows_read::float8 AS rows_read, inserted::float8 AS inserted, updated::float8 AS updated,
  versions_closed::float8 AS versions_closed, unchanged::float8 AS unchanged, rejected::float8 AS rejected, watermark_before, watermark,
  to_char(started_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at, to_char(ended_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ended_at,
  extract(epoch FROM ended_at - started_at)::float8 AS seconds, attempts, note, error`

export interface StepRow extends CountRow {
  job: string
  group: string
  position: number
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

export const LOG_COLUMNS = `to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, level, job, message`

export type LogRow = RunLogLine
