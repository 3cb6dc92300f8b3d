/** From the warehouse's column types to the four that a snapshot knows. */
import { quoteIdentifier, quoteLiteral, quoteQualified, type Session } from '../warehouse/index.ts'
import type { CellType, SnapshotColumn } from '../local/index.ts'
import { mistake, toFailure, type Failure } from '../../shared/failure.ts'
import type { ValueType } from '../../shared/rule.ts'
import type { FeatureOrigin } from './settings.ts'

const INTEGERS = /^(smallint|integer|bigint)$/
const NUMBERS = /^(numeric|real|double precision|money)/

/** Money and other decimals become doubles in the snapshot: 15 digits, enough for segments; reports sum in the warehouse. */
export function cellType(warehouseType: string): CellType {
  if (INTEGERS.test(warehouseType)) return 'int8'
  if (NUMBERS.test(warehouseType) && !warehouseType.endsWith('[]')) return 'float8'
  return warehouseType === 'boolean' ? 'bool' : 'text'
}

/** The type by which a rule compares a snapshot column. */
export function valueType(type: CellType): ValueType {
  if (type === 'text') return 'text'
  return type === 'bool' ? 'boolean' : 'number'
}

const CAST: Record<CellType, string> = { text: 'text', float8: 'float8', int8: 'int8', bool: 'boolean' }

/** The select list of a feature query, each column cast to its snapshot type. */
export function selectList(columns: readonly SnapshotColumn[]): string {
  return columns.map(({ name, type }) => `${quoteIdentifier(name)}::${CAST[type]} AS ${quoteIdentifier(name)}`).join(', ')
}

/** Something to select features from. */
export interface Relation {
  /** To stand behind FROM. */
  sql: string
  /** `customer_id` first. */
  columns: SnapshotColumn[]
}

/** The rows of a table, view or query, as they are now. Errors: `features.no-table`, `features.no-customer-id`, `features.bad-query`. */
export async function readOrigin(session: Session, { table, query }: FeatureOrigin): Promise<Relation> {
  const name = table ?? 'the query of the features'
  const found = table === undefined ? await columnsOfQuery(session, query ?? '') : await columnsOfTable(session, table)
  const id = found.find((column) => column.name === 'customer_id')
  if (id === undefined)
    throw mistake(
      'features.no-customer-id',
      `${name} has no column customer_id`,
      'Name the customer’s key customer_id, e.g. SELECT id AS customer_id.',
    )
  const columns = [id, ...found.filter((column) => column !== id)].map((column) => ({
    ...{ name: column.name, warehouse_type: column.type },
    type: column === id ? ('text' as const) : cellType(column.type),
  }))
  return { sql: table === undefined ? `(\n${query ?? ''}\n) AS features` : quoteQualified(table), columns }
}

interface FoundColumn {
  name: string
  type: string
}

async function columnsOfTable(session: Session, table: string): Promise<FoundColumn[]> {
  const { rows } = await session.query<FoundColumn>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  )
  if (rows.length > 0) return rows
  throw mistake(
    'features.no-table',
    `The features table ${table} does not exist`,
    'Run “quintile warehouse upgrade”, or correct features.table in pack.yaml.',
  )
}

/** Names and types without a single row, and without leave to create anything: an outer join with nothing has them all. */
async function columnsOfQuery(session: Session, query: string): Promise<FoundColumn[]> {
  const nothing = `(SELECT 1) AS one LEFT JOIN (\n${query}\n) AS features ON false`
  try {
    const { rows } = await session.query<{ names: string[] }>(
      `SELECT ARRAY (SELECT json_object_keys(row_to_json(empty))) AS names FROM (SELECT features.* FROM ${nothing}) AS empty`,
    )
    const names = rows[0]?.names ?? []
    const types = names.map((name) => `(${quoteLiteral(name)}, pg_typeof(features.${quoteIdentifier(name)})::text)`)
    if (types.length === 0) return []
    const { rows: found } = await session.query<FoundColumn>(
      `SELECT t.name, t.type FROM ${nothing}, LATERAL (VALUES ${types.join(', ')}) AS t (name, type)`,
    )
    return found
  } catch (thrown) {
    throw aboutQuery(toFailure(thrown))
  }
}

const OF_THE_SQL = ['warehouse.no-column', 'warehouse.no-table', 'warehouse.no-schema', 'warehouse.bad-sql', 'warehouse.bad-value']

/** What PostgreSQL says of the person’s own SQL, with the place where it stands. */
function aboutQuery(failure: Failure): Failure {
  if (!OF_THE_SQL.includes(failure.code)) return failure
  return mistake('features.bad-query', `The query of the features does not run: ${failure.message}`, {
    hint: 'Correct features.query in pack.yaml: its columns and tables must be those of the warehouse.',
    details: { cause: failure.code },
  })
}
