/** The log of a run: one line per event, in words. */
import type { Failure } from '../../shared/failure.ts'
import type { StepCounts } from '../../shared/run.ts'
import { storable } from './storable.ts'
import type { Writer } from './tell.ts'

/** One line; `job` is null where it is about the run as a whole. */
export interface LogLine {
  level: 'info' | 'warn' | 'error'
  job: string | null
  message: string
}

/** Adds lines to the run's log, in their order. `at` is ISO 8601 in UTC. */
export async function writeLog(to: Writer, { runId, at }: { runId: string; at: string }, lines: readonly LogLine[]): Promise<void> {
  if (lines.length === 0) return
  await to.query(
    `INSERT INTO quintile.run_log (run_id, at, level, job, message)
     SELECT $1, $2, level, job, message FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS t(level, job, message, place) ORDER BY place`,
    [runId, at, lines.map(({ level }) => level), lines.map(({ job }) => job), lines.map(({ message }) => storable(message))],
  )
}

/** A failure as a log line: its code, then its message. */
export function sayFailure(failure: Failure): string {
  return `${failure.code}: ${failure.message}`
}

const NUMBER = new Intl.NumberFormat('en-US')

/** What a step did, e.g. “1,200 read: 1,000 inserted, 200 unchanged”; zeros are left out. */
export function sayCounts({ read, inserted, updated, versions_closed, unchanged, rejected }: StepCounts): string {
  const part = (count: number, word: string): string[] => (count === 0 ? [] : [`${NUMBER.format(count)} ${word}`])
  const parts = [
    ...part(inserted, 'inserted'),
    ...part(updated, 'updated'),
    ...part(versions_closed, 'versions closed'),
    ...part(unchanged, 'unchanged'),
    ...part(rejected, 'rejected'),
  ]
  return `${NUMBER.format(read)} read${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`
}

/** What a check found, e.g. “12 rows rejected: country is missing”. */
export function sayFinding({ rows, severity, reason }: { rows: number; severity: 'error' | 'warn'; reason: string }): string {
  return `${NUMBER.format(rows)} rows ${severity === 'error' ? 'rejected' : 'noted'}: ${reason}`
}
