/** How much of everything: the scales of the document, the size classes of the tenants, and what each tenant gets of it. */
import { mistake } from '../../../../shared/failure.ts'
import { suggest } from '../../../../shared/nearest.ts'
import type { Scale } from '../generator.ts'

/** Names and meanings of the options, one for each seed command of the document. */
export const SIZE_WORDS = {
  tenants: 'number of tenants (seed_tenants --count)',
  customers_per_tenant: 'customers of a mean tenant (seed_customers --per-tenant)',
  products_per_tenant: 'products of a mean tenant (seed_products --per-tenant)',
  orders_per_customer: 'orders of a mean customer (seed_orders --per-customer); 0: none',
  events_per_customer: 'events of a mean customer (seed_events --per-customer); 0: none',
  subscription_rate: 'subscriptions per hundred customers (seed_subscriptions --rate, in percent); 0: none',
} as const
export type Sizes = Record<keyof typeof SIZE_WORDS, number>

const SCALED: Record<Scale, readonly [number, number, number, number, number, number]> = {
  small: [5, 100, 50, 3, 20, 20],
  medium: [8, 800, 100, 8, 50, 30],
  large: [10, 2000, 150, 12, 100, 40],
}

/** The scale's numbers with those that the person asked for. Errors: `demo.unknown-size`, `demo.bad-size`. */
export function toSizes(scale: Scale, asked: Readonly<Record<string, number>>): Sizes {
  const [tenants, customers_per_tenant, products_per_tenant, orders_per_customer, events_per_customer, subscription_rate] = SCALED[scale]
  const sizes: Sizes = {
    ...{ tenants, customers_per_tenant, products_per_tenant },
    ...{ orders_per_customer, events_per_customer, subscription_rate },
  }
  for (const [name, value] of Object.entries(asked)) {
    if (!isSize(name)) throw mistake('demo.unknown-size', `There is no size “${name}”`, suggest(name, Object.keys(SIZE_WORDS)))
    const [least, most] = LIMITS[name]
    if (value < least || value > most)
      throw mistake('demo.bad-size', `${name} is ${String(value)}`, `It lies between ${String(least)} and ${String(most)}.`)
    sizes[name] = value
  }
  return sizes
}

const LIMITS: Record<keyof Sizes, readonly [number, number]> = {
  tenants: [1, 200],
  customers_per_tenant: [1, 100_000],
  products_per_tenant: [5, 10_000],
  orders_per_customer: [0, 1000],
  events_per_customer: [0, 10_000],
  subscription_rate: [0, 100],
}

const isSize = (name: string): name is keyof Sizes => Object.hasOwn(SIZE_WORDS, name)

export type PlanType = 'enterprise' | 'professional' | 'starter'

interface SizeClass {
  /** Against a mean tenant: at medium the ranges of the document come out (1,000–2,000, 500–1,000, 100–300 customers). */
  customers: number
  products: number
  /** Orders and events per customer, against the mean. */
  activity: number
  /** Mean of `max_users` of the document's tenants of the class. */
  users: number
}

const CLASSES: Record<PlanType, SizeClass> = {
  enterprise: { customers: 2.125, products: 1.6, activity: 1.1, users: 900 },
  professional: { customers: 0.9375, products: 1.05, activity: 0.95, users: 250 },
  starter: { customers: 0.3125, products: 0.55, activity: 0.7, users: 55 },
}

/** A tenant's kind, as it decides its sizes. */
export interface TenantKind {
  plan: PlanType
  maxUsers: number
}

/** What a tenant gets. */
export interface TenantSizes {
  customers: number
  products: number
  orders: number
  /** Events of a mean customer of this tenant. */
  eventsPerCustomer: number
  subscriptions: number
}

/** max(1, trunc(Gauss(n, …))) of the document: to cut off takes half an order away on average. */
const CUT = 0.5

/** Divides the totals of the document (tenants × mean) by size class and, within one, by the root of `max_users`. */
export function divide(sizes: Sizes, tenants: readonly TenantKind[]): TenantSizes[] {
  const weight = ({ plan, maxUsers }: TenantKind): number => CLASSES[plan].customers * Math.sqrt(maxUsers / CLASSES[plan].users)
  const customers = allot(tenants.length * sizes.customers_per_tenant, tenants.map(weight), 1)
  const all = customers.reduce((sum, count) => sum + count, 0)
  const products = allot(
    tenants.length * sizes.products_per_tenant,
    tenants.map(({ plan }) => CLASSES[plan].products),
    5,
  )
  const activity = tenants.map(({ plan }) => CLASSES[plan].activity)
  const mean = activity.reduce((sum, one, at) => sum + one * (customers[at] ?? 0), 0) / all
  return tenants.map((_, at) => {
    const [count, busy] = [customers[at] ?? 0, (activity[at] ?? 0) / mean]
    const orders = sizes.orders_per_customer === 0 ? 0 : Math.max(1, (sizes.orders_per_customer - CUT) * busy)
    return {
      customers: count,
      products: products[at] ?? 0,
      orders: Math.round(count * orders),
      eventsPerCustomer: sizes.events_per_customer * busy,
      subscriptions: Math.trunc((count * sizes.subscription_rate) / 100),
    }
  })
}

/** Divides a whole number by weights, each share at least `least`; the shares add up, unless there is not enough for all. */
export function allot(total: number, weights: readonly number[], least: number): number[] {
  const rest = Math.max(0, Math.round(total) - least * weights.length)
  const sum = weights.reduce((all, weight) => all + weight, 0) || 1
  let [seen, given] = [0, 0]
  return weights.map((weight) => {
    seen += weight
    const upTo = Math.round((rest * seen) / sum)
    const share = upTo - given
    given = upTo
    return least + share
  })
}
