/** The warehouse's copies follow the shop through everything that happens to its rows, and what is computed from them is right. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TABLES } from '../../../server/workspaces/generators/lakehouse/tables.ts'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { cents, expectedBridge, expectedFunnel, expectedRevenue, type Movement } from './expected.ts'

const EMPTY_TENANT = 'Nobody Buys Here'
const ANALYTICS = [
  ...['active_subscriptions', 'customer_acquisition', 'customer_features', 'customer_ltv', 'event_funnel', 'mrr_bridge'],
  ...['product_performance', 'revenue_by_tenant_monthly', 'revenue_by_tenant_total', 'tenant_summary'],
]
let pack: TestPack

beforeAll(async () => {
  pack = await openTestPack({ pack: 'lakehouse', sizes: { subscription_rate: 60 } })
  await pack.sourceRows(
    'shop',
    `INSERT INTO core_tenant VALUES (gen_random_uuid(), '${EMPTY_TENANT}', 'nobody', NULL, true, '{"plan_type": "starter"}', '2026-06-01', '2026-06-01')`,
  )
  expect((await pack.run()).status).toBe('succeeded')
})
afterAll(() => pack.close())

const report = async (name: string, given: Record<string, string> = {}) => (await pack.rooms.reports.run(name, given)).rows
/** The shop's writer waits for its log, which the test server otherwise does not. */
const write = (sql: string): Promise<unknown> => pack.sourceRows('shop', `SET synchronous_commit = on; ${sql}`)

async function expectEqualCopies(): Promise<void> {
  for (const table of TABLES) {
    const sql = `SELECT t.id, t::text AS row FROM ${table} t ORDER BY t.id`
    expect(await pack.rows(sql), table).toEqual(await pack.sourceRows('shop', sql))
  }
  const current = 'SELECT product_id AS id, price, is_active FROM dim_product WHERE is_current ORDER BY product_id'
  expect(await pack.rows(current)).toEqual(await pack.sourceRows('shop', 'SELECT id, price, is_active FROM core_product ORDER BY id'))
}

async function digests(tables: readonly string[]): Promise<unknown> {
  const parts = tables.map((table) => `SELECT '${table}' AS name, md5(string_agg(t::text, ',' ORDER BY t::text)) AS digest FROM ${table} t`)
  return pack.rows(parts.join(' UNION ALL '))
}

async function expectBridge(): Promise<void> {
  const [{ today } = { today: '' }] = await pack.rows<{ today: string }>(
    `SELECT (as_of AT TIME ZONE 'UTC')::date::text AS today FROM shop_moment`,
  )
  const rows = await pack.rows<Record<string, string>>(`
    SELECT month::text, sum(opening_mrr) AS opening, sum(new_mrr) AS new, sum(reactivation_mrr) AS reactivation, sum(expansion_mrr) AS expansion,
      sum(contraction_mrr) AS contraction, sum(churn_mrr) AS churn, sum(closing_mrr) AS closing FROM mrr_bridge GROUP BY month ORDER BY month`)
  const found = rows.map(({ month, ...move }) => [
    month,
    Object.fromEntries(Object.entries(move).map(([name, value]) => [name, cents(value)])),
  ])
  const expected = await expectedBridge(pack, today)
  expect(found).toEqual([...expected])
  const sum = (name: keyof Movement): number => [...expected.values()].reduce((all, move) => all + move[name], 0)
  for (const name of ['new', 'reactivation', 'expansion', 'contraction', 'churn'] as const) expect(sum(name), name).toBeGreaterThan(0)
}

