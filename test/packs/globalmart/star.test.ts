/** The star schema over a little shop: what the customer's document promises, against the source itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { digestOf, DOCUMENTED, FILLED, LITTLE } from './little-shop.ts'

let shop: TestPack
beforeAll(async () => {
  shop = await openTestPack({ pack: 'globalmart', sizes: LITTLE })
  await shop.run()
}, 60_000)
afterAll(() => shop.close())

const one = async <R>(sql: string): Promise<R | undefined> => (await shop.rows<R>(sql))[0]
const source = async <R>(sql: string): Promise<R | undefined> => (await shop.sourceRows<R>('realtime', sql))[0]

test('all eleven documented jobs are there under their names, groups and needs', async () => {
  const { steps } = await shop.rooms.planOf({ jobs: ['all'] })
  const planned = Object.fromEntries(
    steps.flatMap(({ job, group, after }) => {
      const documented = DOCUMENTED[job]
      return documented === undefined ? [] : [[job, { group, needs: after.filter((need) => need in DOCUMENTED) }]]
    }),
  )
  const sorted = Object.fromEntries(Object.entries(DOCUMENTED).map(([job, { group, needs }]) => [job, { group, needs: [...needs].sort() }]))
  expect(Object.fromEntries(Object.entries(planned).map(([job, { group, needs }]) => [job, { group, needs: [...needs].sort() }]))).toEqual(
    sorted,
  )
})

test('the facts have as many rows as the source has lines, carts and views, and the same revenue', async () => {
  const told = await source(`SELECT count(*)::int AS lines, sum(quantity * unit_price)::float8 AS revenue,
    (SELECT count(DISTINCT session_id)::int FROM cart_events) AS carts, (SELECT count(*)::int FROM product_view_events) AS views FROM transactions`)
  expect(
    await one(`SELECT count(*)::int AS lines, sum(total_revenue)::float8 AS revenue,
      (SELECT count(*)::int FROM fact_cart_events) AS carts, (SELECT sum(view_count)::int FROM fact_product_views) AS views FROM fact_sales`),
  ).toEqual(told)
})

test('carts are judged as the source tells it: paid, abandoned, and what was in them', async () => {
  const told = await source(`SELECT count(*) FILTER (WHERE paid)::int AS paid, sum(value)::float8 AS value, sum(items)::int AS items FROM (
    SELECT session_id, bool_or(event_type = 'checkout') AS paid, sum(CASE event_type WHEN 'add_to_cart' THEN quantity WHEN 'remove_from_cart' THEN -quantity ELSE 0 END) AS items,
      sum(CASE event_type WHEN 'add_to_cart' THEN quantity WHEN 'remove_from_cart' THEN -quantity ELSE 0 END * unit_price) AS value FROM cart_events GROUP BY 1) s`)
  expect(
    await one(
      `SELECT count(*) FILTER (WHERE event_type = 'cart_checkout')::int AS paid, sum(total_value)::float8 AS value, sum(total_items)::int AS items FROM fact_cart_events`,
    ),
  ).toEqual(told)
  const abandoned =
    await source(`SELECT count(*)::int AS carts FROM (SELECT 1 FROM cart_events GROUP BY session_id HAVING NOT bool_or(event_type = 'checkout')
    AND max(event_timestamp) <= (SELECT max(event_timestamp) - interval '30 minutes' FROM cart_events)) s`)
  expect(await one('SELECT count(*)::int AS carts FROM fact_cart_events WHERE is_abandoned AND (abandonment_value = total_value)')).toEqual(
    abandoned,
  )
})

test('a view clicks through exactly where the product went into the cart later in the session', async () => {
  const told = await source(`SELECT count(*)::int AS clicked FROM product_view_events v WHERE EXISTS (SELECT 1 FROM cart_events c
    WHERE c.session_id = v.session_id AND c.product_id = v.product_id AND c.event_type = 'add_to_cart' AND c.event_timestamp >= v.event_timestamp)`)
  expect(
    await one(`SELECT sum(click_through_rate)::int AS clicked FROM fact_product_views
      WHERE conversion_flag = (click_through_rate > 0.05) AND engagement_score = view_count * click_through_rate`),
  ).toEqual(told)
})

test('every column that the customer’s jobs write is there and filled', async () => {
  const wanted: Record<string, string> = {
    fact_sales:
      'transaction_timestamp user_id product_id customer_sk product_sk date_id product_name category product_price quantity total_revenue discount_amount tax_amount net_revenue payment_method profit_margin',
    fact_cart_events:
      'event_timestamp session_id user_id date_id event_type total_items total_value avg_item_value is_abandoned abandonment_value session_duration_minutes',
    fact_product_views:
      'view_timestamp product_id product_sk date_id product_name category product_price view_count click_through_rate conversion_flag engagement_score view_source device_type',
    product_performance:
      'product_id category total_sales total_revenue avg_price total_quantity total_views conversion_rate category_rank overall_rank performance_score performance_tier analysis_date',
    sales_trends: 'period_type period_value country category total_sales total_revenue avg_order_value total_quantity analysis_date',
    customer_segments:
      'segment_name segment_type customer_count total_revenue avg_revenue_per_customer total_transactions avg_transactions_per_customer avg_order_value avg_recency_days primary_country analysis_date',
    dim_customers: 'user_id country customer_segment rfm_score total_transactions total_spent avg_order_value is_active',
  }
  for (const [table, columns] of Object.entries(wanted)) {
    const filled = columns.split(' ').map((name) => `count(*) - count(${name}) AS ${name}`)
    const only = table === 'dim_customers' ? ' WHERE is_current' : ''
    const nulls = Object.entries((await one<Record<string, string>>(`SELECT ${filled.join(', ')} FROM ${table}${only}`)) ?? {})
    expect(
      nulls.filter(([, rows]) => rows !== '0'),
      table,
    ).toEqual([])
  }
})

test('every table and column of the warehouse says what it is', async () => {
  expect(
    await shop.rows(`SELECT c.oid::regclass::text AS silent, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname IN ('public', 'imported') AND c.relkind IN ('r', 'v')
        AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)`),
  ).toEqual([])
})

describe('run again', () => {
  test('nothing changes, no row is written anew, and the checks of the feed still look', async () => {
    const before = await digestOf(shop, FILLED)
    const run = await shop.run()
    expect(run.nothing_changed).toBe(true)
    expect(run.totals).toMatchObject({ inserted: 0, updated: 0, versions_closed: 0, rejected: 0 })
    expect(await digestOf(shop, FILLED)).toEqual(before)
  })

  test('with forgotten watermarks the natural keys hold: still nothing is doubled', async () => {
    const before = await digestOf(shop, FILLED)
    await shop.rows('DELETE FROM quintile.job_state')
    const run = await shop.run()
    expect(run.totals).toMatchObject({ inserted: 0, updated: 0, versions_closed: 0, rejected: 0 })
    expect(await digestOf(shop, FILLED)).toEqual(before)
  })
})

describe('the customer’s queries', () => {
  test('all tables answer as populated', async () => {
    const { rows } = await shop.rooms.reports.run('table_counts')
    expect(rows.map((row) => row['table_name'])).toHaveLength(11)
    expect(rows.filter((row) => Number(row['rows']) === 0)).toEqual([])
  })

  test('the job tracker answers without a schema, with every job succeeded', async () => {
    const rows = await shop.rows('SELECT * FROM batch_job_tracker ORDER BY last_run_timestamp DESC')
    expect(new Set(rows.map((row) => row['job_name']))).toEqual(
      new Set((await shop.rooms.planOf({ jobs: ['all'] })).steps.map(({ job }) => job)),
    )
    expect(new Set(rows.map((row) => row['last_run_status']))).toEqual(new Set(['SUCCESS']))
    expect(await shop.rows(`SELECT DISTINCT status_message FROM v_batch_job_status`)).toEqual([{ status_message: 'healthy' }])
  })

  test('lifetime values and top products answer, and every report adds up', async () => {
    expect(
      await one(
        'SELECT sum(lifetime_value) = (SELECT sum(total_revenue) FROM fact_sales WHERE user_id IS NOT NULL) AS whole FROM v_customer_lifetime_value',
      ),
    ).toEqual({ whole: true })
    expect(await one('SELECT count(*)::int AS rows, min(overall_rank) AS best FROM v_top_products_by_revenue')).toMatchObject({ best: 1 })
    for (const { report } of await shop.rooms.reports.list()) {
      const { rows, reconciliation } = await shop.rooms.reports.run(report)
      expect({ report, ok: reconciliation.ok, empty: rows.length === 0 }).toEqual({ report, ok: true, empty: false })
    }
  })

  test('every segment of the pack counts some customers and not all', async () => {
    const segments = await shop.rooms.segments.list()
    expect(segments.length).toBeGreaterThanOrEqual(9)
    for (const { segment } of segments) {
      const { count, of } = await shop.rooms.segments.count(segment, 'warehouse')
      expect({ segment, some: count > 0, all: count >= of }).toEqual({ segment, some: true, all: false })
    }
  })
})
