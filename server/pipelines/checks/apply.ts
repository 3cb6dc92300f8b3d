/** Data-quality checks on staged rows: bad rows are kept out, whole, with their reason; `warn` only counts them. */
import { quoteIdentifier, quoteLiteral, type Session } from '../warehouse/index.ts'
import type { Check, Job } from './declaration.ts'
import { STAGING } from './staging.ts'

export interface Finding {
  reason: string
  rows: number
  severity: 'error' | 'warn'
}

interface Rule {
  reason: string
  /** True for a bad row. */
  predicate: string
  severity: 'error' | 'warn'
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : quoteLiteral(value)
}

function ruleOf(check: Check): Rule {
  if ('not_null' in check) {
    return { reason: `${check.not_null} is missing`, predicate: `${quoteIdentifier(check.not_null)} IS NULL`, severity: check.severity }
  }
  if ('accepted_values' in check) {
    const { column, values } = check.accepted_values
    return {
      reason: `${column} is not an accepted value`,
      predicate: `${quoteIdentifier(column)} NOT IN (${values.map(literal).join(', ')})`,
      severity: check.severity,
    }
  }
  const { column, min, max } = check.range
  const sides = [
    ...(min === undefined ? [] : [`${quoteIdentifier(column)} < ${String(min)}`]),
    ...(max === undefined ? [] : [`${quoteIdentifier(column)} > ${String(max)}`]),
  ]
  return { reason: `${column} is out of range`, predicate: sides.join(' OR ') || 'false', severity: check.severity }
}

/** The rules that every batch obeys, declared or not: a row needs its key, and a version its time. */
function builtIn(job: Job): Rule[] {
  const needed = [...job.key, ...(job.kind === 'history' && job.effective !== undefined ? [job.effective] : [])]
  return needed.map((column) => ({
    reason: `${column} is missing`,
    predicate: `${quoteIdentifier(column)} IS NULL`,
    severity: 'error' as const,
  }))
}

const REJECT = (predicate: string): string => `
  WITH bad AS (DELETE FROM ${STAGING} s WHERE ${predicate} RETURNING s.*)
  INSERT INTO quintile.rejects (run_id, job, row_number, reason, row_text)
  SELECT $1, $2, NULL, $3, (to_jsonb(bad) - 'staging_row')::text FROM bad`

/** Applies all checks to staging; the rejects are written in the step's own transaction. */
export async function applyChecks(session: Session, job: Job, runId: string): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const rule of [...builtIn(job), ...job.checks.map(ruleOf)]) {
    const rows =
      rule.severity === 'error'
        ? (await session.query(REJECT(rule.predicate), [runId, job.name, rule.reason])).count
        : await countBad(session, rule.predicate)
    if (rows > 0) findings.push({ reason: rule.reason, rows, severity: rule.severity })
  }
  const doubled = await rejectDoubles(session, job, runId)
  return doubled > 0 ? [...findings, { reason: DOUBLE, rows: doubled, severity: 'error' }] : findings
}

const DOUBLE = 'another row of the batch has the same key'

async function countBad(session: Session, predicate: string): Promise<number> {
  const { rows } = await session.query<{ n: string }>(`SELECT count(*)::text AS n FROM ${STAGING} WHERE ${predicate}`)
  return Number(rows[0]?.n ?? 0)
}

/** Of several rows with one key (and, for histories, one time) the one with the newest stamp stays. */
async function rejectDoubles(session: Session, job: Job, runId: string): Promise<number> {
  const key = [...job.key, ...(job.kind === 'history' && job.effective !== undefined ? [job.effective] : [])]
    .map(quoteIdentifier)
    .join(', ')
  const newest = job.watermark === undefined ? '' : `${quoteIdentifier(job.watermark)} DESC NULLS LAST, `
  // Grouping first costs one hash; only batches that do have doubles pay for the window.
  const { rows } = await session.query(`SELECT 1 FROM ${STAGING} GROUP BY ${key} HAVING count(*) > 1 LIMIT 1`)
  if (rows.length === 0) return 0
  const ranked = `SELECT staging_row, row_number() OVER (PARTITION BY ${key} ORDER BY ${newest}staging_row DESC) AS place FROM ${STAGING}`
  const { count } = await session.query(REJECT(`s.staging_row IN (SELECT staging_row FROM (${ranked}) r WHERE place > 1)`), [
    runId,
    job.name,
    DOUBLE,
  ])
  return count
}