describe('after the first run', () => {
  test('every row of the eight tables stands in the warehouse once, as it is at the shop', expectEqualCopies)

  test('revenue by tenant has every tenant, the one without an order too, and only completed orders', async () => {
    const expected = await expectedRevenue(pack, false)
    const rows = await report('revenue_by_tenant')
    expect(new Map(rows.map((row) => [row['tenant'], { orders: row['order_count'], revenue: cents(row['total_revenue']) }]))).toEqual(
      new Map([...expected].map(([tenant, { orders, revenue }]) => [tenant, { orders, revenue }])),
    )
    expect(expected.get(EMPTY_TENANT)).toEqual({ orders: 0, revenue: 0, buyers: 0 })
    expect(rows.map((row) => Number(row['total_revenue']))).toEqual(rows.map((row) => Number(row['total_revenue'])).sort((a, b) => b - a))
  })

  test('months count each buyer once, and months without an order are there', async () => {
    const rows = await report('revenue_by_tenant_and_month')
    const found = rows.map((row) => [
      `${String(row['tenant'])} ${String(row['month']).slice(0, 10)}`,
      { orders: row['order_count'], revenue: cents(row['total_revenue']), buyers: row['unique_customers'] },
    ])
    expect(new Map(found as [string, unknown][])).toEqual(await expectedRevenue(pack, true))
    expect(rows.some((row) => Number(row['unique_customers']) < Number(row['order_count']))).toBe(true)
  })

  test('customers were acquired in every month, and the months add up to the customers', async () => {
    const rows = await report('customer_acquisition_by_month')
    const expected = await pack.sourceRows<{ month: string; new_customers: number }>(
      'shop',
      `SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*)::int AS new_customers FROM core_customer GROUP BY 1 ORDER BY 1`,
    )
    const found = new Map<string, number>()
    for (const row of rows) {
      const month = String(row['month']).slice(0, 7)
      found.set(month, (found.get(month) ?? 0) + Number(row['new_customers']))
    }
    expect([...found]).toEqual(expected.map(({ month, new_customers }) => [month, new_customers]))
    expect(found.size).toBe(7)
  })

  test('the funnel counts sessions once per step, and every later step has fewer', async () => {
    const expected = await expectedFunnel(pack)
    const rows = await report('event_funnel_by_step')
    const steps = ['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase']
    expect(rows.map(({ event_type, event_count, session_count }) => [event_type, event_count, session_count])).toEqual(
      steps.map((step) => [step, expected.get(step)?.events, expected.get(step)?.sessions]),
    )
    expect(rows.every((row, at) => at === 0 || Number(row['session_count']) < Number(rows[at - 1]?.['session_count']))).toBe(true)
    expect((await report('events_by_type')).length).toBe(8)
  })

  test('recurring revenue by tenant is that of active subscriptions, with zeros where there is none', async () => {
    const expected = await pack.sourceRows<{ name: string; mrr: number }>(
      'shop',
      `SELECT name, (100 * coalesce((SELECT sum(monthly_amount) FROM core_subscription s WHERE s.tenant_id = t.id AND status = 'active'), 0))::int AS mrr FROM core_tenant t`,
    )
    const found = new Map((await report('mrr_by_tenant')).map((row) => [row['tenant'], cents(row['mrr'])]))
    expect(found).toEqual(new Map(expected.map(({ name, mrr }) => [name, mrr])))
    expect(found.get(EMPTY_TENANT)).toBe(0)
  })

  test('the bridge leads from month to month through all five movements', expectBridge)

  test('lifetime values and product sums are those of completed orders', async () => {
    const ltv = `SELECT c.id, coalesce(sum(o.total), 0)::numeric(14,2) AS value, count(o.id)::int AS orders FROM core_customer c LEFT JOIN core_order o ON o.customer_id = c.id AND o.status = 'completed' GROUP BY c.id ORDER BY c.id`
    expect(
      await pack.rows('SELECT customer_id AS id, lifetime_value AS value, total_orders::int AS orders FROM customer_ltv ORDER BY 1'),
    ).toEqual(await pack.sourceRows('shop', ltv))
    const sold = `SELECT p.id, coalesce((SELECT sum(i.total) FROM core_orderitem i WHERE i.product_id = p.id AND (SELECT status FROM core_order o WHERE o.id = i.order_id) = 'completed'), 0)::numeric(14,2) AS revenue FROM core_product p ORDER BY p.id`
    expect(await pack.rows('SELECT product_id AS id, total_revenue AS revenue FROM product_performance ORDER BY 1')).toEqual(
      await pack.sourceRows('shop', sold),
    )
    const low = await pack.sourceRows<{ n: number }>(
      'shop',
      'SELECT count(*)::int AS n FROM core_product WHERE is_active AND stock_quantity < 50',
    )
    expect(await report('low_stock')).toHaveLength(low[0]?.n ?? 0)
  })

  test('every report adds up, for all tenants and for one, and one tenant’s rows are a part of all', async () => {
    for (const { report: name } of await pack.rooms.reports.list()) {
      const [all, one] = [await pack.rooms.reports.run(name), await pack.rooms.reports.run(name, { tenant: 'digital-services-ltd' })]
      expect([name, all.reconciliation.ok, one.reconciliation.ok]).toEqual([name, true, true])
      const tenants = new Set(one.rows.flatMap((row) => ('tenant' in row ? [row['tenant']] : [])))
      expect([...tenants].filter((tenant) => tenant !== 'Digital Services Ltd')).toEqual([])
    }
    const [whole, part] = [await report('monthly_revenue'), await report('monthly_revenue', { tenant: 'digital-services-ltd' })]
    expect(cents(part[5]?.['revenue'])).toBeGreaterThan(0)
    expect(cents(part[5]?.['revenue'])).toBeLessThan(cents(whole[5]?.['revenue']))
  })

  test('every segment has members and is the sum of its tenants', async () => {
    expect((await pack.rooms.sync({ request: 'test' })).run.error).toBeNull()
    const slugs = await pack.rows<{ slug: string }>('SELECT slug FROM core_tenant')
    for (const { segment } of await pack.rooms.segments.list()) {
      const { count } = await pack.rooms.segments.count(segment, 'cache')
      expect(count, segment).toBeGreaterThan(0)
      let sum = 0
      for (const { slug } of slugs) sum += (await pack.rooms.segments.count(segment, 'cache', slug)).count
      expect([segment, sum]).toEqual([segment, count])
    }
  })

  test('a second run of all jobs changes nothing', async () => {
    const before = await digests([...TABLES, ...ANALYTICS, 'dim_product'])
    const run = await pack.run()
    expect([run.status, run.nothing_changed]).toEqual(['succeeded', true])
    expect(await digests([...TABLES, ...ANALYTICS, 'dim_product'])).toEqual(before)
  })
})

