/** Imported orders beside the shop's own events, and orders whose answers are known by heart. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { addOrderLines, openTestWorkspace, runJobs, type TestWorkspace } from '../../tools/open-workspace.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'
import { LITTLE } from './little-shop.ts'

describe('a shop with both', () => {
  let shop: TestPack
  beforeAll(async () => {
    shop = await openTestPack({ pack: 'globalmart', sizes: { ...LITTLE, events: 2_000, users: 100 } })
    await shop.run()
  }, 60_000)
  afterAll(() => shop.close())

  const importOrders = async (lines: readonly string[]): Promise<unknown> => {
    const file = join(shop.folder, 'orders.csv')
    await writeFile(
      file,
      ['document_number,product_id,product_name,category,quantity,unit_price,ordered_at,customer_id,country', ...lines].join('\n'),
    )
    const { run, result } = await shop.rooms.pipelines.importFile({
      name: 'orders',
      file,
      request: 'test',
      signal: new AbortController().signal,
    })
    return { status: run.status, loaded: result?.loaded }
  }
  const LINES = [
    'A1,prod_00001,Imported Chair,Chairs,2,5.00,2024-12-30T10:00:00Z,user_000001,UK',
    'A2,lamp,Lamp,Lamps,1,9.00,2025-01-02T10:00:00Z,somebody,Spain',
  ]

  test('imported lines and lines of the shop’s database feed one star', async () => {
    expect(await importOrders(LINES)).toEqual({ status: 'succeeded', loaded: 2 })
    await shop.live(10, 60)
    await shop.run()
    const [source] = await shop.sourceRows<{ n: number; revenue: string }>(
      'realtime',
      'SELECT count(*)::int + 2 AS n, (sum(quantity * unit_price) + 19)::float8 AS revenue FROM transactions',
    )
    expect(await shop.rows('SELECT count(*)::int AS n, sum(total_revenue)::float8 AS revenue FROM fact_sales')).toEqual([source])
    expect(await shop.rows('SELECT count(*)::int - count(DISTINCT line_id)::int AS doubled FROM imported.order_lines')).toEqual([
      { doubled: 0 },
    ])
  })

  test('the file again, and a longer one, bring only what is new, though other lines came in between', async () => {
    expect(await importOrders(LINES)).toEqual({ status: 'succeeded', loaded: 0 })
    expect(await importOrders([...LINES, 'A3,lamp,Lamp,Lamps,3,9.00,2025-01-03T10:00:00Z,somebody,Spain'])).toEqual({
      status: 'succeeded',
      loaded: 1,
    })
  })

  test('a full reload of everything loses no imported line', async () => {
    const run = await shop.run({ full_reload: true })
    expect(run.steps.filter(({ status }) => status === 'failed' || status === 'skipped')).toEqual([])
    expect(await shop.rows(`SELECT count(*)::int AS n FROM fact_sales WHERE transaction_id IN ('A1', 'A2', 'A3')`)).toEqual([{ n: 3 }])
    const [source] = await shop.sourceRows<{ n: number }>('realtime', 'SELECT count(*)::int + 3 AS n FROM transactions')
    expect(await shop.rows('SELECT count(*)::int AS n FROM imported.order_lines')).toEqual([source])
  })
})

describe('a few orders', () => {
  const database = withDatabase()
  let shop: TestWorkspace
  beforeAll(async () => {
    shop = await openTestWorkspace(database.connection)
    await addOrderLines(shop.rooms, [
      { document: '1', product: 'mug', at: '2024-12-29T10:00:00Z', price: 10, quantity: 1, customer: 'ana', country: 'UK' },
      { document: '2', product: 'mug', at: '2024-12-30T10:00:00Z', price: 10, quantity: 3, customer: 'ana', country: 'UK' },
      { document: '3', product: 'mug', at: '2025-01-05T10:00:00Z', price: 10, quantity: 1, customer: 'bob', country: 'France' },
      { document: '4', product: 'mug', at: '2025-03-01T10:00:00Z', price: 10, quantity: 6, customer: 'ana', country: 'UK' },
      {
        document: '5',
        product: 'tea',
        name: 'Tea',
        at: '2025-03-01T11:00:00Z',
        price: 10,
        quantity: 6,
        customer: 'cem',
        country: 'France',
      },
    ])
    await runJobs(shop.rooms)
  }, 60_000)
  afterAll(() => shop.close())

  const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await shop.rooms.warehouse.query(sql)).rows

  test('weeks belong to the ISO year: 30 December 2024 is in 2025-W01', async () => {
    expect(
      await rows(
        `SELECT period_value, sum(total_quantity)::int AS pieces FROM sales_trends WHERE period_type = 'weekly' AND period_start < '2025-02-01' GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual([
      { period_value: '2024-W52', pieces: 1 },
      { period_value: '2025-W01', pieces: 4 },
    ])
  })

  test('no period is without its name, and each kind adds up to all sales', async () => {
    expect(
      await rows(
        `SELECT period_type, sum(total_revenue)::int AS revenue, count(*) FILTER (WHERE period_value IS NULL)::int AS nameless FROM sales_trends GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual(['daily', 'monthly', 'quarterly', 'weekly'].map((period_type) => ({ period_type, revenue: 170, nameless: 0 })))
  })

  test('growth is empty for the first period, and counts against the last one with sales after a gap', async () => {
    expect(
      await rows(
        `SELECT period_value, growth_rate::float8 AS growth FROM sales_trends WHERE period_type = 'monthly' AND country = 'UK' ORDER BY period_start`,
      ),
    ).toEqual([
      { period_value: '2024-12', growth: null },
      { period_value: '2025-03', growth: 50 },
    ])
  })

  test('a segment has one primary country, also where two are equally strong', async () => {
    await shop.rooms.warehouse.query(`UPDATE rfm_analysis SET rfm_segment = 'Champions'`)
    await runJobs(shop.rooms, ['customer_segments'])
    await shop.rooms.warehouse.query(
      `UPDATE dim_customers SET country = 'UK' WHERE user_id = 'bob'; DELETE FROM rfm_analysis WHERE user_id = 'ana'`,
    )
    const { done } = await shop.rooms.pipelines.start({
      jobs: ['customer_segments'],
      full_reload: true,
      request: 'test',
      signal: new AbortController().signal,
    })
    await done
    expect(
      await rows(`SELECT customer_count::int AS customers, primary_country FROM customer_segments WHERE segment_name = 'Champions'`),
    ).toEqual([{ customers: 2, primary_country: 'France' }])
  })

  test('ranks go by the revenue, and tiers by the score', async () => {
    const found = await rows(
      'SELECT product_id, overall_rank, category_rank, performance_score::float8 AS score, performance_tier FROM product_performance ORDER BY 1',
    )
    // Mugs: all of the revenue and the quantity there can be, no views at all. Tea: 60 of 110 of both.
    expect(found).toEqual([
      { product_id: 'mug', overall_rank: 1, category_rank: 1, score: 60, performance_tier: 'Strong Performer' },
      { product_id: 'tea', overall_rank: 2, category_rank: 2, score: 32.7273, performance_tier: 'Underperformer' },
    ])
  })

  test('a shop that only imports needs no other database: what would read it says so and loads nothing', async () => {
    const run = await runJobs(shop.rooms, ['landing'])
    expect(run.status).toBe('succeeded')
    expect(run.steps.find(({ job }) => job === 'land_transactions')).toMatchObject({
      read: 0,
      note: 'nothing to read: “realtime” is not connected',
    })
  })
})
