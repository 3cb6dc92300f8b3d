/** What went wrong in the customer's own system, one test for each: it does not happen here. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { digestOf, DOCUMENTED, FILLED, LITTLE } from './little-shop.ts'

let shop: TestPack
beforeAll(async () => {
  shop = await openTestPack({ pack: 'globalmart', sizes: LITTLE })
  await shop.run()
}, 60_000)
afterAll(() => shop.close())

const one = async (sql: string): Promise<Record<string, unknown>> => (await shop.rows(sql))[0] ?? {}
const count = async (sql: string): Promise<number> => Number((await one(`SELECT count(*) AS n FROM (${sql}) q`))['n'])

describe('the schema', () => {
  test('the surrogate keys are primary keys, and a customer may have several versions but one current one', async () => {
    const keys = await shop.rows(`SELECT conrelid::regclass::text AS t, pg_get_constraintdef(oid) AS key FROM pg_constraint
      WHERE contype = 'p' AND conrelid IN ('dim_customers'::regclass, 'dim_products'::regclass) ORDER BY 1`)
    expect(keys).toEqual([
      { t: 'dim_customers', key: 'PRIMARY KEY (customer_sk)' },
      { t: 'dim_products', key: 'PRIMARY KEY (product_sk)' },
    ])
    expect(await count('SELECT user_id FROM dim_customers GROUP BY user_id HAVING count(*) > 1')).toBeGreaterThan(0)
    expect(await count('SELECT user_id FROM dim_customers GROUP BY user_id HAVING count(*) FILTER (WHERE is_current) <> 1')).toBe(0)
    await expect(
      shop.rows(
        `INSERT INTO dim_customers (user_id, effective_from, effective_to, is_current, record_hash) SELECT user_id, now(), '9999-12-31', true, '' FROM dim_customers WHERE is_current LIMIT 1`,
      ),
    ).rejects.toThrow(/dim_customers_current/)
  })

  test('all facts refer to the versions by foreign keys that stand', async () => {
    const keys = await shop.rows<{ key: string }>(`SELECT conrelid::regclass || ' -> ' || confrelid::regclass AS key FROM pg_constraint
      WHERE contype = 'f' AND convalidated AND conrelid::regclass::text LIKE 'fact%' AND confrelid::regclass::text IN ('dim_customers', 'dim_products') ORDER BY 1`)
    expect(keys.map(({ key }) => key)).toEqual([
      ...['fact_cart_events -> dim_customers', 'fact_product_views -> dim_customers', 'fact_product_views -> dim_products'],
      ...['fact_sales -> dim_customers', 'fact_sales -> dim_products'],
    ])
  })
})

describe('versions', () => {
  test('follow each other without gap and without overlap', async () => {
    for (const [table, key] of [
      ['dim_customers', 'user_id'],
      ['dim_products', 'product_id'],
    ])
      expect(
        await count(
          `SELECT 1 FROM (SELECT effective_to, lead(effective_from) OVER (PARTITION BY ${key ?? ''} ORDER BY effective_from) AS next FROM ${table ?? ''}) v WHERE next <> effective_to`,
        ),
      ).toBe(0)
  })

  test('tell null from an empty text, and a separator in a value from one between values', async () => {
    const hash = (values: string): string => `md5(ROW(${values})::text)`
    expect(
      await one(
        `SELECT ${hash("NULL::text, 'a'")} = ${hash("'', 'a'")} AS empty, ${hash("'a|b', 'c'")} = ${hash("'a', 'b|c'")} AS shifted`,
      ),
    ).toEqual({ empty: false, shifted: false })
    expect(await count(`SELECT 1 FROM dim_customers WHERE record_hash <> md5(ROW(country, customer_segment, is_active)::text)`)).toBe(0)
  })

  test('a purchase alone makes none: totals are overwritten', async () => {
    const { versions, orders } =
      await one(`SELECT count(DISTINCT customer_sk) AS versions, count(DISTINCT transaction_id) AS orders FROM fact_sales
      WHERE user_id = (SELECT user_id FROM fact_sales GROUP BY 1 HAVING count(DISTINCT geography_id) = 1 ORDER BY count(DISTINCT transaction_id) DESC LIMIT 1)`)
    expect(versions).toBe('1')
    expect(Number(orders)).toBeGreaterThan(5)
  })

  test('a day on, nobody gets two: the dimension load leaves the segment to the RFM job', async () => {
    const before = await one('SELECT max(customer_sk) AS sk FROM dim_customers')
    await shop.live(5, 120)
    await shop.run()
    await shop.run()
    expect(
      await count(
        `SELECT user_id FROM dim_customers WHERE customer_sk > ${String(before['sk'])} GROUP BY user_id, country, customer_segment HAVING count(*) > 1`,
      ),
    ).toBe(0)
    // A new customer's first version, before the RFM job has seen them, has no segment; nobody is ever “Active”.
    expect(await count(`SELECT 1 FROM dim_customers WHERE customer_segment = 'Active'`)).toBe(0)
    expect(
      await count(
        `SELECT 1 FROM dim_customers d WHERE customer_segment IS NULL AND EXISTS (SELECT 1 FROM dim_customers e WHERE e.user_id = d.user_id AND e.effective_to = d.effective_from AND e.customer_segment IS NOT NULL)`,
      ),
    ).toBe(0)
  })

  test('somebody with two countries is one customer, now in the country of the last order', async () => {
    expect(
      await count(
        `SELECT f.user_id FROM fact_sales f JOIN dim_geography g USING (geography_id) GROUP BY f.user_id HAVING count(DISTINCT g.country) > 1`,
      ),
    ).toBeGreaterThan(0)
    expect(
      await count(`SELECT 1 FROM dim_customers d WHERE is_current AND country <> (
        SELECT o.country FROM imported.order_lines o WHERE o.customer_id = d.user_id ORDER BY o.ordered_at DESC, o.line_id DESC LIMIT 1)`),
    ).toBe(0)
  })
})

describe('loading', () => {
  test('a watermark is the newest stamp that was loaded, not the time of the run, and late events come in', async () => {
    const state = await one(
      `SELECT watermark::timestamptz = (SELECT max(created_at) FROM imported.transaction_lines) AS is_stamp FROM quintile.job_state WHERE job = 'land_transactions'`,
    )
    expect(state).toEqual({ is_stamp: true })
    await shop.sourceRows(
      'realtime',
      `INSERT INTO transactions SELECT 0, 'late', NULL, 'user_000001', min(transaction_timestamp) - interval '3 days', 'prod_00001', 'Late Chair', 'Chairs', 2, 10, 'PayPal', 'UK',
      max(created_at) - interval '5 minutes' FROM transactions`,
    )
    await shop.run()
    expect(
      await count(
        `SELECT 1 FROM fact_sales f JOIN dim_customers c USING (customer_sk) WHERE transaction_id = 'late' AND f.transaction_timestamp >= c.effective_from`,
      ),
    ).toBe(1)
  })

  test('daily runs double no fact', async () => {
    const before = await digestOf(shop, FILLED)
    await shop.run()
    await shop.run()
    expect(await digestOf(shop, FILLED)).toEqual(before)
    expect(await count('SELECT line_item_id FROM imported.order_lines WHERE line_item_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1')).toBe(
      0,
    )
  })

  test('a full reload reads everything again, and is not only printed', async () => {
    await shop.rows(`UPDATE fact_product_views SET device_type = 'tampered'; DELETE FROM fact_sales WHERE transaction_id = 'late'`)
    const run = await shop.run({ jobs: ['facts'], full_reload: true })
    expect(run.steps.find(({ job }) => job === 'fact_product_views')).toMatchObject({
      read: await count('SELECT 1 FROM imported.product_view_events'),
    })
    expect(await count(`SELECT 1 FROM fact_product_views WHERE device_type = 'tampered'`)).toBe(0)
    expect(await count(`SELECT 1 FROM fact_sales WHERE transaction_id = 'late'`)).toBe(1)
  })

  test('an extraction that fails is no success with no rows: the step fails, its error is kept, and other steps go on', async () => {
    const file = join(shop.folder, 'jobs', 'landing', 'land_cart_events.sql')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('event_id, session_id', 'event_id, is_abandoned, session_id'))
    const run = await shop.run()
    await writeFile(file, text)
    expect(run.status).toBe('failed')
    expect(run.steps.find(({ job }) => job === 'land_cart_events')).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('is_abandoned') as string },
    })
    expect(run.steps.filter(({ status }) => status === 'failed' || status === 'skipped')).toHaveLength(1)
    expect(await one(`SELECT last_run_status AS status FROM batch_job_tracker WHERE job_name = 'land_cart_events'`)).toEqual({
      status: 'FAILED',
    })
    expect((await shop.run()).status).not.toBe('failed')
  })

  test('every job, the analytics too, is in the tracker with its own numbers', async () => {
    const tracked = await shop.rows<{ job: string }>(
      `SELECT job_name AS job FROM batch_job_tracker WHERE last_run_status = 'SUCCESS' AND last_run_timestamp > '2024-01-01'`,
    )
    expect(tracked.map(({ job }) => job)).toEqual(expect.arrayContaining(Object.keys(DOCUMENTED)))
  })

  test('the checks are really carried out, freshness on the newest row and not on every old one', async () => {
    const checks = await shop.rows<{ job: string; check: string; stage: string }>(
      `SELECT DISTINCT s.job, c.check_name AS "check", c.stage FROM quintile.check_results c JOIN quintile.run_steps s USING (run_id, job) ORDER BY 1, 2`,
    )
    for (const job of ['fact_sales', 'fact_cart_events', 'fact_product_views'])
      expect(checks.filter((one) => one.job === job).length, job).toBeGreaterThan(3)
    expect(checks.filter(({ check }) => check.startsWith('freshness')).map(({ job }) => job)).toEqual([
      'land_cart_events',
      'land_product_views',
      'land_transactions',
    ])
    // An hour old and a year old together are fresh: the source is alive.
    await shop.sourceRows(
      'realtime',
      `INSERT INTO cart_events SELECT 'C-now', 'S-now', 'user_000001', 'add_to_cart', now(), 'prod_00001', 1, 10, 'UK', max(created_at) + interval '1 second' FROM cart_events`,
    )
    const run = await shop.run({ jobs: ['landing', 'dim_date'] })
    expect(run.steps.find(({ job }) => job === 'land_cart_events')).toMatchObject({ status: 'succeeded', inserted: 1 })
  })
})

describe('numbers', () => {
  test('a profit margin is a share of the revenue, whatever the quantity', async () => {
    expect(
      await count(
        "SELECT 1 FROM fact_sales WHERE profit_margin NOT BETWEEN 0.35 AND 0.45 AND quantity <= 3 AND product_id <> 'prod_00001'",
      ),
    ).toBe(0)
    expect(await count('SELECT 1 FROM fact_sales WHERE abs(profit - profit_margin * net_revenue) > 0.01 * abs(net_revenue) + 0.01')).toBe(0)
  })

  test('the RFM of earlier days is kept, also by a full reload', async () => {
    const days = async (table: string): Promise<number> => count(`SELECT DISTINCT analysis_date FROM ${table}`)
    const tables = ['rfm_analysis', 'product_performance', 'customer_segments']
    const before = await Promise.all(tables.map(days))
    await shop.rows(
      `UPDATE rfm_analysis SET analysis_date = analysis_date - 9; UPDATE product_performance SET analysis_date = analysis_date - 9; UPDATE customer_segments SET analysis_date = analysis_date - 9`,
    )
    const run = await shop.run({ jobs: ['analytics'], full_reload: true })
    expect(run.steps.filter(({ status }) => status === 'failed' || status === 'skipped')).toEqual([])
    expect(await Promise.all(tables.map(days))).toEqual(before.map((one) => one + 1))
  })

  test('an RFM that fails leaves its table full and the dimension as it was', async () => {
    const before = await digestOf(shop, ['rfm_analysis', 'dim_customers', 'customer_segments'])
    const file = join(shop.folder, 'jobs', 'analytics', 'rfm_analysis.sql')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('rfm_score: rfm_score }', 'rfm_score: rfm_segment }'))
    const run = await shop.run({ jobs: ['rfm_analysis'], full_reload: true })
    await writeFile(file, text)
    expect(run.status).toBe('failed')
    expect(await digestOf(shop, ['rfm_analysis', 'dim_customers', 'customer_segments'])).toEqual(before)
  })

  test('equal customers score alike, and every score has its documented segment', async () => {
    const newest = 'analysis_date = (SELECT max(analysis_date) FROM rfm_analysis)'
    expect(
      await count(
        `SELECT frequency_count FROM rfm_analysis WHERE ${newest} GROUP BY frequency_count HAVING count(DISTINCT frequency_score) > 1`,
      ),
    ).toBe(0)
    expect(
      await count(`SELECT recency_days FROM rfm_analysis WHERE ${newest} GROUP BY recency_days HAVING count(DISTINCT recency_score) > 1`),
    ).toBe(0)
    expect(
      await count(`SELECT 1 FROM rfm_analysis WHERE rfm_score <> 100 * recency_score + 10 * frequency_score + monetary_score OR rfm_segment <> CASE
      WHEN rfm_score >= 544 THEN 'Champions' WHEN rfm_score >= 434 THEN 'Loyal Customers' WHEN rfm_score >= 334 THEN 'Potential Loyalists'
      WHEN rfm_score >= 244 THEN 'At Risk' WHEN rfm_score >= 144 THEN 'Need Attention' ELSE 'Lost Customers' END`),
    ).toBe(0)
    expect(await count('SELECT DISTINCT rfm_segment FROM rfm_analysis')).toBe(6)
  })
})