test('every table and column of the lakehouse warehouse says what it is', async () => {
  const silent = await pack.rows(`
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND col_description(c.oid, a.attnum) IS NULL
    UNION ALL SELECT relname, NULL FROM pg_class c
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL`)
  expect(silent).toEqual([])
})

describe('while the shop lives on', () => {
  test('an hour of changes arrives in runs of every ten minutes, and a fresh copy of everything is the same', async () => {
    for (let ten = 0; ten < 6; ten += 1) {
      await pack.live(10, 30)
      const run = await pack.run()
      expect(run.steps.map(({ status, reconciles }) => [status, reconciles])).toEqual(run.steps.map(() => ['succeeded', true]))
    }
    await expectEqualCopies()
    await expectBridge()
    const incremental = await digests([...TABLES, ...ANALYTICS])
    expect((await pack.run({ full_reload: true })).status).toBe('succeeded')
    expect(await digests([...TABLES, ...ANALYTICS])).toEqual(incremental)
    expect(await report('price_changes')).not.toEqual([])
  })

  test('updates and deletes reach the copies: a status, a price, an order with its items, a customer with all but the events', async () => {
    const [{ id: buyer } = { id: '' }] = await pack.rows<{ id: string }>(
      'SELECT customer_id AS id FROM core_event WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1',
    )
    const [{ events } = { events: 0 }] = await pack.rows<{ events: number }>('SELECT count(*)::int AS events FROM core_event')
    await write(`
      UPDATE core_order SET status = 'cancelled', completed_at = NULL WHERE id = (SELECT id FROM core_order WHERE status = 'completed' AND customer_id <> '${buyer}' ORDER BY id LIMIT 1);
      UPDATE core_product SET price = 1999 WHERE id = (SELECT min(id::text)::uuid FROM core_product);
      DELETE FROM core_order WHERE id = (SELECT id FROM core_order WHERE customer_id <> '${buyer}' ORDER BY id DESC LIMIT 1);
      DELETE FROM core_customer WHERE id = '${buyer}'`)
    expect((await pack.run()).status).toBe('succeeded')
    await expectEqualCopies()
    expect(await pack.rows(`SELECT 1 FROM core_order WHERE customer_id = '${buyer}'`)).toEqual([])
    expect(await pack.rows('SELECT count(*)::int AS events FROM core_event')).toEqual([{ events }])
    expect((await pack.rooms.reports.run('revenue_by_tenant')).reconciliation.ok).toBe(true)
  })

  test('a table that the shop empties is empty in the warehouse, and what was computed from it says zero', async () => {
    await write('TRUNCATE core_event')
    expect((await pack.run()).status).toBe('succeeded')
    await expectEqualCopies()
    expect((await report('events_by_type')).map((row) => row['event_count'])).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })
})
