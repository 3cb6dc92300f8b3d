/** Looks: carries out checks in SQL, each under a savepoint of its own, so that one that cannot be judged breaks nothing else. */
import { toFailure } from '../../../shared/failure.ts'
import type { CheckResult } from '../../../shared/run.ts'
import { quoteIdentifier, quoteQualified, type Session } from '../../warehouse/index.ts'
import type { Job } from '../load-kinds.ts'
import { STAGING } from '../staging-table.ts'
import { nameOf, stageOf, type Check } from './declaration.ts'
import { judge, type Observation, type Verdict } from './judge.ts'
import { ruleOf, stagedRuleOf } from './rules.ts'

/** Bad rows kept with a result. */
const SAMPLE = 5

export interface CheckPlace {
  session: Session
  job: Job
  runId: string
}

/** Looks and judges; what could not be judged has status `error`, and stops the step when it is severe. */
export async function carryOutCheck(place: CheckPlace, check: Check): Promise<Verdict> {
  const { session } = place
  await session.query('SAVEPOINT one_check')
  try {
    const verdict = judge(check, await look(place, check))
    await session.query('RELEASE SAVEPOINT one_check')
    return verdict
  } catch (thrown) {
    const failure = toFailure(thrown)
    // With the connection gone, or cancelled, this throws in turn and ends the step as it should.
    if (failure.code === 'warehouse.cancelled') throw thrown
    await session.query('ROLLBACK TO SAVEPOINT one_check')
    return cannotJudge(check, failure.message)
  }
}

function cannotJudge(check: Check, message: string): Verdict {
  const result: CheckResult = {
    ...{ check: nameOf(check), stage: stageOf(check), severity: check.severity, status: 'error' },
    ...{ bad_rows: null, measured: message, expected: null, sample: [] },
  }
  const reason = `${nameOf(check)} could not be judged: ${message}`
  return { result, finding: { reason, rows: 0, severity: check.severity }, stops: check.severity === 'error' }
}

function look(place: CheckPlace, check: Check): Promise<Observation> {
  if ('freshness' in check) return lookAtAge(place, check.freshness)
  if ('volume' in check) return lookAtVolume(place, check.volume)
  const isStaged = stageOf(check) === 'staged'
  if ('sql' in check && !isStaged) return lookAtQuery(place, check)
  const table = isStaged ? STAGING : quoteQualified(place.job.target)
  const rule = isStaged ? stagedRuleOf(check, place.job) : ruleOf(check, table, 'ctid')
  if (rule === undefined) throw new Error(`the check ${nameOf(check)} has no rule`)
  return countRows(place.session, { table, ...rule })
}

async function countRows(session: Session, rule: { table: string; reason: string; predicate: string }): Promise<Observation> {
  const { rows } = await session.query<{ bad: string; all: string }>(
    `SELECT count(*) FILTER (WHERE ${rule.predicate})::text AS bad, count(*)::text AS all FROM ${rule.table} s`,
  )
  const [bad, all] = [Number(rows[0]?.bad ?? 0), Number(rows[0]?.all ?? 0)]
  const sample = bad === 0 ? [] : await sampleOf(session, `SELECT s.* FROM ${rule.table} s WHERE ${rule.predicate}`)
  return { reason: rule.reason, badRows: bad, bad: bad > 0, of: all, measured: null, expected: null, sample }
}

async function sampleOf(session: Session, query: string): Promise<unknown[]> {
  const { rows } = await session.query<{ row: unknown }>(
    `SELECT to_jsonb(bad) - 'staging_row' AS row FROM (${query}) AS bad LIMIT ${String(SAMPLE)}`,
  )
  return rows.map(({ row }) => row)
}

async function lookAtQuery({ session, job }: CheckPlace, check: Check & { sql: string }): Promise<Observation> {
  const query = check.sql.trim().replace(/;$/, '')
  const { rows } = await session.query<{ bad: string }>(`SELECT count(*)::text AS bad FROM (${query}) AS bad`)
  const total = await session.query<{ n: string }>(`SELECT count(*)::text AS n FROM ${quoteQualified(job.target)}`)
  const bad = Number(rows[0]?.bad ?? 0)
  const sample = bad === 0 ? [] : await sampleOf(session, query)
  const reason = check.name ?? 'a check of the job’s own'
  return { reason, badRows: bad, bad: bad > 0, of: Number(total.rows[0]?.n ?? 0), measured: null, expected: null, sample }
}

async function lookAtAge({ session, job }: CheckPlace, { column, max_age }: { column: string; max_age: string }): Promise<Observation> {
  const newest = `(SELECT max(${quoteIdentifier(column)})::timestamptz FROM ${quoteQualified(job.target)})`
  const { rows } = await session.query<{ newest: string | null; old: boolean }>(
    `SELECT ${newest}::text AS newest, coalesce(clock_timestamp() - ${newest} > $1::interval, true) AS old`,
    [max_age],
  )
  const bad = rows[0]?.old ?? true
  const measured = rows[0]?.newest ?? 'no row at all'
  const reason = `the newest ${column} is older than ${max_age}: ${measured}`
  return { reason, badRows: null, bad, of: 0, measured, expected: `not older than ${max_age}`, sample: [] }
}

/** Against the median of the runs before; with fewer than three there is nothing usual yet. */
async function lookAtVolume(
  { session, job }: CheckPlace,
  { min, max, runs }: { min: number; max: number; runs: number },
): Promise<Observation> {
  const { rows } = await session.query<{ now: string; usual: number | null; known: string }>(
    `WITH before AS (
       SELECT rows_read FROM quintile.run_steps
       WHERE job = $1 AND status IN ('succeeded', 'warning') AND rows_read > 0 ORDER BY step_id DESC LIMIT $2)
     SELECT (SELECT count(*) FROM ${STAGING})::text AS now, count(*)::text AS known,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY rows_read) AS usual FROM before`,
    [job.name, runs],
  )
  const [now, usual, known] = [Number(rows[0]?.now ?? 0), rows[0]?.usual ?? null, Number(rows[0]?.known ?? 0)]
  const measured = `${String(now)} rows`
  if (usual === null || known < 3)
    return { reason: '', badRows: null, bad: false, of: now, measured, expected: 'nothing usual yet: fewer than 3 runs', sample: [] }
  const expected = `${String(Math.round(min * usual))} to ${String(Math.round(max * usual))} rows (usual: ${String(Math.round(usual))})`
  const bad = now < min * usual || now > max * usual
  return { reason: `${measured}, expected ${expected}`, badRows: null, bad, of: now, measured, expected, sample: [] }
}
