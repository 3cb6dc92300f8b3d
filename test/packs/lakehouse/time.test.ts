/** When things happen: recent days are denser, weeks and months have their ways, and nothing is later than now. */
import { expect, test } from 'vitest'
import { DEMO_UNTIL } from '../../tools/open-pack.ts'
import { ageInDays, countBy, DAY, momentOf, PART, readShop, shareOf, type ShopRow } from './shop-rows.ts'

const shop = readShop(PART)
const MONTHS = [
  { from: 0, to: 90, share: 0.6 },
  { from: 90, to: 150, share: 0.3 },
  { from: 150, to: 180, share: 0.1 },
]

function expectBands(rows: readonly ShopRow[], column: string, tolerance: number): void {
  for (const { from, to, share } of MONTHS) {
    const found = shareOf(rows, (row) => ageInDays(row[column]) >= from && ageInDays(row[column]) < to)
    expect(Math.abs(found - share), `${column}: ${String(found)} instead of ${String(share)}`).toBeLessThan(tolerance)
  }
}

test('60 % of the orders lie in the last three months, 30 % in the two before and 10 % in the oldest', () => {
  expectBands(shop.core_order, 'order_date', 0.01)
})

test('the events lie as the orders do, each at its own time and not all at the time of seeding', () => {
  expectBands(shop.core_event, 'created_at', 0.05)
  expect(new Set(shop.core_event.map(({ created_at }) => momentOf(created_at))).size).toBeGreaterThan(shop.core_event.length * 0.99)
})

test('people order more from Friday to Sunday, and around the turn of a month', () => {
  const byWeekday = [0, 0, 0, 0, 0, 0, 0]
  for (const { order_date } of shop.core_order) {
    const day = new Date(momentOf(order_date)).getUTCDay()
    byWeekday[day] = (byWeekday[day] ?? 0) + 1
  }
  const [sunday = 0, monday = 0, tuesday = 0, wednesday = 0, thursday = 0, friday = 0, saturday = 0] = byWeekday
  expect(Math.min(sunday, friday, saturday)).toBeGreaterThan(1.1 * Math.max(monday, tuesday, wednesday, thursday))
  const isTurn = ({ order_date }: ShopRow): boolean => {
    const moment = momentOf(order_date)
    return new Date(moment).getUTCDate() <= 2 || new Date(moment + 3 * DAY).getUTCDate() <= 3
  }
  // Of the 180 days before 2 November 2026, 30 are within three days before and two days after the turn of a month.
  const days = Array.from({ length: 180 }, (_, age) => ({ order_date: new Date(DEMO_UNTIL - 1 - age * DAY) })).filter(isTurn).length
  expect(shareOf(shop.core_order, isTurn) / (days / 180)).toBeGreaterThan(1.15)
})

test('business grows: each thirty days have more orders than the thirty before', () => {
  const months = [5, 4, 3, 2, 1, 0].map(
    (age) => shop.core_order.filter((row) => Math.floor(ageInDays(row['order_date']) / 30) === age).length,
  )
  expect([...months].sort((a, b) => a - b)).toEqual(months)
})

test('customers register all through the half year, and never after their first order, visit or subscription', () => {
  const months = countBy(
    shop.core_customer.map(({ created_at }) => ({ month: new Date(momentOf(created_at)).toISOString().slice(0, 7) })),
    'month',
  )
  expect(months.size).toBe(7)
  const since = new Map(shop.core_customer.map(({ id, created_at }) => [id, momentOf(created_at)]))
  const early = (rows: readonly ShopRow[], column: string): ShopRow[] =>
    rows.filter((row) => row['customer_id'] !== null && momentOf(row[column]) < (since.get(row['customer_id'] as string) ?? Infinity))
  expect(early(shop.core_order, 'order_date')).toEqual([])
  expect(early(shop.core_event, 'created_at')).toEqual([])
  expect(early(shop.core_subscription, 'created_at')).toEqual([])
})

test('nothing is dated in the future: no stamp, no completion, no ended subscription, no invoice or payment', () => {
  const rows = Object.values(shop).flat()
  const stamps = ['created_at', 'updated_at', 'order_date', 'completed_at', 'issue_date', 'paid_date']
  const future = rows.filter((row) =>
    stamps.some((name) => row[name] !== null && row[name] !== undefined && momentOf(row[name]) >= DEMO_UNTIL),
  )
  expect(future).toEqual([])
  const ended = shop.core_subscription.filter(({ status }) => status === 'cancelled' || status === 'expired')
  expect(ended.filter(({ end_date }) => momentOf(end_date) >= DEMO_UNTIL)).toEqual([])
  expect(ended.length).toBeGreaterThan(80)
})

test('what is completed is so one to seven days after the order', () => {
  const completed = shop.core_order.filter(({ status }) => status === 'completed')
  const days = completed.map((row) => (momentOf(row['completed_at']) - momentOf(row['order_date'])) / DAY)
  expect(Math.min(...days)).toBeGreaterThanOrEqual(1)
  expect(Math.max(...days)).toBeLessThanOrEqual(7)
  expect(shop.core_order.filter(({ status, completed_at }) => status !== 'completed' && completed_at !== null)).toEqual([])
})
