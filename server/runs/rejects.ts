/** Rejects: rows that a run kept out, whole, with their reason, until another run takes them in. */
import type { RunReject } from '../../shared/run.ts'
import type { Session, SqlValue, Warehouse } from '../warehouse/index.ts'
import type { Page } from './read-runs.ts'
import { isoTime } from './rows.ts'
import type { Writer } from './tell.ts'

/** Which rejects; what is left out does not matter. */
export interface RejectFilter {
  run_id?: string | undefined
  job?: string | undefined
  reason?: string | undefined
  /** Only those that no run has taken in since. */
  open?: boolean | undefined
}

/** A reject as every answer has it, `at` being when its run began. */
const COLUMNS = `
  j.reject_id::float8 AS reject_id, j.run_id::text, j.job, ${isoTime('r.started_at')} AS at, j.row_number::float8 AS row_number, j.reason, j.row_text AS "row",
  ${isoTime('j.replayed_at')} AS replayed_at, j.replayed_run_id::text`

const FROM = 'quintile.rejects j JOIN quintile.runs r ON r.run_id = j.run_id'

/** Rows fetched at once. */
const BATCH = 500

function conditions({ open, ...filter }: RejectFilter): { where: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  const parts = (['run_id', 'job', 'reason'] as const).flatMap((column) => {
    const value = filter[column]
    if (value === undefined) return []
    values.push(value)
    return [`j.${column} = $${String(values.length)}`]
  })
  if (open === true) parts.push('j.replayed_at IS NULL')
  return { where: parts.length === 0 ? 'true' : parts.join(' AND '), values }
}

/** A page of rejects, as they were met or the newest first, and how many there are in all. */
export async function readRejects(
  warehouse: Warehouse,
  filter: RejectFilter,
  { offset, limit, newestFirst = false }: Page & { newestFirst?: boolean },
): Promise<{ rejects: RunReject[]; total: number }> {
  const { where, values } = conditions(filter)
  const { rows } = await warehouse.query<RunReject>(
    `SELECT ${COLUMNS} FROM ${FROM} WHERE ${where} ORDER BY j.reject_id ${newestFirst ? 'DESC' : ''}
     LIMIT ${String(Math.trunc(limit))} OFFSET ${String(Math.trunc(offset))}`,
    values,
  )
  const total = await warehouse.query<{ n: number }>(`SELECT count(*)::int AS n FROM quintile.rejects j WHERE ${where}`, values)
  return { rejects: rows, total: total.rows[0]?.n ?? 0 }
}

/** The rejects with these ids, in the order of the ids; unknown ones are left out. */
export async function readRejectsById(from: Writer, ids: readonly number[]): Promise<RunReject[]> {
  const { rows } = await from.query<RunReject>(
    `SELECT ${COLUMNS} FROM ${FROM} WHERE j.reject_id = ANY($1::bigint[]) ORDER BY j.reject_id`,
    [ids],
  )
  return rows
}

/** All rejects of the filter in batches, as they were met, however many: one batch is in memory at a time. */
export async function* streamRejects(from: Writer, filter: RejectFilter): AsyncGenerator<RunReject[]> {
  const { where, values } = conditions(filter)
  const sql = `SELECT ${COLUMNS} FROM ${FROM} WHERE ${where} AND j.reject_id > $${String(values.length + 1)}
    ORDER BY j.reject_id LIMIT ${String(BATCH)}`
  for (let last = 0; ;) {
    const { rows } = await from.query<RunReject>(sql, [...values, last])
    if (rows.length > 0) yield rows
    if (rows.length < BATCH) return
    last = rows.at(-1)?.reject_id ?? last
  }
}

/**
 * Marks open rejects as taken in by a run; belongs in the transaction that takes them in. Answers with how many were open:
 * fewer than asked for means that somebody else has replayed some meanwhile, and the transaction should be given up.
 */
export async function markReplayed(session: Session, ids: readonly number[], runId: string): Promise<number> {
  const { count } = await session.query(
    `UPDATE quintile.rejects SET replayed_run_id = $2, replayed_at = now() WHERE reject_id = ANY($1::bigint[]) AND replayed_at IS NULL`,
    [ids, runId],
  )
  return count
}
