/** From the warehouse's column types to the four that a snapshot knows. */
import { quoteIdentifier, type Session } from '../warehouse/index.ts'
import type { CellType, SnapshotColumn } from '../local/index.ts'
import { mistake } from '../../shared/failure.ts'
import type { ValueType } from '../../shared/rule.ts'

const INTEGERS = /^(smallint|integer|bigint)$/
const NUMBERS = /^(numeric|real|double precision|money)/

/** Money and other decimals become doubles in the snapshot: 15 digits, enough for segments; reports sum in the warehouse. */
export function cellType(warehouseType: string): CellType {
  if (INTEGERS.test(warehouseType)) return 'int8'
  if (NUMBERS.test(warehouseType)) return 'float8'
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

/** Columns of the features table or view, `customer_id` first. Errors: `features.no-table`, `features.no-customer-id`. */
export async function discoverColumns(session: Session, table: string): Promise<SnapshotColumn[]> {
  const { rows } = await session.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attname <> 'customer_id', attnum`,
    [table],
  )
  if (rows.length === 0)
    throw mistake(
      'features.no-table',
      `The features table ${table} does not exist`,
      'Run “quintile warehouse upgrade”, or correct features.table in workspace.yaml.',
    )
  if (rows[0]?.name !== 'customer_id')
    throw mistake('features.no-customer-id', `${table} has no column customer_id`, 'Name the customer’s key customer_id in the view.')
  return rows.map(({ name, type }) => ({ name, warehouse_type: type, type: name === 'customer_id' ? 'text' : cellType(type) }))
}
