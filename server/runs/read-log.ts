/** Reading a run's log: by pages, or whole in batches. */
import type { RunLogLine } from '../../shared/run.ts'
import type { SqlValue, Warehouse } from '../warehouse/index.ts'
import type { Page } from './read-runs.ts'
import { LOG_COLUMNS } from './rows.ts'
import type { Writer } from './tell.ts'

/** Which lines; what is left out does not matter. */
export interface LogFilter {
  job?: string | undefined
  /** This level and graver ones. */
  level?: RunLogLine['level'] | undefined
  /** Text in the message or the job, whatever its case. */
  search?: string | undefined
}

const LEVELS: readonly RunLogLine['level'][] = ['debug', 'info', 'warn', 'error']

/** Lines fetched at once. */
export const LINES_AT_ONCE = 1_000

export type NumberedLine = RunLogLine & { log_id: number }

/** Whether a line that we already have passes the filter; the same rule as the SQL below. */
export function matchesLog(line: RunLogLine, { job, level, search }: LogFilter): boolean {
  if (job !== undefined && line.job !== job) return false
  if (level !== undefined && LEVELS.indexOf(line.level) < LEVELS.indexOf(level)) return false
  return search === undefined || `${line.job ?? ''} ${line.message}`.toLowerCase().includes(search.toLowerCase())
}

/** Condition of the filter, its values from the second place on. */
const PASSES = `
  run_id = $1 AND ($2::text IS NULL OR job = $2) AND level = ANY($3::text[])
  AND ($4::text IS NULL OR position(lower($4) IN lower(coalesce(job, '') || ' ' || message)) > 0)`

function valuesOf(runId: string, { job, level = 'debug', search }: LogFilter): SqlValue[] {
  return [runId, job ?? null, LEVELS.slice(LEVELS.indexOf(level)), search ?? null]
}

/** Up to a batch of lines behind a number, in their order. */
export async function readLines(from: Writer, runId: string, { after, ...filter }: LogFilter & { after: number }): Promise<NumberedLine[]> {
  const { rows } = await from.query<NumberedLine>(
    `SELECT log_id::float8 AS log_id, ${LOG_COLUMNS} FROM quintile.run_log WHERE ${PASSES} AND log_id > $5 ORDER BY log_id LIMIT ${String(LINES_AT_ONCE)}`,
    [...valuesOf(runId, filter), after],
  )
  return rows
}

/** Some lines in their order, and how many there are in all. */
export async function readLogPage(
  warehouse: Warehouse,
  runId: string,
  { offset, limit, ...filter }: LogFilter & Page,
): Promise<{ lines: RunLogLine[]; total: number }> {
  const values = valuesOf(runId, filter)
  const { rows } = await warehouse.query<RunLogLine>(
    `SELECT ${LOG_COLUMNS} FROM quintile.run_log WHERE ${PASSES} ORDER BY log_id LIMIT ${String(Math.trunc(limit))} OFFSET ${String(Math.trunc(offset))}`,
    values,
  )
  const total = await warehouse.query<{ n: number }>(`SELECT count(*)::int AS n FROM quintile.run_log WHERE ${PASSES}`, values)
  return { lines: rows, total: total.rows[0]?.n ?? 0 }
}

/** The line without its number. */
export function toLine({ log_id: _id, ...line }: NumberedLine): RunLogLine {
  return line
}

/** All lines of a run that pass the filter, oldest first, however many: one batch is in memory at a time. */
export async function* streamLog(from: Writer, runId: string, filter: LogFilter): AsyncGenerator<RunLogLine[]> {
  for (let after = 0; ;) {
    const rows = await readLines(from, runId, { ...filter, after })
    if (rows.length > 0) yield rows.map(toLine)
    if (rows.length < LINES_AT_ONCE) return
    after = rows.at(-1)?.log_id ?? after
  }
}
