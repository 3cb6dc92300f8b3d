/**
 * The rows of one change. A change of the key is two rows, as no target could find the former one otherwise: a delete under
 * the old key, then an insert under the new one.
 */
import type { FeedTaker } from '../feed.ts'
import type { RowMessage, Tuple } from './pgoutput.ts'
import type { PublishedTable } from './publication.ts'
import type { Layout } from './shape.ts'

/** The values that a row has now, in the order of the table's columns; undefined when there is none with these of the key. */
export type FetchRow = (key: readonly { name: string; value: string | null }[]) => Promise<(string | null)[] | undefined>

/** Of a row's transaction. */
export interface Stamp {
  lsn: string
  at: string
}

type Hand = (stamp: Stamp, change: 'insert' | 'update' | 'delete' | 'truncate', values: Tuple) => Promise<void> | void

export interface RowTarget {
  table: PublishedTable
  hand: Hand
  fetchRow: FetchRow
}

/** Hands rows over and counts them. Undefined values become null and are named in `unchanged_columns`. */
export function openHand({ table, taker }: { table: PublishedTable; taker: FeedTaker }, counts: { rows: number }): Hand {
  return ({ lsn, at }, change, values) => {
    counts.rows += 1
    const missing = values.includes(undefined) ? table.columns.filter((_, place) => values[place] === undefined) : []
    return taker.row([
      ...values.map((value) => value ?? null),
      change,
      lsn,
      at,
      String(counts.rows),
      toArray(missing.map(({ name }) => name)),
    ])
  }
}

/** An array of PostgreSQL as text. */
function toArray(names: readonly string[]): string {
  return `{${names.map((name) => `"${name.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`
}

export interface PlacedChange {
  message: RowMessage | { tag: 'truncate' }
  layout: Layout
  stamp: Stamp
}

/** One row, or two where the key changed. */
export function handRow(target: RowTarget, { message, layout, stamp }: PlacedChange): Promise<void> | void {
  const { table, hand } = target
  if (message.tag === 'truncate') return hand(stamp, 'truncate', nulls(table))
  const place = (tuple: Tuple): Tuple => layout.places.map((at) => (at === -1 ? undefined : tuple[at]))
  const before = message.key ?? message.old
  if (message.after === null) return hand(stamp, 'delete', before === null ? nulls(table) : place(before).map((value) => value ?? null))
  const after = place(message.after)
  if (before === null) return hand(stamp, message.tag, after)
  const former = place(before)
  // Under FULL the former row has the large values that did not change.
  const filled = message.old === null ? after : after.map((value, at) => (value === undefined ? former[at] : value))
  if (!isMoved(table, former, filled)) return hand(stamp, 'update', filled)
  return handMoved(target, { stamp, former, filled })
}

const nulls = ({ columns }: PublishedTable): null[] => columns.map(() => null)

/** Where nothing but the whole row identifies it (FULL without a key), every update makes it another one. */
function isMoved({ columns, key }: PublishedTable, former: Tuple, after: Tuple): boolean {
  if (key.length === 0) return true
  return columns.some(({ name }, at) => key.includes(name) && after[at] !== undefined && former[at] !== after[at])
}

/**
 * Under its new key no target has the row yet, so a large value that did not change must come from the source itself. It is
 * the value of now; where that is a later one, the change that made it so follows in the log.
 */
async function handMoved({ table, hand, fetchRow }: RowTarget, moved: { stamp: Stamp; former: Tuple; filled: Tuple }): Promise<void> {
  const { stamp, former, filled } = moved
  await hand(
    stamp,
    'delete',
    former.map((value) => value ?? null),
  )
  if (!filled.includes(undefined)) return hand(stamp, 'insert', filled)
  const key = table.columns.flatMap(({ name }, at) => (table.key.includes(name) ? [{ name, value: filled[at] ?? former[at] ?? null }] : []))
  const now = await fetchRow(key)
  return hand(
    stamp,
    'insert',
    filled.map((value, at) => (value === undefined ? now?.[at] : value)),
  )
}
