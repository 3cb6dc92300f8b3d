/**
 * The programme lives on: transactions (some of them late), offers and what becomes of them, changed customers, new members,
 * transactions taken back, and every 15 days new churn snapshots. One transaction per tick, which is never played twice.
 */
import type { Session } from '../../../warehouse/index.ts'
import { openDice, type Dice } from '../dice.ts'
import type { LiveRequest, RowCounts } from '../generator.ts'
import { openNames } from '../names.ts'
import { SOURCE } from './fill.ts'
import { addMembers, addSnapshots, addTransactions, changeCustomers, moveOffers, sendOffers, voidTransactions } from './live-changes.ts'
import { DAY } from './members.ts'
import { stamp } from './offers.ts'

/** What one change is, by its share. */
const KINDS = ['transaction', 'late', 'send', 'response', 'change', 'void', 'member'] as const
const SHARES = [45, 5, 15, 18, 10, 5, 2]

export interface Tick {
  seed: number
  dice: Dice
  session: Session
  from: number
  to: number
  /** Customers have the numbers from 1 to this one. */
  customers: number
}

/** What it did, by table. */
export async function liveLoyalty(request: LiveRequest): Promise<RowCounts> {
  const { seed, from, to } = request
  const database = await request.database(SOURCE)
  return database.withTransaction(async (session) => {
    const { count } = await session.query('INSERT INTO live_ticks (ticked_from) VALUES ($1) ON CONFLICT DO NOTHING', [stamp(from)])
    if (count === 0) return {}
    const { rows } = await session.query<{ customers: number }>('SELECT max(customer_number) AS customers FROM customers')
    const tick: Tick = { seed, session, from, to, dice: openDice(seed, `live/${String(from)}`), customers: rows[0]?.customers ?? 0 }
    return tick.customers === 0 ? {} : playTick(tick, request.rate)
  })
}

async function playTick(tick: Tick, rate: number): Promise<RowCounts> {
  const { dice, from, to } = tick
  const expected = (rate * (to - from)) / 60_000
  // Less than one change: by chance, so that short ticks add up to the rate.
  const total = Math.floor(expected) + (dice.chance(expected % 1) ? 1 : 0)
  const wanted = new Map<(typeof KINDS)[number], number>()
  for (let left = total; left > 0; left -= 1) {
    const kind = KINDS[dice.weighted(SHARES)] ?? 'transaction'
    wanted.set(kind, (wanted.get(kind) ?? 0) + 1)
  }
  const count = (kind: (typeof KINDS)[number]): number => wanted.get(kind) ?? 0
  const done: RowCounts = {}
  const add = (table: string, rows: number): void => {
    if (rows > 0) done[`${SOURCE}.${table}`] = (done[`${SOURCE}.${table}`] ?? 0) + rows
  }
  add('customers', await addMembers(tick, { count: count('member'), names: openNames(tick.seed), today: Math.floor(from / DAY) * DAY }))
  add('transactions', await addTransactions(tick, { count: count('transaction'), late: count('late') }))
  add('transactions', await voidTransactions(tick, count('void')))
  add('offer_sends', await sendOffers(tick, count('send')))
  add('offer_sends', await moveOffers(tick, count('response')))
  add('customers', await changeCustomers(tick, count('change')))
  add('churn_snapshots', await addSnapshots(tick))
  return done
}
