/** Reading the run book in the warehouse. */
import type { RejectReason, RunDetail, RunReject, RunSummary } from '../../shared/run.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import {
  LOG_COLUMNS,
  STEP_COLUMNS,
  SUMMARY_COLUMNS,
  SUMMARY_FROM,
  toStep,
  toSummary,
  type LogRow,
  type StepRow,
  type SummaryRow,
} from './rows.ts'

export interface Page {
  offset: number
  limit: number
}

/** Log lines shown with a run; all of them stay in the run book. */
const LOG_LINES = 2_000

/** A run whole, as of one moment; undefined when the book does not have it. */
export function readDetail(warehouse: Warehouse, runId: string): Promise<RunDetail | undefined> {
  return warehouse.withTransaction((session) => detailOf(session, runId), { readOnly: true })
}

async function detailOf(session: Session, runId: string): Promise<RunDetail | undefined> {
  const { rows } = await session.query<SummaryRow & { arguments: Record<string, unknown>; code_version: string; pack_hash: string }>(
    `SELECT ${SUMMARY_COLUMNS}, r.arguments, r.code_version, r.pack_hash FROM ${SUMMARY_FROM} WHERE r.run_id = $1`,
    [runId],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  const steps = await session.query<StepRow>(`SELECT ${STEP_COLUMNS} FROM quintile.run_steps WHERE run_id = $1 ORDER BY position`, [runId])
  const log = await session.query<LogRow>(
    `SELECT ${LOG_COLUMNS} FROM quintile.run_log WHERE run_id = $1 ORDER BY log_id LIMIT ${String(LOG_LINES)}`,
    [runId],
  )
  const rejects = await session.query<RejectReason>(
    'SELECT reason, count(*)::int AS count FROM quintile.rejects WHERE run_id = $1 GROUP BY reason ORDER BY count(*) DESC, reason',
    [runId],
  )
  return {
    ...toSummary(row),
    arguments: row.arguments,
    code_version: row.code_version,
    pack_hash: row.pack_hash,
    steps: steps.rows.map(toStep),
    log: log.rows,
    rejects: rejects.rows,
  }
}

/** A page of runs, newest first, and how many there are in all. */
export async function readRuns(warehouse: Warehouse, { offset, limit }: Page): Promise<{ runs: RunSummary[]; total: number }> {
  const { rows } = await warehouse.query<SummaryRow>(
    `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} ORDER BY r.started_at DESC, r.run_id LIMIT $1 OFFSET $2`,
    [limit, offset],
  )
  const total = await warehouse.query<{ n: number }>('SELECT count(*)::int AS n FROM quintile.runs')
  return { runs: rows.map(toSummary), total: total.rows[0]?.n ?? 0 }
}

/** Runs under way now, of any process, oldest first. */
export async function readRunning(warehouse: Warehouse): Promise<RunSummary[]> {
  const { rows } = await warehouse.query<SummaryRow>(
    `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE r.status IN ('queued', 'running') ORDER BY r.started_at`,
  )
  return rows.map(toSummary)
}

/** A page of the rows that a run kept out, in the order in which it met them. */
export async function readRejects(
  warehouse: Warehouse,
  runId: string,
  { offset, limit }: Page,
): Promise<{ rejects: RunReject[]; total: number }> {
  const { rows } = await warehouse.query<RunReject>(
    'SELECT job, row_number::float8 AS row_number, reason, row_text AS row FROM quintile.rejects WHERE run_id = $1 ORDER BY reject_id LIMIT $2 OFFSET $3',
    [runId, limit, offset],
  )
  const total = await warehouse.query<{ n: number }>('SELECT count(*)::int AS n FROM quintile.rejects WHERE run_id = $1', [runId])
  return { rejects: rows, total: total.rows[0]?.n ?? 0 }
}
