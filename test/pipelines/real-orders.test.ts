/** Half a million real order lines become a star schema, RFM, a snapshot and a segment, with the published figures. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorkspace, runJobs, type TestWorkspace } from '../tools/open-workspace.ts'
import { describeWithRealData } from '../tools/real-data.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const LONG = 240_000

describeWithRealData('the orders of a real shop', ['online_retail.csv.gz'], (file = '') => {
  const database = withDatabase()
  let shop: TestWorkspace

  beforeAll(async () => {
    shop = await openTestWorkspace(database.connection)
  })
  afterAll(() => shop.close())

  const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await shop.rooms.warehouse.query(sql)).rows
  const importFile = (path: string) =>
    shop.rooms.pipelines.importFile({ name: 'orders', file: path, request: 'test', signal: new AbortController().signal })

  test('are imported whole: read = loaded + rejected, and every published figure is met', { timeout: LONG }, async () => {
    const { result } = await importFile(file)
    expect(result).toMatchObject({ lines: 541_909, read: 541_909, loaded: 541_909, rejected: 0 })
    const report = await shop.rooms.reports.run('order_lines_profile')
    expect(report.rows.map((row) => row['value'])).toEqual([
      '541909',
      '135080',
      '4372',
      '25900',
      '4070',
      '38',
      '5268',
      '9288',
      '2515',
      '9747747.934',
      '8300065.814',
      '397884',
      '4338',
      '18532',
      '8911407.904',
    ])
  })

  test('become a star schema in one run that reconciles', { timeout: LONG }, async () => {
    const run = await runJobs(shop.rooms)
    expect(run.status).toBe('succeeded')
    expect(run.steps.every((step) => step.reconciles)).toBe(true)
    expect(
      await rows(`SELECT (SELECT count(*) FROM fact_sales)::int AS sales, (SELECT count(*) FROM dim_customers WHERE is_current)::int AS customers,
      (SELECT count(*) FROM dim_products WHERE is_current)::int AS products, (SELECT count(*) FROM dim_geography)::int AS countries,
      (SELECT sum(total_revenue) FROM fact_sales)::text AS revenue, (SELECT count(*) FROM fact_sales WHERE user_id IS NOT NULL AND customer_sk IS NULL)::int AS lost`),
    ).toEqual([{ sales: 541_909, customers: 4372, products: 4070, countries: 38, revenue: '9747747.9340', lost: 0 }])
  })

  test('join each line to a version that was valid at its time', { timeout: LONG }, async () => {
    expect(
      await rows(`SELECT count(*)::int AS wrong FROM fact_sales f JOIN dim_customers c USING (customer_sk)
      WHERE f.transaction_timestamp < c.effective_from OR f.transaction_timestamp >= c.effective_to OR c.user_id <> f.user_id`),
    ).toEqual([{ wrong: 0 }])
    expect(
      await rows(`SELECT count(*)::int AS wrong FROM fact_sales f JOIN dim_products p USING (product_sk)
      WHERE f.transaction_timestamp < p.effective_from OR f.transaction_timestamp >= p.effective_to OR p.product_id <> f.product_id`),
    ).toEqual([{ wrong: 0 }])
  })

  test('give features whose revenue is the published net revenue of 4,372 customers', { timeout: LONG }, async () => {
    expect(
      await rows('SELECT count(*)::int AS customers, round(sum(total_revenue), 2)::text AS revenue FROM customer_features_view'),
    ).toEqual([{ customers: 4372, revenue: '8300065.81' }])
    const { snapshot } = await shop.rooms.sync({ request: 'test' })
    expect(snapshot).toMatchObject({ customers: 4372, as_of: '2011-12-09T12:50:00Z' })
  })

  test('have a segment that counts alike in the snapshot and in the warehouse', { timeout: LONG }, async () => {
    const [cache, warehouse] = [
      await shop.rooms.segments.count('active_high_value', 'cache'),
      await shop.rooms.segments.count('active_high_value', 'warehouse'),
    ]
    expect(cache).toMatchObject({ count: 952, of: 4372 })
    expect(warehouse).toMatchObject({ count: cache.count, of: cache.of, as_of: cache.as_of })
  })

  test('run again change nothing, and 1,000 appended lines move alone', { timeout: LONG }, async () => {
    expect(await runJobs(shop.rooms)).toMatchObject({ status: 'succeeded', nothing_changed: true })
    const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n')
    const longer = join(shop.home, 'longer.csv.gz')
    writeFileSync(longer, gzipSync(`${[...lines, ...lines.slice(-1000)].join('\n')}\n`))
    expect((await importFile(longer)).result).toMatchObject({
      lines: 542_909,
      already_imported: 541_909,
      read: 1000,
      loaded: 1000,
      rejected: 0,
    })
    const run = await runJobs(shop.rooms)
    expect(run.steps.find((step) => step.job === 'fact_sales')).toMatchObject({ read: 1000, inserted: 1000, unchanged: 0 })
    expect(await rows('SELECT count(*)::int AS sales FROM fact_sales')).toEqual([{ sales: 542_909 }])
  })
})
