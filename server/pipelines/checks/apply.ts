/** Checks on staged rows: bad rows are kept out, whole, with their reason, or the step is given up; `warn` only tells. */
import { quoteIdentifier, type Session } from '../../warehouse/index.ts'
import { kindOf, type Job } from '../load-kinds.ts'
import { STAGING } from '../staging-table.ts'
import { stageOf } from './declaration.ts'
import { CheckFailure, type CheckOutcome } from './outcome.ts'
import { stagedRuleOf, type RowRule } from './rules.ts'
import { carryOutCheck, type CheckPlace } from './run-checks.ts'

/** Applies all checks to staging; the rejects are written in the step's own transaction. Errors: `check.failed`. */
export async function checkStaged(session: Session, job: Job, runId: string): Promise<CheckOutcome> {
  const place: CheckPlace = { session, job, runId }
  const outcome: CheckOutcome = { findings: [], results: [], rejected: 0 }
  const reject = async (rule: RowRule): Promise<number> => {
    const { count } = await session.query(REJECT(rule.predicate), [runId, job.name, rule.reason])
    outcome.rejected += count
    return count
  }
  for (const column of kindOf(job).required(job)) {
    const rule = { reason: `${column} is missing`, predicate: `s.${quoteIdentifier(column)} IS NULL` }
    const rows = await reject(rule)
    if (rows > 0) outcome.findings.push({ reason: rule.reason, rows, severity: 'error' })
  }
  for (const check of job.checks.filter((one) => stageOf(one) === 'staged')) {
    const { result, finding, stops } = await carryOutCheck(place, check)
    outcome.results.push(result)
    if (finding !== null) outcome.findings.push(finding)
    if (stops) throw stopped(job, finding?.reason ?? result.check, outcome)
    const rule = stagedRuleOf(check, job)
    if (rule !== undefined && check.severity === 'error' && (result.bad_rows ?? 0) > 0) await reject(rule)
  }
  const doubled = await rejectDoubles(session, job, reject)
  if (doubled > 0) outcome.findings.push({ reason: DOUBLE, rows: doubled, severity: 'error' })
  return outcome
}

function stopped(job: Job, reason: string, { results }: CheckOutcome): CheckFailure {
  return new CheckFailure({
    message: `A check of “${job.name}” failed on the batch: ${reason}`,
    hint: `Nothing was loaded. Mend the source, or the check in ${job.file}; “quintile runs show latest” has the rows.`,
    results,
  })
}

const REJECT = (predicate: string): string => `
  WITH bad AS (DELETE FROM ${STAGING} s WHERE ${predicate} RETURNING s.*)
  INSERT INTO quintile.rejects (run_id, job, row_number, reason, row_text)
  SELECT $1, $2, NULL, $3, (to_jsonb(bad) - 'staging_row')::text FROM bad`

const DOUBLE = 'another row of the batch has the same key'

/** Of several rows with one key (and, for histories, one time) the one with the newest stamp stays. */
async function rejectDoubles(session: Session, job: Job, reject: (rule: RowRule) => Promise<number>): Promise<number> {
  const identity = kindOf(job).identity(job)
  if (identity.length === 0) return 0
  if ((await kindOf(job).provesUnique?.(session, job)) === true) return 0
  const key = identity.map(quoteIdentifier).join(', ')
  const newest = job.watermark === undefined ? '' : `${quoteIdentifier(job.watermark)} DESC NULLS LAST, `
  // Grouping first costs one hash; only batches that do have doubles pay for the window.
  const { rows } = await session.query(`SELECT 1 FROM ${STAGING} GROUP BY ${key} HAVING count(*) > 1 LIMIT 1`)
  if (rows.length === 0) return 0
  const ranked = `SELECT staging_row, row_number() OVER (PARTITION BY ${key} ORDER BY ${newest}staging_row DESC) AS place FROM ${STAGING}`
  return reject({ reason: DOUBLE, predicate: `s.staging_row IN (SELECT staging_row FROM (${ranked}) r WHERE place > 1)` })
}
