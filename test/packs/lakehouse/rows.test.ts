/** What the rows say: orders, visits, subscriptions and invoices in the document’s shares, without its contradictions. */
import { expect, test } from 'vitest'
import { DEMO_UNTIL } from '../../tools/open-pack.ts'
import { countBy, DAY, groupBy, momentOf, PART, readShop, shareOf, type ShopRow } from './shop-rows.ts'

const shop = readShop(PART)
const dataOf = ({ event_data }: ShopRow) => JSON.parse(String(event_data)) as Record<string, string | undefined>
const sessionsOf = (events: readonly ShopRow[]): Set<string>[] =>
  [...groupBy(events, 'session_id').values()].map((steps) => new Set(steps.map(({ event_type }) => String(event_type))))

test('70 % of the orders come from 30 % of the customers, and everybody has one', () => {
  const counts = [...countBy(shop.core_order, 'customer_id').values()].sort((a, b) => b - a)
  expect(counts).toHaveLength(shop.core_customer.length)
  const busy = counts.slice(0, Math.round(counts.length * 0.3)).reduce((sum, count) => sum + count, 0)
  expect(busy / shop.core_order.length).toBeGreaterThan(0.68)
  expect(busy / shop.core_order.length).toBeLessThan(0.72)
})

test('of the orders 80 % are completed, 10 % in hand, 5 % pending and 5 % cancelled', () => {
  const shares = { completed: 0.8, processing: 0.1, pending: 0.05, cancelled: 0.05 }
  for (const [status, share] of Object.entries(shares))
    expect(Math.abs(shareOf(shop.core_order, (row) => row['status'] === status) - share)).toBeLessThan(0.01)
})

test('no line and no total is below zero, a line is quantity × price − discount, and a total the sum of its own lines alone', () => {
  const lines = groupBy(shop.core_orderitem, 'order_id')
  expect(shop.core_orderitem.filter((row) => Number(row['total']) < 0 || Number(row['discount']) > 20)).toEqual([])
  const wrong = shop.core_orderitem.filter(
    (row) => Number(row['total']) !== Number(row['quantity']) * Number(row['unit_price']) - Number(row['discount']),
  )
  expect(wrong).toEqual([])
  const cents = (value: unknown): number => Math.round(Number(value) * 100)
  const off = shop.core_order.filter((order) => {
    const own = lines.get(String(order['id'])) ?? []
    const subtotal = own.reduce((sum, line) => sum + cents(line['total']), 0)
    const isSum = cents(order['total']) === cents(order['subtotal']) + cents(order['tax']) + cents(order['shipping'])
    return (
      own.length < 1 ||
      own.length > 5 ||
      cents(order['subtotal']) !== subtotal ||
      cents(order['tax']) !== Math.round(subtotal * 0.08) ||
      !isSum
    )
  })
  expect(off).toEqual([])
})

test('only products that are active and on stock are sold, each once per order', () => {
  const products = new Map(shop.core_product.map((row) => [row['id'], row]))
  const odd = shop.core_orderitem.filter(({ product_id }) => {
    const product = products.get(product_id)
    return product?.['is_active'] !== true || Number(product['stock_quantity']) === 0
  })
  expect(odd).toEqual([])
  const pairs = shop.core_orderitem.map(({ order_id, product_id }) => `${String(order_id)} ${String(product_id)}`)
  expect(new Set(pairs).size).toBe(pairs.length)
})

test('every type of event occurs, and products that events name are the tenant’s own', () => {
  expect([...countBy(shop.core_event, 'event_type').keys()].sort()).toEqual(
    ['add_to_cart', 'checkout', 'click', 'page_view', 'product_view', 'purchase', 'remove_from_cart', 'search'].sort(),
  )
  const tenants = new Map(shop.core_product.map(({ id, tenant_id }) => [String(id), tenant_id]))
  const named = shop.core_event.filter((row) => dataOf(row)['product_id'] !== undefined)
  expect(named.length).toBeGreaterThan(10_000)
  expect(named.filter((row) => tenants.get(dataOf(row)['product_id'] ?? '') !== row['tenant_id'])).toEqual([])
})

