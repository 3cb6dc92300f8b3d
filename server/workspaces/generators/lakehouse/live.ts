/** The shop lives on: one transaction per piece of time, and the same piece twice makes nothing twice. */
import { openDice, type Dice } from '../dice.ts'
import type { LiveRequest, RowCounts } from '../generator.ts'
import { openNames, type Names } from '../names.ts'
import { drawId } from './ids.ts'
import { advance, callOff, changePrice, order, removeOrder, restock, visit } from './live-orders.ts'
import {
  bill,
  changePlan,
  convertTrial,
  editCustomer,
  eraseCustomer,
  register,
  settleInvoice,
  subscribe,
  unsubscribe,
} from './live-people.ts'
import { insertRows, pickRow, type Change, type Tick } from './live-tick.ts'
import { SOURCE } from './tables.ts'

/** How often each kind of change happens, of a hundred. */
const CHANGES: readonly (readonly [number, Change])[] = [
  [24, visit],
  [20, order],
  [18, advance],
  [4, callOff],
  [3, removeOrder],
  [4, changePrice],
  [3, restock],
  [6, register],
  [3, editCustomer],
  [0.5, eraseCustomer],
  [3, subscribe],
  [2, unsubscribe],
  [2, changePlan],
  [1, convertTrial],
  [3, bill],
  [3.5, settleInvoice],
]
const WEIGHTS = CHANGES.map(([weight]) => weight)
const MINUTE = 60_000

/** Plays `rate` changes a minute. */
export async function live({ seed, from, to, rate, database, signal }: LiveRequest): Promise<RowCounts> {
  // By the whole line of time, so that pieces of five seconds have their share too.
  const count = Math.floor((to * rate) / MINUTE) - Math.floor((from * rate) / MINUTE)
  if (count <= 0) return {}
  const dice = openDice(seed, `lakehouse/live/${String(from)}/${String(to)}`)
  const source = await database(SOURCE)
  return source.withTransaction(async (session) => {
    // What was committed must be in the log when this returns, since the log is what is read from here.
    await session.script('SET LOCAL synchronous_commit = on')
    const tick: Tick = { session, dice, names: namesOf(seed), moment: from, counts: {} }
    if (!(await begin(tick, dice))) return {}
    for (let at = 0; at < count; at += 1) {
      signal.throwIfAborted()
      const moment = from + Math.floor(((at + dice.float()) / count) * (to - from))
      const [, change] = CHANGES[dice.weighted(WEIGHTS)] ?? []
      await change?.({ ...tick, moment })
    }
    return tick.counts
  })
}

/** The pools of the last seed: to draw them takes as long as ten changes. */
let kept: { seed: number; names: Names } | undefined
function namesOf(seed: number): Names {
  if (kept?.seed !== seed) kept = { seed, names: openNames(seed) }
  return kept.names
}

/** The first thing is a look at the front page by nobody known; where it is there already, this piece of time was played before. */
async function begin(tick: Tick, dice: Dice): Promise<boolean> {
  const id = drawId(dice)
  const session = `sess_${drawId(dice).replaceAll('-', '').slice(0, 20)}`
  const tenant = await pickRow<{ id: string }>(tick, { table: 'core_tenant', columns: 't.id', where: 'true' })
  if (tenant === undefined) return false
  const address = `10.${String(dice.int(1, 254))}.${String(dice.int(1, 254))}.${String(dice.int(1, 254))}`
  const row = [id, tenant.id, null, 'page_view', '{"url":"/"}', session, address, dice.pick(tick.names.userAgents), new Date(tick.moment)]
  return (await insertRows(tick, 'core_event', [row])) === 1
}
