/** The generator's rows as records, without a database. */
import { createHash } from 'node:crypto'
import { makeRows } from '../../../server/workspaces/generators/lakehouse/fill.ts'
import { COLUMNS, TABLES, type TableName } from '../../../server/workspaces/generators/lakehouse/tables.ts'
import { DEMO_UNTIL } from '../../tools/open-pack.ts'

/** All the tenants of medium with a part of their customers: enough for shares, in a second. */
export const PART = { scale: 'medium', sizes: { customers_per_tenant: 250 } } as const

/** Milliseconds. */
export const DAY = 86_400_000

export type ShopRow = Record<string, unknown>
export type Shop = Record<TableName, ShopRow[]>
type Request = Partial<Parameters<typeof makeRows>[0]>

/** All rows of all tables. */
export function readShop(request: Request = {}): Shop {
  const rows = makeRows({ seed: 1, scale: 'small', sizes: {}, until: DEMO_UNTIL, ...request })
  const toRecord = (table: TableName, row: readonly unknown[]): ShopRow =>
    Object.fromEntries(COLUMNS[table].map((name, at) => [name, row[at]]))
  return Object.fromEntries(TABLES.map((table) => [table, [...rows[table]()].map((row) => toRecord(table, row))])) as Shop
}

/** How many rows each table has. */
export function countShop(request: Request = {}): Record<TableName, number> {
  const rows = makeRows({ seed: 1, scale: 'small', sizes: {}, until: DEMO_UNTIL, ...request })
  const count = (list: Iterable<unknown>): number => {
    let found = 0
    for (const row of list) found += row === undefined ? 0 : 1
    return found
  }
  return Object.fromEntries(TABLES.map((table) => [table, count(rows[table]())])) as Record<TableName, number>
}

/** Of every row in its order. */
export function digestOf(shop: Shop): string {
  const hash = createHash('sha256')
  for (const table of TABLES) for (const row of shop[table]) hash.update(JSON.stringify(row))
  return hash.digest('hex')
}

/** How many rows there are of each value. */
export function countBy(rows: readonly ShopRow[], column: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(String(row[column]), (counts.get(String(row[column])) ?? 0) + 1)
  return counts
}

/** Rows by the value of a column. */
export function groupBy(rows: readonly ShopRow[], column: string): Map<string, ShopRow[]> {
  const groups = new Map<string, ShopRow[]>()
  for (const row of rows) {
    const key = String(row[column])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}

/** Milliseconds of a stamp or of the beginning of a date. */
export function momentOf(value: unknown): number {
  return value instanceof Date ? value.getTime() : Date.parse(String(value))
}

/** Whole days before the demo's end. */
export function ageInDays(value: unknown): number {
  return Math.floor((DEMO_UNTIL - 1 - momentOf(value)) / DAY)
}

/** Share of the rows for which it is true. */
export function shareOf(rows: readonly ShopRow[], isTrue: (row: ShopRow) => boolean): number {
  return rows.filter(isTrue).length / rows.length
}
