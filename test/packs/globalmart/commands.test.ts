/** The command lines of the customer's document, as runs of ours. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunDetail } from '../../../shared/run.ts'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { digestOf, FILLED, LITTLE } from './little-shop.ts'

const TINY = { ...LITTLE, events: 2_000, users: 100 }
let shop: TestPack
beforeAll(async () => {
  shop = await openTestPack({ pack: 'globalmart', sizes: TINY })
}, 60_000)
afterAll(() => shop.close())

const troubles = (run: RunDetail): unknown[] =>
  run.steps.filter(({ status }) => status === 'failed' || status === 'skipped').map(({ job, error }) => ({ job, error }))
const jobsOf = (run: RunDetail): string[] => run.steps.map(({ job }) => job).sort()

describe('on an empty warehouse', () => {
  test('--jobs all --dry-run says what would be loaded, and loads nothing', async () => {
    const { done } = await shop.rooms.pipelines.dryRun({ options: { jobs: ['all'] }, signal: new AbortController().signal })
    const predicted = await done
    const source = await shop.sourceRows<{ n: number }>('realtime', 'SELECT count(*)::int AS n FROM transactions')
    expect(predicted.steps.find(({ job }) => job === 'fact_sales')).toMatchObject({ inserted: source[0]?.n })
    expect((await digestOf(shop, FILLED)).map((one) => one['rows'])).toEqual(FILLED.map(() => 0))
  })

  test('an unknown job is refused by a dry run too, with the nearest name', async () => {
    await expect(
      shop.rooms.pipelines.dryRun({ options: { jobs: ['rfm_analyses'] }, signal: new AbortController().signal }),
    ).rejects.toMatchObject({
      code: 'plan.unknown-job',
      hint: expect.stringContaining('rfm_analysis') as string,
    })
  })

  test('--jobs rfm_analysis says what is missing, and how to ask for it', async () => {
    await expect(shop.run({ jobs: ['rfm_analysis'] })).rejects.toMatchObject({
      code: 'plan.missing-need',
      hint: expect.stringContaining('+rfm_analysis') as string,
    })
  })

  test('--jobs dimensions works alone, and asks for no other job', async () => {
    expect(troubles(await shop.run({ jobs: ['dimensions'] }))).toEqual([])
  })
})

describe('after a run of all jobs', () => {
  beforeAll(async () => {
    expect(troubles(await shop.run())).toEqual([])
  }, 60_000)

  test.each([
    [['dimensions'], ['country_reference', 'dim_customers', 'dim_date', 'dim_geography', 'dim_products', 'viewed_products']],
    [['facts'], ['fact_cart_events', 'fact_product_views', 'fact_sales']],
    [['analytics'], ['customer_segments', 'product_performance', 'rfm_analysis', 'sales_trends']],
    [['rfm_analysis'], ['rfm_analysis']],
    [
      ['product_performance', 'sales_trends'],
      ['product_performance', 'sales_trends'],
    ],
  ])('--jobs %j runs just these: needs outside are satisfied by the earlier success', async (jobs, expected) => {
    const run = await shop.run({ jobs })
    expect(troubles(run)).toEqual([])
    expect(jobsOf(run)).toEqual(expected)
  })

  test('--jobs dimensions facts analytics together run in the documented order', async () => {
    const run = await shop.run({ jobs: ['dimensions', 'facts', 'analytics'] })
    const order = run.steps.map(({ job }) => job)
    for (const [first, then] of [
      ['dim_customers', 'fact_sales'],
      ['fact_sales', 'rfm_analysis'],
      ['rfm_analysis', 'customer_segments'],
      ['fact_product_views', 'product_performance'],
    ])
      expect(order.indexOf(first ?? ''), `${first ?? ''} before ${then ?? ''}`).toBeLessThan(order.indexOf(then ?? ''))
  })

  test('--jobs +facts brings what happened since, with all that they need', async () => {
    await shop.live(20, 60)
    expect(troubles(await shop.run({ jobs: ['landing', 'dimensions', 'facts'] }))).toEqual([])
    const [source] = await shop.sourceRows<{ n: number }>('realtime', 'SELECT count(*)::int AS n FROM transactions')
    expect(await shop.rows('SELECT count(*)::int AS n FROM fact_sales')).toEqual([source])
  })

  test('--jobs all --full-reload reads everything again, and the facts are as they were', async () => {
    const facts = `SELECT count(*)::int AS rows, sum(total_revenue)::text AS revenue, (SELECT count(*)::int FROM imported.order_lines) AS lines FROM fact_sales`
    const before = await shop.rows(facts)
    expect(troubles(await shop.run({ full_reload: true }))).toEqual([])
    expect(await shop.rows(facts)).toEqual(before)
  })
})
