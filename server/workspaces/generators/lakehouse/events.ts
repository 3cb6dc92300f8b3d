/** The events of all visits. */
import type { Cell } from '../copy-rows.ts'
import type { Dice } from '../dice.ts'
import { drawId } from './ids.ts'
import { drawMoment, type DrawDay } from './calendar.ts'
import type { Customer } from './customers.ts'
import { ordersOf, type Order, type OrderWorld } from './orders.ts'
import { toStamp } from './stamps.ts'
import { drawDepth, drawPause, drawVisitor, PURCHASES, stepsOf, visitDice, type Step, type Visitor } from './visits.ts'

export interface EventWorld extends OrderWorld {
  agents: readonly string[]
  /** Days of the visits that lead to no order. */
  drawVisitDay: DrawDay
}

/** Of the sessions; who they are is decided once for all their events. */
const ANONYMOUS = 0.3
/** max(5, trunc(Gauss(n, 0.4 n))) events make max(1, … div 10) sessions. */
const LEAST_EVENTS = 5
const SPREAD = 0.4
const EVENTS_PER_SESSION = 10
/** Room at the end of a day: a visit ends before midnight, and before the demo does. */
const LONGEST_VISIT = 45 * 60_000

/** Rows of core_event in the order of its columns. */
export function* eventRows(world: EventWorld, customers: readonly Customer[]): Generator<readonly Cell[]> {
  for (const customer of customers) {
    const dice = visitDice(world.seed, customer.n)
    const orders = ordersOf(world, customer)
    const tenant = world.tenants[customer.tenant]?.id ?? null
    for (let sessions = drawSessions(dice, customer.events); sessions > 0; sessions -= 1) {
      const isKnown = !dice.chance(ANONYMOUS)
      const buys = isKnown && dice.chance(PURCHASES / (1 - ANONYMOUS))
      const order = buys ? orders.shift() : undefined
      const { steps, times } = order === undefined ? browse(world, customer, dice) : buy(world, dice, { customer, order })
      const visitor = drawVisitor(dice, world.agents)
      yield* sessionRows(dice, { steps, times, visitor, tenant, customer: isKnown ? customer.id : null })
    }
  }
}

/** How often somebody comes, from the number of events that the document draws. */
function drawSessions(dice: Dice, mean: number): number {
  if (mean === 0) return 0
  return Math.max(1, Math.floor(Math.max(LEAST_EVENTS, Math.trunc(dice.gauss(mean, SPREAD * mean))) / EVENTS_PER_SESSION))
}

/** The mean of `drawSessions`: what is cut off is half a session. */
export function sessionsExpected({ events }: Pick<Customer, 'events'>): number {
  return events === 0 ? 0 : Math.max(1, events / EVENTS_PER_SESSION - 0.45)
}

interface Walk {
  steps: Step[]
  times: number[]
}

function browse(world: EventWorld, customer: Customer, dice: Dice): Walk {
  const { calendar, until } = world
  const day = world.drawVisitDay(dice, customer.day)
  const begin = Math.min(drawMoment(dice, { calendar, day, notBefore: customer.since }), until - LONGEST_VISIT)
  const steps = stepsOf(dice, { depth: drawDepth(dice), products: world.products[customer.tenant] ?? [] })
  let at = begin
  return { steps, times: steps.map((_, place) => (place === 0 ? at : (at = Math.min(at + drawPause(dice), until - 1)))) }
}

/** Ends at the moment of the order. */
function buy(world: EventWorld, dice: Dice, { customer, order }: { customer: Customer; order: Order }): Walk {
  const bought = { order: order.id, products: order.lines.map(({ product }) => product) }
  const steps = stepsOf(dice, { depth: 'purchase', products: world.products[customer.tenant] ?? [], bought })
  let at = order.at
  const times = steps.map((_, place) => (place === 0 ? at : (at -= drawPause(dice)))).reverse()
  return { steps, times }
}

export interface Session extends Walk {
  visitor: Visitor
  tenant: string | null
  customer: string | null
}

/** The rows of one session. */
export function* sessionRows(dice: Dice, { steps, times, visitor, tenant, customer }: Session): Generator<readonly Cell[]> {
  for (const [at, { type, data }] of steps.entries())
    yield [drawId(dice), tenant, customer, type, data, visitor.session, visitor.address, visitor.agent, toStamp(times[at] ?? 0)]
}
