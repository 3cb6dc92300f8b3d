/** What the reports must say, worked out from the shop's own rows in another way than the jobs do it. */
import type { TestPack } from '../../tools/open-pack.ts'

interface OrderRow {
  tenant: string
  customer: string
  status: string
  total: number
  month: string
}

/** In cents, so that sums are exact. */
const CENTS = '(100 * total)::int AS total'

export interface TenantFigures {
  orders: number
  revenue: number
  buyers: number
}

/** Completed orders by tenant and, where asked for, month: every tenant has an entry. */
export async function expectedRevenue(pack: TestPack, byMonth: boolean): Promise<Map<string, TenantFigures>> {
  const tenants = await pack.sourceRows<{ name: string }>('shop', 'SELECT name FROM core_tenant')
  const orders = await pack.sourceRows<OrderRow>(
    'shop',
    `SELECT (SELECT name FROM core_tenant t WHERE t.id = o.tenant_id) AS tenant, customer_id AS customer, status, ${CENTS},
       to_char(order_date AT TIME ZONE 'UTC', 'YYYY-MM-01') AS month FROM core_order o`,
  )
  const months = [...new Set(orders.map(({ month }) => month))].sort()
  const figures = new Map<string, TenantFigures & { customers: Set<string> }>()
  for (const { name } of tenants)
    for (const key of byMonth ? months.map((month) => `${name} ${month}`) : [name])
      figures.set(key, { orders: 0, revenue: 0, buyers: 0, customers: new Set() })
  for (const { tenant, customer, status, total, month } of orders) {
    const figure = figures.get(byMonth ? `${tenant} ${month}` : tenant)
    if (figure === undefined || status !== 'completed') continue
    figure.orders += 1
    figure.revenue += total
    figure.buyers = figure.customers.add(customer).size
  }
  return new Map([...figures].map(([key, { orders: count, revenue, buyers }]) => [key, { orders: count, revenue, buyers }]))
}

/** Distinct sessions and events by type. */
export async function expectedFunnel(pack: TestPack): Promise<Map<string, { events: number; sessions: number }>> {
  const events = await pack.sourceRows<{ type: string; session: string }>(
    'shop',
    'SELECT event_type AS type, session_id AS session FROM core_event',
  )
  const seen = new Map<string, { events: number; sessions: Set<string> }>()
  for (const { type, session } of events) {
    const one = seen.get(type) ?? { events: 0, sessions: new Set<string>() }
    one.events += 1
    one.sessions.add(session)
    seen.set(type, one)
  }
  return new Map([...seen].map(([type, one]) => [type, { events: one.events, sessions: one.sessions.size }]))
}

interface SubscriptionRow {
  customer: string
  status: string
  from: string
  until: string
  amount: number
}

export interface Movement {
  opening: number
  new: number
  reactivation: number
  expansion: number
  contraction: number
  churn: number
  closing: number
}

/** The bridge over all tenants by month, in cents, customer by customer and month by month. */
export async function expectedBridge(pack: TestPack, today: string): Promise<Map<string, Movement>> {
  const all = await pack.sourceRows<SubscriptionRow>(
    'shop',
    `SELECT customer_id AS customer, status, start_date::text AS from, end_date::text AS until, (100 * monthly_amount)::int AS amount
     FROM core_subscription WHERE status <> 'trial'`,
  )
  const bridge = new Map<string, Movement>()
  const customers = Map.groupBy(all, ({ customer }) => customer)
  let before = new Map<string, number>()
  for (const { month, lastDay } of monthsOf(all.map(({ from }) => from).sort()[0] ?? today, today)) {
    const move: Movement = { opening: 0, new: 0, reactivation: 0, expansion: 0, contraction: 0, churn: 0, closing: 0 }
    const now = new Map<string, number>()
    for (const [customer, own] of customers) {
      const paid = own.filter((one) => pays(one, lastDay, today)).reduce((sum, { amount }) => sum + amount, 0)
      const opening = before.get(customer) ?? 0
      now.set(customer, paid)
      add(move, { opening, paid, isKnown: own.some(({ from }) => from < month) })
    }
    bridge.set(month, move)
    before = now
  }
  return bridge
}

function pays({ status, from, until }: SubscriptionRow, day: string, today: string): boolean {
  return from <= day && (status === 'active' || (day < today && until > day))
}

function add(move: Movement, { opening, paid, isKnown }: { opening: number; paid: number; isKnown: boolean }): void {
  move.opening += opening
  move.closing += paid
  if (opening === 0) move[isKnown ? 'reactivation' : 'new'] += paid
  else if (paid === 0) move.churn += opening
  else if (paid > opening) move.expansion += paid - opening
  else move.contraction += opening - paid
}

/** Months as `2026-05-01`, each with its last day, the newest with today. */
function monthsOf(first: string, today: string): { month: string; lastDay: string }[] {
  const months: { month: string; lastDay: string }[] = []
  for (let at = new Date(`${first.slice(0, 7)}-01T00:00:00Z`); at.toISOString().slice(0, 10) <= today;) {
    const month = at.toISOString().slice(0, 10)
    at = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1))
    const lastDay = new Date(at.getTime() - 86_400_000).toISOString().slice(0, 10)
    months.push({ month, lastDay: lastDay < today ? lastDay : today })
  }
  return months
}

/** Cents of a report's money. */
export function cents(value: unknown): number {
  return Math.round(Number(value) * 100)
}