test('a session is one person’s or nobody’s known, with one address and one browser', () => {
  const sessions = [...groupBy(shop.core_event, 'session_id').values()]
  const identities = (steps: readonly ShopRow[]): number =>
    new Set(steps.map((row) => [row['customer_id'], row['tenant_id'], row['ip_address'], row['user_agent']].map(String).join('|'))).size
  expect(sessions.filter((steps) => identities(steps) !== 1)).toEqual([])
  expect(Math.abs(sessions.filter(([first]) => first?.['customer_id'] === null).length / sessions.length - 0.3)).toBeLessThan(0.02)
})

test('three sessions in ten end with a purchase at every scale, and fewer take each step than the one before', () => {
  const busy = readShop({ sizes: { tenants: 2, events_per_customer: 100, orders_per_customer: 12 } })
  for (const events of [readShop().core_event, shop.core_event, busy.core_event]) {
    const sessions = sessionsOf(events)
    const shares = ['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase'].map(
      (step) => sessions.filter((steps) => steps.has(step)).length / sessions.length,
    )
    expect([...shares].sort((a, b) => b - a)).toEqual(shares)
    expect(Math.abs((shares[4] ?? 0) - 0.3)).toBeLessThan(0.04)
    expect(shares[3]).toBeLessThan(0.55)
  }
})

test('a purchase is an order of that customer, at its time and with its products in the cart', () => {
  const orders = new Map(shop.core_order.map((row) => [String(row['id']), row]))
  const purchases = shop.core_event.filter(({ event_type }) => event_type === 'purchase')
  const wrong = purchases.filter((row) => {
    const order = orders.get(dataOf(row)['order_id'] ?? '')
    return order?.['customer_id'] !== row['customer_id'] || momentOf(order?.['order_date']) !== momentOf(row['created_at'])
  })
  expect(wrong).toEqual([])
  expect(new Set(purchases.map((row) => dataOf(row)['order_id'])).size).toBe(purchases.length)
})

test('subscriptions are 70 % active, 10 % trial, 15 % cancelled and 5 % expired, and some follow another of the same customer', () => {
  const shares = { active: 0.7, trial: 0.1, cancelled: 0.15, expired: 0.05 }
  for (const [status, share] of Object.entries(shares))
    expect(Math.abs(shareOf(shop.core_subscription, (row) => row['status'] === status) - share)).toBeLessThan(0.03)
  const followed = [...groupBy(shop.core_subscription, 'customer_id').values()].filter(({ length }) => length > 1)
  expect(followed.length).toBeGreaterThan(10)
  const overlapping = followed.filter((list) => {
    const [first, second] = [...list].sort((a, b) => momentOf(a['start_date']) - momentOf(b['start_date']))
    return momentOf(first?.['end_date']) > momentOf(second?.['start_date'])
  })
  expect(overlapping).toEqual([])
})

test('invoices come every thirty days up to now, and what they say of their payment can be true today', () => {
  const today = DEMO_UNTIL - 1
  const isWrong = ({ status, due_date, paid_date, issue_date }: ShopRow): boolean => {
    if (momentOf(due_date) - momentOf(issue_date) !== 30 * DAY || (status === 'paid') !== (paid_date !== null)) return true
    return (status === 'overdue' && momentOf(due_date) > today) || (status === 'sent' && momentOf(due_date) + DAY < today)
  }
  expect(shop.core_invoice.filter(isWrong)).toEqual([])
  expect([...countBy(shop.core_invoice, 'status').keys()].sort()).toEqual(['cancelled', 'draft', 'overdue', 'paid', 'sent'])
  const counts = countBy(shop.core_invoice, 'subscription_id')
  const due = shop.core_subscription
    .filter(({ status }) => status === 'active')
    .map((row) => {
      const days = Math.floor((today - momentOf(row['start_date'])) / DAY)
      return [counts.get(String(row['id'])), Math.min(12, Math.floor(days / 30) + 1)]
    })
  expect(due.filter(([made, wanted]) => made !== wanted)).toEqual([])
})
