/** The shop's operational database: the customer's numbers, and its 18 tables by the rules of its stream processing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { visitsOfTime } from '../../../server/workspaces/generators/globalmart/days.ts'
import { openShop } from '../../../server/workspaces/generators/globalmart/shop.ts'
import { toSizes } from '../../../server/workspaces/generators/globalmart/sizes.ts'
import { DEMO_UNTIL, openTestPack, type TestPack } from '../../tools/open-pack.ts'

let shop: TestPack
beforeAll(async () => {
  shop = await openTestPack({ pack: 'globalmart', sizes: { events: 30_000, users: 500, products: 100, categories: 20, days: 30 } })
}, 60_000)
afterAll(() => shop.close())

const rows = <R>(sql: string): Promise<R[]> => shop.sourceRows<R>('realtime', sql)
const one = async (sql: string): Promise<Record<string, number>> => (await rows<Record<string, number>>(sql))[0] ?? {}

describe('the events', () => {
  test('are views, carts and transactions as 60 : 30 : 10, and seven of ten carts are abandoned', async () => {
    const {
      views = 0,
      carts = 0,
      bought = 0,
      lost = 0,
    } = await one(`SELECT (SELECT count(*) FROM product_view_events)::float8 AS views,
      (SELECT count(*) FROM cart_events)::float8 AS carts, (SELECT count(DISTINCT transaction_id) FROM transactions)::float8 AS bought,
      (SELECT avg(abandoned::int) FROM (SELECT NOT bool_or(event_type = 'checkout') AS abandoned FROM cart_events GROUP BY session_id) s)::float8 AS lost`)
    const all = views + carts + bought
    expect(all).toBeGreaterThan(28_500)
    expect(all).toBeLessThan(31_500)
    expect(views / all).toBeCloseTo(0.6, 1)
    expect(Math.abs(carts / all - 0.3)).toBeLessThan(0.02)
    expect(Math.abs(bought / all - 0.1)).toBeLessThan(0.015)
    expect(Math.abs(lost - 0.7)).toBeLessThan(0.02)
  })

  test('have the five countries, the five ways to pay, and baskets of the documented sizes', async () => {
    expect((await rows<{ c: string }>('SELECT DISTINCT country AS c FROM transactions ORDER BY 1')).map(({ c }) => c)).toEqual([
      'France',
      'Germany',
      'Japan',
      'UK',
      'USA',
    ])
    expect((await rows<{ p: string }>('SELECT DISTINCT payment_method AS p FROM transactions ORDER BY 1')).map(({ p }) => p)).toEqual([
      ...['Apple Pay', 'Credit Card', 'Debit Card', 'Google Pay', 'PayPal'],
    ])
    const {
      one_item = 0,
      two_items = 0,
      single = 0,
    } = await one(`SELECT avg((n = 1)::int)::float8 AS one_item, avg((n = 2)::int)::float8 AS two_items,
      (SELECT avg((quantity = 1)::int)::float8 FROM transactions WHERE quantity <= 3 AND session_id IS NOT NULL) AS single
      FROM (SELECT count(*) AS n FROM transactions WHERE session_id IS NOT NULL GROUP BY transaction_id) t`)
    expect(Math.abs(one_item - 0.5)).toBeLessThan(0.05)
    expect(Math.abs(two_items - 0.3)).toBeLessThan(0.05)
    expect(Math.abs(single - 0.8)).toBeLessThan(0.03)
  })

  test('hold two anomalies in a hundred transactions', async () => {
    const { share = 0 } = await one(`SELECT (SELECT count(*) FROM (
        SELECT transaction_id FROM high_value_anomalies UNION SELECT transaction_id FROM high_quantity_anomalies
        UNION SELECT t.transaction_id FROM suspicious_patterns s JOIN transactions t USING (user_id) WHERE t.transaction_timestamp >= window_start AND t.transaction_timestamp < window_end) a
      )::float8 / (SELECT count(DISTINCT transaction_id) FROM transactions) AS share`)
    expect(Math.abs(share - 0.02)).toBeLessThan(0.008)
  })
})

describe('the windows', () => {
  test('are the 18 documented tables, with both ends of the window in every key but those of the two anomaly tables', async () => {
    const keys = await rows<{ name: string; key: string[] }>(`SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS key
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey) WHERE i.indisprimary GROUP BY c.relname`)
    const windows = keys.filter(({ name }) => !['transactions', 'cart_events', 'product_view_events', 'stream_settings'].includes(name))
    expect(windows.map(({ name }) => name).sort()).toEqual([
      ...['abandoned_carts', 'anomaly_stats', 'browsing_sessions', 'cart_metrics', 'cart_sessions', 'category_performance'],
      ...['high_demand_alerts', 'high_quantity_anomalies', 'high_value_anomalies', 'inventory_by_country', 'inventory_metrics'],
      ...[
        'product_sales_velocity',
        'restock_alerts',
        'sales_by_country',
        'sales_per_minute',
        'search_behavior',
        'suspicious_patterns',
        'trending_products',
      ],
    ])
    const bare = windows.filter(({ key }) => !(key.includes('window_start') && key.includes('window_end'))).map(({ name }) => name)
    expect(bare.sort()).toEqual(['high_quantity_anomalies', 'high_value_anomalies'])
    for (const { name } of windows)
      expect({ name, filled: ((await one(`SELECT count(*)::int AS n FROM ${name}`))['n'] ?? 0) > 0 }).toEqual({ name, filled: true })
  })

  test('of sales add up to the transactions', async () => {
    const { revenue } = await one('SELECT sum(quantity * unit_price)::float8 AS revenue FROM transactions')
    for (const table of ['sales_per_minute', 'sales_by_country'])
      expect((await one(`SELECT sum(total_revenue)::float8 AS revenue FROM ${table}`))['revenue'], table).toBe(revenue)
    expect((await one('SELECT sum(units_sold)::int AS n FROM inventory_by_country'))['n']).toBe(
      (await one('SELECT sum(quantity)::int AS n FROM transactions'))['n'],
    )
  })

  test('know a cart as abandoned in each window of 30 minutes in which something was added and nothing paid', async () => {
    const counted = await one(`SELECT count(*)::int AS n FROM (
      SELECT w, session_id FROM generate_series((SELECT date_trunc('hour', min(event_timestamp)) - interval '1 hour' FROM cart_events), (SELECT max(event_timestamp) FROM cart_events), interval '10 minutes') w
      JOIN cart_events c ON c.event_timestamp >= w AND c.event_timestamp < w + interval '30 minutes'
      GROUP BY w, session_id HAVING count(*) FILTER (WHERE event_type = 'add_to_cart') > 0 AND count(*) FILTER (WHERE event_type = 'checkout') = 0) x`)
    expect((await one('SELECT count(*)::int AS n FROM abandoned_carts'))['n']).toBe(counted['n'])
  })

  test.each([
    ['cart_metrics', 'abandonment_rate IS DISTINCT FROM round(100.0 * (adds - checkouts) / nullif(adds, 0), 2)'],
    [
      'high_value_anomalies',
      `severity <> CASE WHEN total_amount >= 10000 THEN 'critical' WHEN total_amount >= 6500 THEN 'high' WHEN total_amount >= 3000 THEN 'medium' ELSE '' END`,
    ],
    [
      'high_quantity_anomalies',
      `severity <> CASE WHEN total_quantity >= 100 THEN 'critical' WHEN total_quantity >= 75 THEN 'high' WHEN total_quantity >= 50 THEN 'medium' ELSE '' END`,
    ],
    [
      'high_demand_alerts',
      `severity <> CASE WHEN units_sold >= 50 THEN 'critical' WHEN units_sold >= 30 THEN 'high' WHEN units_sold >= 20 THEN 'medium' ELSE '' END`,
    ],
    [
      'restock_alerts',
      `severity <> CASE WHEN units_sold >= 15 THEN 'high' WHEN units_sold >= 10 THEN 'medium' WHEN units_sold >= 5 THEN 'low' ELSE '' END`,
    ],
    ['suspicious_patterns', 'transaction_count < 2 OR total_amount < 2000'],
    ['trending_products', 'view_count < 5'],
  ])('of %s keep their rule', async (table, broken) => {
    expect((await one(`SELECT count(*)::int AS n FROM ${table} WHERE ${broken}`))['n']).toBe(0)
  })

  test('are made anew where the shop lives on, late events included, as if all had been there from the start', async () => {
    await shop.live(12, 120)
    const lived = await rows('SELECT * FROM cart_sessions ORDER BY window_start, session_id')
    const again =
      await rows(`SELECT date_bin('10 minutes', event_timestamp, timestamptz '2000-01-01 00:00:00+00') AS window_start, session_id, count(*)::int AS n
      FROM cart_events GROUP BY 1, 2 ORDER BY 1, 2`)
    expect(lived.length).toBe(again.length)
  })
})

test('the same seed makes the same visits, and another seed others', () => {
  const sizes = { events: 2_000, users: 50, products: 20, categories: 5, days: 10 }
  const visits = (seed: number): string => JSON.stringify([...visitsOfTime(openShop(seed, sizes, DEMO_UNTIL), seed)])
  expect(visits(7)).toBe(visits(7))
  expect(visits(7)).not.toBe(visits(8))
})

test('a size that does not exist is named with the nearest one', () => {
  expect(() => toSizes('small', { user: 3 })).toThrow('There is no size “user”')
  expect(() => toSizes('small', { users: 3 })).toThrow('users is 3')
})
