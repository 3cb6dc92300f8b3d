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

/** A segment's rule, or one that has no name yet. */
export type Counted = Pick<SegmentDefinition, 'rule'> & { segment: string | null }

/** The snapshot, and the rule as its WHERE clause. Errors: `features.no-snapshot`, `rule.*`. */
export function inSnapshot({ features }: Pick<CountNeeds, 'features'>, { rule }: Counted): { snapshot: StoredSnapshot; where: Compiled } {
  const snapshot = features.snapshot()
  return { snapshot, where: compileRule(parseRule(rule, features.columnTypes()), SQLITE) }
}

/** Counts customers where the caller says. Errors: `features.no-snapshot`, `rule.*`, an unreachable warehouse. */
export function countRule(needs: CountNeeds, counted: Counted, source: 'cache' | 'warehouse'): Promise<SegmentCount> {
  if (source === 'cache') return countInSnapshot(needs, counted)
  return needs.warehouse.withTransaction((session) => countInWarehouse(session, needs.features, counted), { readOnly: true })
}

/** Counts customers in the snapshot. */
export async function countInSnapshot(needs: Pick<CountNeeds, 'features' | 'local'>, counted: Counted): Promise<SegmentCount> {
  const { snapshot, where } = inSnapshot(needs, counted)
  const [row] = await needs.local.read(snapshot, `SELECT count(*) AS n FROM ${snapshot.table} WHERE ${where.sql}`, where.values)
  const { segment, rule } = counted
  return { segment, rule, count: Number(row?.['n'] ?? 0), of: snapshot.customers, as_of: snapshot.as_of, source: 'cache' }
}

async function countInWarehouse(session: Session, features: Features, { segment, rule }: Counted): Promise<SegmentCount> {
  const where = compileRule(parseRule(rule, await features.warehouseColumnTypes(session)), POSTGRES)
  const { rows } = await session.query<{ n: number; of: number }>(
    `SELECT count(*) FILTER (WHERE ${where.sql})::int AS n, count(*)::int AS of FROM ${features.source}`,
    where.values,
  )
  const { as_of } = await features.asOf()
  return { segment, rule, count: rows[0]?.n ?? 0, of: rows[0]?.of ?? 0, as_of, source: 'warehouse' }
}
