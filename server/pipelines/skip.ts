/**
 * May a step be left out because nothing that it reads has changed? Only when that is certain: every table in its plan is
 * one whose changes we record, and its SQL asks neither for the time nor for chance.
 */
import { toFailure } from '../../shared/failure.ts'
import type { Session } from '../warehouse/index.ts'
import type { JobState } from './job-state.ts'
import { kindOf } from './load-kinds.ts'
import { renderSql } from './staging.ts'
import type { StepRequest } from './step.ts'

const UNSTEADY =
  /\b(now|current_date|current_time|current_timestamp|localtime|localtimestamp|timeofday|random|nextval|gen_random_uuid)\b|\b(transaction|statement|clock)_timestamp\s*\(/i

/** True when running the step again would change nothing. */
export async function mayBeSkipped(
  session: Session,
  request: StepRequest,
  { before, stamp }: { before: JobState; stamp: string },
): Promise<boolean> {
  const { job, origin, reload, since, inputs } = request
  // A foreign source has no stamp of ours, nor have files and calendars: they are asked every time.
  if (before.input_stamp !== stamp || reload || since !== null || origin.kind !== 'warehouse' || kindOf(job).fill !== undefined)
    return false
  if (UNSTEADY.test(job.sql)) return false
  const read = await tablesIn(session, renderSql(job, { since, watermark: before.watermark }))
  const known = await knownTables(session, [...inputs, ...kindOf(job).written(job)])
  return read !== null && read.every((table) => known.has(table))
}

interface PlanNode {
  'Relation Name'?: string
  Schema?: string
  Plans?: PlanNode[]
}

/** Tables that PostgreSQL would read, views resolved; null where it cannot plan the statement. */
async function tablesIn(session: Session, sql: string): Promise<string[] | null> {
  await session.query('SAVEPOINT looking')
  try {
    const { rows } = await session.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(`EXPLAIN (VERBOSE, FORMAT JSON) ${sql}`)
    await session.query('RELEASE SAVEPOINT looking')
    const found: string[] = []
    const walk = (node: PlanNode): void => {
      if (node['Relation Name'] !== undefined) found.push(`${node.Schema ?? ''}.${node['Relation Name']}`)
      node.Plans?.forEach(walk)
    }
    rows[0]?.['QUERY PLAN'].forEach(({ Plan }) => walk(Plan))
    return found
  } catch (thrown) {
    if (toFailure(thrown).kind === 'retry') throw thrown
    // The step itself will say what is wrong with it.
    await session.query('ROLLBACK TO SAVEPOINT looking')
    return null
  }
}

/** The tables of these names, which jobs and imports write, as `schema.table`. One that was never loaded is known too: its first load is recorded. */
async function knownTables(session: Session, names: readonly string[]): Promise<Set<string>> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name FROM unnest($1::text[]) t (target) JOIN pg_class c ON c.oid = to_regclass(t.target)
     JOIN pg_namespace n ON n.oid = c.relnamespace`,
    [names],
  )
  return new Set(rows.map(({ name }) => name))
}
