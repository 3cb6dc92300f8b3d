/** Check results, the passed ones too: kept with the run, and read over time as a trend. */
import type { CheckResult } from '../../shared/run.ts'
import { storable, toStoredJson } from './storable.ts'
import type { Writer } from './tell.ts'
import { writeEvents } from './write-events.ts'
import type { StepMoment } from './write-steps.ts'

/** Bad rows kept with a result; more are the business of the rejects. */
const SAMPLE_ROWS = 5

/**
 * Writes the results of a step's checks, and an event for each that did not pass. In the step's own transaction they stand
 * exactly when its data does; after a rollback they are written on their own.
 */
export async function writeChecks(to: Writer, { runId, job, at }: StepMoment, results: readonly CheckResult[]): Promise<void> {
  if (results.length === 0) return
  const text = (value: string | null): string | null => (value === null ? null : storable(value))
  await to.query(
    `INSERT INTO quintile.check_results (run_id, job, at, check_name, stage, severity, status, bad_rows, measured, expected, sample)
     SELECT $1, $2, $3, check_name, stage, severity, status, bad_rows, measured, expected, sample::jsonb
     FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[])
       WITH ORDINALITY AS t(check_name, stage, severity, status, bad_rows, measured, expected, sample, place) ORDER BY place`,
    [
      ...[runId, job, at],
      results.map((result) => storable(result.check)),
      results.map((result) => result.stage),
      results.map((result) => result.severity),
      results.map((result) => result.status),
      results.map((result) => result.bad_rows),
      results.map((result) => text(result.measured)),
      results.map((result) => text(result.expected)),
      results.map((result) => toStoredJson(result.sample.slice(0, SAMPLE_ROWS))),
    ],
  )
  const notPassed = results.filter((result) => result.status !== 'pass')
  await writeEvents(
    to,
    { runId, at },
    notPassed.map(({ check, stage, severity, status, bad_rows }) => ({
      kind: 'check.finished' as const,
      job,
      detail: { check, stage, severity, status, bad_rows },
    })),
  )
}
