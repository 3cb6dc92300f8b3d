/** What the settings ask for as one relation: the warehouse’s features, the profiles, or both merged by SQL. */
import { mistake } from '../../shared/failure.ts'
import type { CellType, SnapshotColumn } from '../local/index.ts'
import { quoteIdentifier, type Session } from '../warehouse/index.ts'
import { readOrigin, type Relation } from './columns.ts'
import type { FeatureSettings, FeatureSource, MergeStrategy } from './settings.ts'

/** The two sides; one that is not asked, or that there is not, is null. */
export interface Sides {
  dwh: Relation | null
  xiva: Relation | null
}

/** Errors: `features.no-profiles`, those of the origins. */
export async function readSides(session: Session, settings: FeatureSettings, source: FeatureSource): Promise<Sides> {
  const { profiles } = settings
  if (source === 'xiva' && profiles === undefined)
    throw mistake(
      'features.no-profiles',
      'There are no profiles of an API in this workspace',
      'Set features.profiles in pack.yaml, or ask for dwh.',
    )
  const dwh = source === 'xiva' ? null : await readOrigin(session, settings)
  const xiva = source === 'dwh' || profiles === undefined ? null : withSomething(await readOrigin(session, profiles), settings.as_of)
  return { dwh, xiva }
}

/** A profile without a single value says nothing, and its customer is not known by it. */
function withSomething({ sql, columns }: Relation, asOf: string): Relation {
  const values = columns.filter(({ name }) => name !== 'customer_id' && name !== asOf).map(({ name }) => quoteIdentifier(name))
  if (values.length === 0) return { sql, columns }
  return { sql: `(SELECT * FROM ${sql} WHERE num_nonnulls(${values.join(', ')}) > 0) AS profiles`, columns }
}

export interface MergeRequest {
  strategy: MergeStrategy
  /** Column with the moment of a row’s last change. */
  asOf: string
}

/** All customers that either side knows, each value by the strategy. Errors: `features.no-as-of`. */
export function mergeSides({ dwh, xiva }: Sides, request: MergeRequest): Relation {
  if (dwh === null || xiva === null) return only(dwh ?? xiva)
  requireAsOf({ dwh, xiva }, request)
  const columns = unionOf(dwh.columns, xiva.columns)
  const values = columns.map(({ name, type }) => {
    const column = quoteIdentifier(name)
    const [left, right] = [dwh, xiva].map((side) => side.columns.find((one) => one.name === name))
    if (name === 'customer_id') return `coalesce(d.${column}::text, x.${column}::text) AS ${column}`
    if (left === undefined || right === undefined) return `${left === undefined ? 'x' : 'd'}.${column} AS ${column}`
    const cast = left.warehouse_type === right.warehouse_type ? '' : `::${CAST[type]}`
    return `${chosen({ ours: `d.${column}${cast}`, theirs: `x.${column}${cast}`, isAsOf: name === request.asOf }, request)} AS ${column}`
  })
  const sql = `SELECT ${values.join(', ')} FROM ${alias(dwh.sql, 'd')} FULL JOIN ${alias(xiva.sql, 'x')} ON d.customer_id::text = x.customer_id::text`
  return { sql: `(${sql}) AS merged`, columns }
}

function only(side: Relation | null): Relation {
  if (side === null) throw new TypeError('Nothing was asked for')
  return side
}

const CAST: Record<CellType, string> = { text: 'text', float8: 'float8', int8: 'int8', bool: 'boolean' }

/** `t` or `(…) AS t` under another name. */
const alias = (sql: string, name: string): string => (sql.startsWith('(') ? sql.replace(/ AS \w+$/, ` AS ${name}`) : `${sql} AS ${name}`)

/** A null never takes a value's place, whoever comes first. */
function chosen({ ours, theirs, isAsOf }: { ours: string; theirs: string; isAsOf: boolean }, { strategy, asOf }: MergeRequest): string {
  // The merged row is as new as the newer of the two.
  if (isAsOf) return `greatest(${ours}, ${theirs})`
  if (strategy === 'xiva_first') return `coalesce(${theirs}, ${ours})`
  if (strategy === 'dwh_first') return `coalesce(${ours}, ${theirs})`
  const column = quoteIdentifier(asOf)
  return `CASE WHEN x.${column} > d.${column} OR d.${column} IS NULL THEN coalesce(${theirs}, ${ours}) ELSE coalesce(${ours}, ${theirs}) END`
}

function requireAsOf(sides: { dwh: Relation; xiva: Relation }, { strategy, asOf }: MergeRequest): void {
  if (strategy !== 'merge' || Object.values(sides).every((side) => side.columns.some(({ name }) => name === asOf))) return
  throw mistake(
    'features.no-as-of',
    `“merge” takes the newer value, and “${asOf}” is not a column of both sides`,
    'Set features.as_of in pack.yaml to the column that both have, or choose xiva_first or dwh_first.',
  )
}

/** The warehouse's columns, then those that only the profiles have. */
function unionOf(left: readonly SnapshotColumn[], right: readonly SnapshotColumn[]): SnapshotColumn[] {
  const shared = left.map((column): SnapshotColumn => {
    const other = right.find(({ name }) => name === column.name)
    return other === undefined || other.type === column.type ? column : { ...column, ...common(column, other) }
  })
  return [...shared, ...right.filter(({ name }) => !left.some((one) => one.name === name))]
}

/** Whole numbers and decimals meet as decimals, all else as text. */
function common(left: SnapshotColumn, right: SnapshotColumn): Pick<SnapshotColumn, 'type' | 'warehouse_type'> {
  const numbers = [left, right].every(({ type }) => type === 'int8' || type === 'float8')
  return numbers ? { type: 'float8', warehouse_type: 'double precision' } : { type: 'text', warehouse_type: 'text' }
}
