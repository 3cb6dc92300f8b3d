/**
 * Orders and their items. A customer's orders are drawn from a stream of the customer's own, so that they can be drawn again
 * for the items and for the visits that led to them instead of being kept: memory stays flat however many there are.
 */
import type { Cell } from '../copy-rows.ts'
import { openDice } from '../dice.ts'
import { drawId } from './ids.ts'
import { DAY, drawMoment, type Calendar, type DrawDay } from './calendar.ts'
import type { Customer } from './customers.ts'
import { pickProducts, type Product } from './products.ts'
import { toStamp } from './stamps.ts'
import type { Tenant } from './tenants.ts'

export interface Line {
  product: Product
  quantity: number
  /** Whole; never more than the line is worth. */
  discount: number
}

export interface Order {
  id: string
  at: number
  lines: Line[]
  shipping: number
  payment: string
  /** Draws for the status: which, and how long until it is completed. */
  fate: number
  delay: number
}

export interface OrderWorld {
  seed: number
  until: number
  calendar: Calendar
  tenants: readonly Tenant[]
  /** Per tenant, what can be sold. */
  products: readonly (readonly Product[])[]
  cities: readonly string[]
  drawDay: DrawDay
}

const PAYMENTS = ['credit_card', 'paypal', 'bank_transfer'] as const
const TAX = 0.08

/** The same orders at every call. */
export function ordersOf(world: OrderWorld, customer: Customer): Order[] {
  const { seed, calendar, drawDay } = world
  const dice = openDice(seed, `lakehouse/orders/${String(customer.n)}`)
  const products = world.products[customer.tenant] ?? []
  return Array.from({ length: products.length === 0 ? 0 : customer.orders }, () => ({
    id: drawId(dice),
    at: drawMoment(dice, { calendar, day: drawDay(dice, customer.day), notBefore: customer.since }),
    lines: pickProducts(dice, products, dice.int(1, 5)).map((product) => {
      const quantity = dice.int(1, 3)
      return { product, quantity, discount: Math.min(dice.int(0, 20), quantity * product.price) }
    }),
    ...{ shipping: dice.int(0, 50), payment: dice.pick(PAYMENTS), fate: dice.float(), delay: dice.float() },
  }))
}

/** Up to these shares: completed 80 %, processing 10 %, pending 5 %, cancelled 5 %. */
const COMPLETED = 0.8
const PROCESSING = 0.9
const PENDING = 0.95

/** Status and completion of order after order. */
export function openFates(until: number): (order: Pick<Order, 'at' | 'fate' | 'delay'>) => { status: string; completed: number | null } {
  // What is too young to be completed waits as processing; an older one that would have waited is completed in its stead, so
  // that the shares stay.
  let owed = 0
  return ({ at, fate, delay }) => {
    const completed = at + DAY + Math.floor(delay * 6 * DAY)
    if (fate < COMPLETED && completed < until) return { status: 'completed', completed }
    if (fate < COMPLETED) owed += 1
    else if (fate < PROCESSING && owed > 0 && completed < until) {
      owed -= 1
      return { status: 'completed', completed }
    }
    if (fate < PROCESSING) return { status: 'processing', completed: null }
    return { status: fate < PENDING ? 'pending' : 'cancelled', completed: null }
  }
}

/** Whole cents. */
export function centsOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { product, quantity, discount }) => sum + 100 * (quantity * product.price - discount), 0)
}

/** As numeric(10,2) is written. */
export function money(cents: number): string {
  return `${String(Math.trunc(cents / 100))}.${String(cents % 100).padStart(2, '0')}`
}

/** subtotal, tax, shipping and total, of which the last is the sum. */
export function sums(lines: readonly Line[], shipping: number): [string, string, string, string] {
  const subtotal = centsOf(lines)
  const tax = Math.round(subtotal * TAX)
  return [money(subtotal), money(tax), money(100 * shipping), money(subtotal + tax + 100 * shipping)]
}

/** Rows of core_order in the order of its columns. */
export function* orderRows(world: OrderWorld, customers: readonly Customer[]): Generator<readonly Cell[]> {
  const { until, tenants, cities } = world
  const fateOf = openFates(until)
  const dice = openDice(world.seed, 'lakehouse/order-details')
  let number = 0
  for (const customer of customers) {
    for (const order of ordersOf(world, customer)) {
      const { status, completed } = fateOf(order)
      number += 1
      const metadata = { payment_method: order.payment, shipping_address: { city: dice.pick(cities), country: customer.country } }
      const placed = toStamp(order.at)
      const changed = completed ?? Math.min(until - 1, order.at + Math.floor(dice.float() * DAY))
      yield [
        ...[order.id, tenants[customer.tenant]?.id ?? null, customer.id, `ORD-${String(number).padStart(10, '0')}`, status],
        ...sums(order.lines, order.shipping),
        ...[placed, completed === null ? null : toStamp(completed), metadata, placed, toStamp(changed)],
      ]
    }
  }
}

/** Rows of core_orderitem in the order of its columns: those of each order, and of no other. */
export function* itemRows(world: OrderWorld, customers: readonly Customer[]): Generator<readonly Cell[]> {
  const dice = openDice(world.seed, 'lakehouse/items')
  for (const customer of customers) {
    for (const { id, at, lines } of ordersOf(world, customer)) {
      const stamp = toStamp(at)
      for (const { product, quantity, discount } of lines)
        yield [drawId(dice), id, product.id, quantity, product.price, discount, quantity * product.price - discount, stamp, stamp]
    }
  }
}
