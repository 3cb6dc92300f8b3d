/** Subscriptions: one person's may follow another of the same person, as a change of plan or as a return after a while. */
import type { Cell } from '../copy-rows.ts'
import { openDice, type Dice } from '../dice.ts'
import { drawId } from './ids.ts'
import { DAY, drawTime, HISTORY_DAYS, toDate } from './calendar.ts'
import type { Customer } from './customers.ts'

export interface Subscription {
  id: string
  /** The tenant's place in the list. */
  tenant: number
  customer: string
  plan: string
  status: 'trial' | 'active' | 'cancelled' | 'expired'
  /** Days since 1970. */
  start: number
  end: number
  amount: string
  cycle: string
  since: number
}

export const PLANS = [
  { plan: 'Basic', amount: '9.99' },
  { plan: 'Pro', amount: '29.99' },
  { plan: 'Premium', amount: '99.99' },
  { plan: 'Enterprise', amount: '299.99' },
] as const
export const CYCLES = ['monthly', 'yearly'] as const

const STATUSES = ['active', 'trial', 'cancelled', 'expired'] as const
const STATUS_WEIGHTS = [70, 10, 15, 5] as const
/** Days that one lasts at least that has ended, at most, and that one is agreed for. */
const ENDED = { least: 30, most: 180 }
const AGREED = 365
/** Of the cancelled ones: followed by another; and of those, on the same day (a change of plan). */
const FOLLOWED = 0.45
const SAME_DAY = 0.6

export interface SubscriptionPlan {
  seed: number
  until: number
  customers: readonly Customer[]
  /** Per tenant. */
  counts: readonly number[]
}

/** All of them, tenant by tenant. */
export function makeSubscriptions({ seed, until, customers, counts }: SubscriptionPlan): Subscription[] {
  const dice = openDice(seed, 'lakehouse/subscriptions')
  const today = Math.floor((until - 1) / DAY)
  const owed = { count: 0 }
  return counts.flatMap((count, tenant) => {
    const take = openTaking(
      dice,
      customers.filter((customer) => customer.tenant === tenant),
    )
    const made: Subscription[] = []
    while (made.length < count) {
      const start = today - dice.int(0, HISTORY_DAYS - 1)
      const customer = take(start)
      if (customer === undefined) break
      const first = makeFirst(dice, { customer, start, today, owed })
      made.push(first)
      if (first.status === 'cancelled' && made.length < count && dice.chance(FOLLOWED)) made.push(...makeNext(dice, first, today))
    }
    return made
  })
}

/** Takes one customer after the other who was there by the day; the earliest of those left where nobody was. */
function openTaking(dice: Dice, customers: readonly Customer[]): (day: number) => Customer | undefined {
  const left = [...customers].sort((a, b) => a.since - b.since)
  return (day) => {
    const later = left.findIndex(({ since }) => since >= (day + 1) * DAY)
    const there = later === -1 ? left.length : later
    return left.splice(there === 0 ? 0 : dice.int(0, there - 1), 1)[0]
  }
}

interface Start {
  customer: Customer
  /** Days since 1970. */
  start: number
  today: number
  /** Ends that were drawn for what is too new to have one. */
  owed: { count: number }
}

function makeFirst(dice: Dice, { customer, start, today, owed }: Start): Subscription {
  const from = Math.max(start, Math.floor(customer.since / DAY))
  const drawn = STATUSES[dice.weighted(STATUS_WEIGHTS)] ?? 'active'
  const isEnded = drawn === 'cancelled' || drawn === 'expired'
  const mayHaveEnded = today - from >= ENDED.least
  let status = drawn
  if (isEnded && !mayHaveEnded) {
    owed.count += 1
    status = 'active'
  } else if (drawn === 'active' && owed.count > 0 && mayHaveEnded) {
    owed.count -= 1
    status = dice.chance(0.75) ? 'cancelled' : 'expired'
  }
  return finish(dice, { tenant: customer.tenant, customer: customer.id, status, start: from, today, earliest: customer.since })
}

/** Nothing where the half year is over before. */
function makeNext(dice: Dice, before: Subscription, today: number): Subscription[] {
  const start = dice.chance(SAME_DAY) ? before.end : before.end + dice.int(10, 60)
  if (start > today) return []
  const mayHaveEnded = today - start > ENDED.least
  const status = mayHaveEnded ? (STATUSES[dice.weighted(STATUS_WEIGHTS)] ?? 'active') : 'active'
  return [finish(dice, { tenant: before.tenant, customer: before.customer, status, start, today, earliest: start * DAY })]
}

interface Begun extends Pick<Subscription, 'tenant' | 'customer' | 'status' | 'start'> {
  today: number
  earliest: number
}

function finish(dice: Dice, { tenant, customer, status, start, today, earliest }: Begun): Subscription {
  const { plan, amount } = dice.pick(PLANS)
  const lasts = status === 'active' || status === 'trial' ? AGREED : dice.int(ENDED.least, Math.min(ENDED.most, today - start))
  const since = Math.max(earliest, start * DAY + drawTime(dice, 20))
  return { id: drawId(dice), tenant, customer, plan, status, start, end: start + lasts, amount, cycle: dice.pick(CYCLES), since }
}

/** Rows of core_subscription in the order of its columns. */
export function* subscriptionRows(list: readonly Subscription[], tenantIds: readonly string[]): Generator<readonly Cell[]> {
  for (const { id, tenant, customer, plan, status, start, end, amount, cycle, since } of list) {
    const changed = status === 'active' || status === 'trial' ? since : Math.max(since, end * DAY)
    yield [
      ...[id, tenantIds[tenant] ?? null, customer, plan, status, toDate(start * DAY), toDate(end * DAY)],
      ...[amount, cycle, new Date(since), new Date(changed)],
    ]
  }
}
