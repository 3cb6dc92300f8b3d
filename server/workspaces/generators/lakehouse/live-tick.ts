/** What every change of a living shop works with: the transaction, its chance, its moment, and what has been done so far. */
import type { Session, SqlValue } from '../../../warehouse/index.ts'
import type { Cell } from '../copy-rows.ts'
import type { Dice } from '../dice.ts'
import type { RowCounts } from '../generator.ts'
import type { Names } from '../names.ts'
import { drawId } from './ids.ts'
import { COLUMNS, SOURCE, type TableName } from './tables.ts'

export interface Tick {
  session: Session
  dice: Dice
  names: Names
  /** Milliseconds since 1970; each change of a tick comes after the one before. */
  moment: number
  counts: RowCounts
}

/** One kind of change; it does nothing where the shop has nothing for it. */
export type Change = (tick: Tick) => Promise<void>

/** A row of the table, any one alike, for which the condition holds; `columns` may name other tables in subqueries. */
export async function pickRow<R>(
  { session, dice }: Tick,
  { table, columns, where }: { table: TableName; columns: string; where: string },
): Promise<R | undefined> {
  // From a place in the key onwards, and from its beginning where nothing comes behind: the index finds it, however many rows there are.
  const one = (place: string): string => `(SELECT ${columns} FROM ${table} t WHERE ${place} AND ${where} ORDER BY t.id LIMIT 1)`
  const { rows } = await session.query<R>(`${one('t.id >= $1::uuid')} UNION ALL ${one('true')} LIMIT 1`, [drawId(dice)])
  return rows[0]
}

/** Inserts rows in the order of the table's columns; those that are there already stay. */
export async function insertRows(tick: Tick, table: TableName, rows: readonly (readonly Cell[])[]): Promise<number> {
  const columns = COLUMNS[table]
  if (rows.length === 0) return 0
  const places = rows.map((_, row) => `(${columns.map((_name, at) => `$${String(row * columns.length + at + 1)}`).join(', ')})`)
  const { count } = await tick.session.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places.join(', ')} ON CONFLICT DO NOTHING`,
    rows.flatMap((row) => row.map(toValue)),
  )
  tally(tick, table, count)
  return count
}

/** Changes or deletes rows; rows that go or change along with them by foreign keys are not counted. */
export async function changeRows(
  tick: Tick,
  table: TableName,
  { sql, values }: { sql: string; values: readonly SqlValue[] },
): Promise<void> {
  tally(tick, table, (await tick.session.query(sql, values)).count)
}

function tally({ counts }: Tick, table: TableName, count: number): void {
  const name = `${SOURCE}.${table}`
  if (count > 0) counts[name] = (counts[name] ?? 0) + count
}

function toValue(cell: Cell): SqlValue {
  return typeof cell === 'object' && cell !== null && !(cell instanceof Date) ? JSON.stringify(cell) : cell
}
