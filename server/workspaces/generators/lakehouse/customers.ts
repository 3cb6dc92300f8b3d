/** The customers: who they are, when they came, and how much they will do. */
import type { Cell } from '../copy-rows.ts'
import { openDice, type Dice } from '../dice.ts'
import { drawId } from './ids.ts'
import { drawPerson, type Names } from '../names.ts'
import { accumulate, drawTime, openDays, type Calendar, type DrawDay } from './calendar.ts'
import { allot, type TenantSizes } from './sizes.ts'
import type { Tenant } from './tenants.ts'

/** What the rest of the data needs of a customer; twenty thousand of them are a few megabytes. */
export interface Customer {
  /** Running over all tenants from 0; in the address customer{n}@example.com. */
  n: number
  id: string
  /** The tenant's place in the list. */
  tenant: number
  /** Day of the calendar, and the exact moment. */
  day: number
  since: number
  country: string
  orders: number
  /** Mean of events drawn for this customer. */
  events: number
}

const COUNTRIES = ['US', 'GB', 'DE', 'FR', 'CA', 'ES', 'IT', 'NL', 'AU', 'JP'] as const
const COUNTRY_WEIGHTS = [32, 14, 12, 9, 8, 6, 6, 5, 5, 3] as const
const SIGNUP_SOURCES = ['organic', 'paid_ad', 'referral', 'social'] as const
/** Of the orders, and of the customers who place them. */
const FREQUENT = { orders: 0.7, customers: 0.3 }

export interface CustomerPlan {
  calendar: Calendar
  tenants: readonly TenantSizes[]
}

/** All customers, tenant by tenant. */
export function makeCustomers(seed: number, { calendar, tenants }: CustomerPlan): Customer[] {
  const dice = openDice(seed, 'lakehouse/customers')
  const arrived = accumulate(calendar.arrivals)
  const left = accumulate(calendar.shares).map((share) => 1 - share)
  let n = 0
  return tenants.flatMap((sizes, tenant) => {
    const own = Array.from({ length: sizes.customers }, (): Customer => {
      const goal = dice.float()
      const day = Math.max(
        0,
        arrived.findIndex((share) => share > goal),
      )
      const country = drawCountry(dice)
      const since = calendar.startOf(day) + drawTime(dice, 20)
      return { n: n++, id: drawId(dice), tenant, day, since, country, orders: 0, events: 0 }
    })
    const stays = own.map(({ day }) => left[day - 1] ?? 1)
    giveOrders(dice, own, { total: sizes.orders, stays })
    giveEvents(own, { mean: sizes.eventsPerCustomer, stays })
    return own
  })
}

interface Orders {
  total: number
  /** What is left of the half year's business when each customer arrives, 0 to 1. */
  stays: readonly number[]
}

/** 70 % of a tenant's orders to 30 % of its customers, who are those with time and zeal; one at least to everybody. */
function giveOrders(dice: Dice, customers: readonly Customer[], { total, stays }: Orders): void {
  if (total === 0) return
  const zeal = stays.map((stay) => stay * (0.3 + dice.float()))
  const ranked = customers.map((_, at) => at).sort((a, b) => (zeal[b] ?? 0) - (zeal[a] ?? 0))
  const cut = Math.max(1, Math.round(customers.length * FREQUENT.customers))
  const others = ranked.length - cut
  const toOthers = Math.max(others, Math.round(total * (1 - FREQUENT.orders)))
  const weightOf = (at: number): number => Math.max(0.05, stays[at] ?? 0) * Math.max(0.2, dice.gauss(1, 0.3))
  const give = (places: readonly number[], count: number): void => {
    const counts = allot(count, places.map(weightOf), 1)
    places.forEach((place, at) => {
      const customer = customers[place]
      if (customer !== undefined) customer.orders = counts[at] ?? 1
    })
  }
  give(ranked.slice(0, cut), Math.max(total - toOthers, cut))
  give(ranked.slice(cut), toOthers)
}

/** Who came late had less time to look around. */
function giveEvents(customers: readonly Customer[], { mean, stays }: { mean: number; stays: readonly number[] }): void {
  const shares = stays.map((stay) => 0.1 + stay)
  const even = shares.reduce((sum, share) => sum + share, 0) / shares.length
  customers.forEach((customer, at) => {
    customer.events = (mean * (shares[at] ?? 0)) / even
  })
}

/** Days by which something of the customers is dated, so that the whole has the calendar's shares. */
export function daysOf(calendar: Calendar, customers: readonly Customer[], weight: (customer: Customer) => number): DrawDay {
  const weights = calendar.shares.map(() => 0)
  for (const customer of customers) weights[customer.day] = (weights[customer.day] ?? 0) + weight(customer)
  return openDays(calendar, weights)
}

/** Rows of core_customer in the order of its columns. */
export function* customerRows(
  seed: number,
  customers: readonly Customer[],
  { tenants, names, until }: { tenants: readonly Tenant[]; names: Names; until: number },
): Generator<readonly Cell[]> {
  const dice = openDice(seed, 'lakehouse/people')
  for (const { n, id, tenant, since, country } of customers) {
    const changed = dice.chance(0.2) ? since + Math.floor(dice.float() * (until - since)) : since
    yield [
      ...[id, tenants[tenant]?.id ?? null],
      ...personCells(dice, names, { email: `customer${String(n)}@example.com`, country }),
      ...[new Date(since), new Date(changed)],
    ]
  }
}

/** From email to metadata. */
export function personCells(dice: Dice, names: Names, { email, country }: { email: string; country: string }): Cell[] {
  const { first_name, last_name } = drawPerson(dice, names)
  const phone = dice.chance(0.85) ? `+1-555-${String(dice.int(100, 999))}-${String(dice.int(1000, 9999))}` : null
  const metadata = {
    age: dice.int(18, 75),
    country,
    signup_source: dice.pick(SIGNUP_SOURCES),
    preferences: { newsletter: dice.chance(0.5), notifications: dice.chance(0.5) },
  }
  return [email, first_name, last_name, phone, dice.chance(0.9), metadata]
}

/** The country of somebody new. */
export function drawCountry(dice: Dice): string {
  return COUNTRIES[dice.weighted(COUNTRY_WEIGHTS)] ?? 'US'
}
