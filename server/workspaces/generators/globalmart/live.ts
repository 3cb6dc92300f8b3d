/**
 * The source lives on: visits begin minute by minute, each minute with dice of its own, and a row is written in the call in
 * whose time it arrives. So it does not matter into how many calls a time is divided, and none is written twice.
 *
 * Rows that arrive late: one in a hundred is written up to 40 minutes after it happened (session.ts), and one in fifty is
 * seen up to 5 minutes after its stamp, as when the transaction that wrote it took so long: inside the jobs' look-back.
 */
import type { Session } from '../../../warehouse/index.ts'
import { copyRows, type Cell } from '../copy-rows.ts'
import { openDice, type Dice } from '../dice.ts'
import type { LiveRequest, RowCounts } from '../generator.ts'
import { EVENT_TABLES, type EventTable } from './rows.ts'
import { drawVisit, KINDS, VISITS_PER_EVENT, type Visit } from './session.ts'
import { openShop, type Shop } from './shop.ts'
import { SIZE_WORDS, type Sizes } from './sizes.ts'
import { refreshWindows } from './windows.ts'

const MINUTE = 60_000
/** A visit takes a quarter of an hour at most, a row is late by 40 minutes and seen 5 later at most. */
const LONGEST = 62 * MINUTE

const KIND_WEIGHTS = KINDS.map((kind) => VISITS_PER_EVENT[kind])
const VISITS = KIND_WEIGHTS.reduce((sum, weight) => sum + weight, 0)

/** What the time brought, in one transaction. */
export async function live({ database, seed, from, to, rate, signal }: LiveRequest): Promise<RowCounts> {
  const source = await database('realtime')
  return source.withTransaction(async (session) => {
    const { sizes, until } = await readSettings(session)
    const shop = openShop(seed, sizes, until)
    const visits = [...visitsBefore(shop, { seed, from, to, rate })]
    const counts: RowCounts = {}
    let [first, last] = [to, from]
    for (const table of EVENT_TABLES) {
      const arrived = visits.flatMap((visit) => arrivals(table, visit).filter((row) => row.seen >= from && row.seen < to))
      for (const { at } of arrived) [first, last] = [Math.min(first, at), Math.max(last, at)]
      const cells = arrived.map((row) => row.cells)
      counts[`realtime.${table.table}`] = await insertNew(session, table, { rows: cells, signal })
    }
    if (visits.length > 0) await refreshWindows(session, { from: first, to: last + 1 })
    return counts
  })
}

async function readSettings(session: Session): Promise<{ sizes: Sizes; until: number }> {
  const { rows } = await session.query<{ name: string; value: string }>('SELECT name, value::text FROM stream_settings')
  const known = new Map(rows.map(({ name, value }) => [name, Number(value)]))
  const names = Object.keys(SIZE_WORDS) as (keyof Sizes)[]
  return { sizes: Object.fromEntries(names.map((name) => [name, known.get(name) ?? 0])) as Sizes, until: known.get('until') ?? 0 }
}

type Time = Pick<LiveRequest, 'seed' | 'from' | 'to' | 'rate'>

interface NumberedVisit extends Visit {
  /** Of its first line; minutes since 1970 and a number in the minute, far above those of the filled time. */
  number: number
}

function* visitsBefore(shop: Shop, { seed, from, to, rate }: Time): Generator<NumberedVisit> {
  const begin = Math.max(Math.floor((from - LONGEST) / MINUTE), Math.ceil(shop.until / MINUTE))
  for (let minute = begin; minute * MINUTE < to; minute += 1) {
    const dice = openDice(seed, `minute/${String(minute)}`)
    const wanted = rate * VISITS
    const count = Math.floor(wanted) + Number(dice.chance(wanted % 1))
    for (let index = 0; index < count; index += 1) {
      const kind = KINDS[dice.weighted(KIND_WEIGHTS)] ?? 'browse'
      const id = `SL${String(minute)}-${String(index + 1)}`
      const visit = drawVisit(shop, dice, { id, kind, at: minute * MINUTE + drawSecond(dice) })
      yield { ...visit, number: (minute * 100_000 + index) * 100 }
    }
  }
}

const drawSecond = (dice: Dice): number => dice.int(0, MINUTE - 1)

function arrivals({ rowsOf }: EventTable, visit: NumberedVisit): { at: number; seen: number; cells: readonly Cell[] }[] {
  return rowsOf(visit, visit.number).map(({ at, written, cells }, index) => {
    // The visit's number decides, and no dice: what is drawn must not depend on the table that is asked.
    const isHeldUp = (visit.number / 100 + index * 7) % 50 === 0
    return { at, cells, seen: written + (isHeldUp ? 4 * MINUTE : 0) }
  })
}

async function insertNew(
  session: Session,
  { table, key, columns }: EventTable,
  { rows, signal }: { rows: readonly (readonly Cell[])[]; signal: AbortSignal },
): Promise<number> {
  if (rows.length === 0) return 0
  const arrived = `arrived_${table}`
  await session.script(`CREATE TEMP TABLE ${arrived} (LIKE ${table}) ON COMMIT DROP`)
  await copyRows(session, { table: arrived, columns }, { rows, signal })
  const { count } = await session.query(`INSERT INTO ${table} SELECT * FROM ${arrived} ON CONFLICT (${key}) DO NOTHING`)
  return count
}
