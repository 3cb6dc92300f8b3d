/** Reading the list of runs in the warehouse. */
import type { RunKind, RunStatus, RunSummary } from '../../shared/run.ts'
import type { SqlValue, Warehouse } from '../warehouse/index.ts'
import { SUMMARY_COLUMNS, SUMMARY_FROM, toSummary, type SummaryRow } from './rows.ts'

export interface Page {
  offset: number
  limit: number
}

/** Which runs; what is left out does not matter. */
export interface RunFilter {
  status?: RunStatus | undefined
  kind?: RunKind | undefined
  /** Runs that have this job among their steps. */
  job?: string | undefined
  /** Runs that began then or later (ISO 8601). */
  since?: string | undefined
  schedule?: string | undefined
}

function conditions(filter: RunFilter): { where: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  const parts: string[] = []
  const add = (value: string | undefined, part: (place: string) => string): void => {
    if (value === undefined) return
    values.push(value)
    parts.push(part(`$${String(values.length)}`))
  }
  add(filter.status, (place) => `r.status = ${place}`)
  add(filter.kind, (place) => `r.kind = ${place}`)
  add(filter.since, (place) => `r.started_at >= ${place}::timestamptz`)
  add(filter.schedule, (place) => `r.schedule = ${place}`)
  add(filter.job, (place) => `EXISTS (SELECT 1 FROM quintile.run_steps j WHERE j.run_id = r.run_id AND j.job = ${place})`)
  return { where: parts.length === 0 ? 'true' : parts.join(' AND '), values }
}

/** A page of runs, newest first, and how many there are in all. */
export async function readRuns(
  warehouse: Warehouse,
  { offset, limit, ...filter }: Page & RunFilter,
): Promise<{ runs: RunSummary[]; total: number }> {
  const { where, values } = conditions(filter)
  const { rows } = await warehouse.query<SummaryRow>(
    `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE ${where}
     ORDER BY r.started_at DESC, r.run_id LIMIT ${String(Math.trunc(limit))} OFFSET ${String(Math.trunc(offset))}`,
    values,
  )
  const total = await warehouse.query<{ n: number }>(`SELECT count(*)::int AS n FROM quintile.runs r WHERE ${where}`, values)
  return { runs: rows.map(toSummary), total: total.rows[0]?.n ?? 0 }
}

/** Runs under way now, of any process, oldest first. */
export async function readRunning(warehouse: Warehouse): Promise<RunSummary[]> {
  const { rows } = await warehouse.query<SummaryRow>(
    `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE r.status IN ('queued', 'running') ORDER BY r.started_at`,
  )
  return rows.map(toSummary)
}

/** Ids that begin with the text (hexadecimal digits and dashes), newest first, at most six. */
export async function readIdsLike(warehouse: Warehouse, prefix: string): Promise<string[]> {
  const digits = prefix.replaceAll('-', '')
  const { rows } = await warehouse.query<{ run_id: string }>(
    'SELECT run_id::text FROM quintile.runs WHERE run_id BETWEEN $1::uuid AND $2::uuid ORDER BY started_at DESC LIMIT 6',
    [digits.padEnd(32, '0'), digits.padEnd(32, 'f')],
  )
  return rows.map((row) => row.run_id)
}

/** The newest run; a feature sync only when there is nothing else, since one follows every run by itself. */
export async function readNewestId(warehouse: Warehouse): Promise<string | undefined> {
  const { rows } = await warehouse.query<{ run_id: string }>(
    `SELECT run_id::text FROM quintile.runs ORDER BY kind = 'sync', started_at DESC, run_id DESC LIMIT 1`,
  )
  return rows[0]?.run_id
}

/** The run before this one with the same jobs, or else with one of them; of the same kind. */
export async function readPreviousId(warehouse: Warehouse, runId: string): Promise<string | undefined> {
  const { rows } = await warehouse.query<{ run_id: string }>(
    `WITH this AS (
       SELECT r.run_id, r.kind, r.started_at, array_agg(s.job ORDER BY s.job) AS jobs
       FROM quintile.runs r JOIN quintile.run_steps s USING (run_id) WHERE r.run_id = $1 GROUP BY r.run_id)
     SELECT r.run_id::text FROM this
     JOIN quintile.run_steps s ON s.job = ANY(this.jobs)
     JOIN quintile.runs r ON r.run_id = s.run_id AND r.kind = this.kind AND (r.started_at, r.run_id) < (this.started_at, this.run_id)
     GROUP BY r.run_id, r.started_at, this.jobs
     ORDER BY (SELECT array_agg(o.job ORDER BY o.job) FROM quintile.run_steps o WHERE o.run_id = r.run_id) = this.jobs DESC,
       r.started_at DESC, r.run_id DESC LIMIT 1`,
    [runId],
  )
  return rows[0]?.run_id
}
