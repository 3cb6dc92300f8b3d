/** The features of single customers, from both sides and merged, each with where it comes from. */
import { mistake } from '../../shared/failure.ts'
import { toIso } from '../../shared/time.ts'
import type { LocalRow } from '../local/index.ts'
import { quoteIdentifier, type Session, type Warehouse } from '../warehouse/index.ts'
import { selectList, type Relation } from './columns.ts'
import { mergeRows, type Feature, type SideRow } from './merge.ts'
import { readSides } from './relation.ts'
import { FEATURE_SOURCES, MERGE_STRATEGIES, type FeatureSettings, type FeatureSource, type MergeStrategy } from './settings.ts'
import { suggest } from '../../shared/nearest.ts'

/** As asked; what is left out is as the settings say. */
export interface FeatureWish {
  source?: string | undefined
  strategy?: string | undefined
}

export interface StoreNeeds {
  warehouse: Warehouse
  settings: FeatureSettings
}

/** Whom to ask and how to merge. Errors: `features.unknown-source`, `features.unknown-strategy`. */
export function wishOf(settings: FeatureSettings, { source, strategy }: FeatureWish): { source: FeatureSource; strategy: MergeStrategy } {
  const asked = source ?? settings.source
  const wanted = strategy ?? settings.merge_strategy
  const knownSource = FEATURE_SOURCES.find((one) => one === asked)
  const knownStrategy = MERGE_STRATEGIES.find((one) => one === wanted)
  if (knownSource === undefined)
    throw mistake(
      'features.unknown-source',
      `“${asked}” is not a source of features`,
      suggest(asked, [...FEATURE_SOURCES, 'cache', 'warehouse']),
    )
  if (knownStrategy === undefined)
    throw mistake('features.unknown-strategy', `“${wanted}” is not a merge strategy`, suggest(wanted, MERGE_STRATEGIES))
  return { source: knownSource, strategy: knownStrategy }
}

/**
 * Customers by id, with what is known of them; who is unknown is left out. All are merged alike, one or many.
 * Errors: an unreachable warehouse, those of the settings and of the wish; never an empty answer in their place.
 */
export async function readCustomers(
  { warehouse, settings }: StoreNeeds,
  ids: readonly string[],
  wish: FeatureWish,
): Promise<Map<string, Map<string, Feature>>> {
  const { source, strategy } = wishOf(settings, wish)
  return warehouse.withTransaction(
    async (session) => {
      const sides = await readSides(session, settings, source)
      const dwh = await readRows(session, sides.dwh, { ids, asOf: settings.as_of })
      const xiva = await readRows(session, sides.xiva, { ids, asOf: settings.as_of })
      const found = ids.filter((id) => dwh.has(id) || xiva.has(id))
      return new Map(found.map((id) => [id, mergeRows({ dwh: dwh.get(id), xiva: xiva.get(id) }, { strategy, asOf: settings.as_of })]))
    },
    { readOnly: true },
  )
}

async function readRows(
  session: Session,
  side: Relation | null,
  { ids, asOf }: { ids: readonly string[]; asOf: string },
): Promise<Map<string, SideRow>> {
  if (side === null) return new Map()
  const { sql, columns } = side
  const stamp = columns.find(({ name }) => name === asOf)
  // A moment without a zone is UTC, whatever zone the session is in.
  const dated = stamp !== undefined && /^(timestamp|date)/.test(stamp.warehouse_type)
  const at = dated ? `extract(epoch FROM ${quoteIdentifier(asOf)}) * 1000` : 'null'
  // The cast lets UUIDs and texts be asked for alike.
  const { rows } = await session.query<LocalRow & { 'as of': number | null }>(
    `SELECT ${selectList(columns)}, (${at})::float8 AS "as of" FROM ${sql} WHERE customer_id::text = ANY ($1)`,
    [ids],
  )
  return new Map(rows.map(({ 'as of': moment, ...row }) => [String(row['customer_id']), toSideRow(row, moment)]))

  function toSideRow(row: LocalRow, moment: number | null): SideRow {
    // int8 arrives as text; the same number type as from the snapshot.
    const values = columns.map(({ name, type }) => [name, type === 'int8' && row[name] !== null ? Number(row[name]) : (row[name] ?? null)])
    return { row: Object.fromEntries(values) as LocalRow, at: moment, as_of: moment === null ? null : toIso(moment) }
  }
}
