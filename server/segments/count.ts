/** How many customers a rule picks: the same answer from the snapshot and from the warehouse. */
import type { SegmentCount } from '../../shared/contract/answers.ts'
import { parseRule } from '../../shared/rule.ts'
import type { Features } from '../features/index.ts'
import type { LocalStore, StoredSnapshot } from '../local/index.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import type { SegmentDefinition } from './definitions.ts'
import { compileRule, POSTGRES, SQLITE, type Compiled } from './rule-to-sql.ts'

export interface CountNeeds {
  features: Features
  local: LocalStore
  warehouse: Warehouse
}

/** A segment's rule, or one that has no name yet; `only` narrows whom it is asked of. */
export type Counted = Pick<SegmentDefinition, 'rule'> & { segment: string | null; only?: unknown }

/** The rule within what it is asked of. */
export function narrowedRule({ rule, only }: Pick<Counted, 'rule' | 'only'>): unknown {
  return only === undefined ? rule : { and: [only, rule] }
}

/** The snapshot, and the rule as its WHERE clause. Errors: `features.no-snapshot`, `rule.*`. */
export function inSnapshot({ features }: Pick<CountNeeds, 'features'>, counted: Counted): { snapshot: StoredSnapshot; where: Compiled } {
  const snapshot = features.snapshot()
  return { snapshot, where: compileRule(parseRule(narrowedRule(counted), features.columnTypes()), SQLITE) }
}

/** Counts customers where the caller says. Errors: `features.no-snapshot`, `rule.*`, an unreachable warehouse. */
export function countRule(needs: CountNeeds, counted: Counted, source: 'cache' | 'warehouse'): Promise<SegmentCount> {
  if (source === 'cache') return countInSnapshot(needs, counted)
  return needs.warehouse.withTransaction((session) => countInWarehouse(session, needs.features, counted), { readOnly: true })
}

/** Counts customers in the snapshot. */
export async function countInSnapshot(needs: Pick<CountNeeds, 'features' | 'local'>, counted: Counted): Promise<SegmentCount> {
  const { snapshot, where } = inSnapshot(needs, counted)
  const countWhere = async ({ sql, values }: Compiled): Promise<number> => {
    const [row] = await needs.local.read(snapshot, `SELECT count(*) AS n FROM ${snapshot.table} WHERE ${sql}`, values)
    return Number(row?.['n'] ?? 0)
  }
  const { segment, rule, only } = counted
  const of = only === undefined ? snapshot.customers : await countWhere(inSnapshot(needs, { segment, rule: only }).where)
  return { segment, rule, count: await countWhere(where), of, as_of: snapshot.as_of, source: 'cache' }
}

async function countInWarehouse(session: Session, features: Features, counted: Counted): Promise<SegmentCount> {
  const { segment, rule, only } = counted
  const { sql: relation, types } = await features.relation(session)
  const where = compileRule(parseRule(narrowedRule(counted), types), POSTGRES)
  const all = only === undefined ? 'true' : compileRule(parseRule(only, types), POSTGRES).sql
  const { rows } = await session.query<{ n: number; of: number }>(
    `SELECT count(*) FILTER (WHERE ${where.sql})::int AS n, count(*) FILTER (WHERE ${all})::int AS of FROM ${relation}`,
    where.values,
  )
  const { as_of } = await features.asOf()
  return { segment, rule, count: rows[0]?.n ?? 0, of: rows[0]?.of ?? 0, as_of, source: 'warehouse' }
}
