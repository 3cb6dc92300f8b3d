/** An hour of the living shop, loaded bit by bit, against a warehouse that read everything at once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEMO_UNTIL, openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { contentsOf, LITTLE } from './little-shop.ts'

/** The source lives on to this minute of the hour behind the filled time. */
const live = ({ rooms }: TestPack, minute: number): Promise<Record<string, number>> =>
  rooms.demo.live({ to: DEMO_UNTIL + minute * 60_000, rate: 60, signal: new AbortController().signal })

let shop: TestPack
let lived: Record<string, number>

beforeAll(async () => {
  shop = await openTestPack({ pack: 'globalmart', sizes: LITTLE })
  await shop.run()
  lived = {}
  for (const minute of [10, 15, 25, 30, 40, 50, 60]) {
    // Calls that follow the clock of nobody: 3 minutes, then what is left.
    for (const to of [minute - 7, minute - 2.5, minute])
      for (const [table, rows] of Object.entries(await live(shop, to))) lived[table] = (lived[table] ?? 0) + rows
    const run = await shop.run()
    expect(run.steps.filter((step) => step.status === 'failed' || step.status === 'skipped')).toEqual([])
  }
}, 120_000)
afterAll(() => shop.close())

test('an hour of the living shop brings events of every kind, late ones and new people among them', async () => {
  const all = Object.values(lived).reduce((sum, rows) => sum + rows, 0)
  expect(all).toBeGreaterThan(2_800)
  expect(all).toBeLessThan(4_400)
  const [late] = await shop.sourceRows<{ late: number }>(
    'realtime',
    `SELECT count(*) FILTER (WHERE created_at > event_timestamp + interval '10 minutes')::int AS late FROM product_view_events WHERE session_id LIKE 'SL%'`,
  )
  expect(late?.late).toBeGreaterThan(0)
  const [people] = await shop.rows<{ people: number; products: number }>(
    `SELECT (SELECT count(*)::int FROM dim_customers WHERE is_current AND user_id >= 'user_000300') AS people,
       (SELECT count(*)::int FROM dim_products WHERE is_current AND product_id LIKE 'prod\\_n%') AS products`,
  )
  expect(people?.people).toBeGreaterThan(0)
  expect(people?.products).toBeGreaterThan(0)
})

test('after an hour in seven small loads the warehouse holds what one full load of the same events holds', async () => {
  const fresh = await openTestPack({ pack: 'globalmart', sizes: LITTLE })
  try {
    // All at once: it does not matter into how many calls an hour is divided.
    await live(fresh, 60)
    await fresh.run()
    expect(await contentsOf(shop)).toEqual(await contentsOf(fresh))
  } finally {
    await fresh.close()
  }
}, 60_000)

test('a full reload of all jobs leaves the living shop as it was', async () => {
  const before = await contentsOf(shop)
  const run = await shop.run({ full_reload: true })
  expect(run.steps.filter((step) => step.status === 'failed' || step.status === 'skipped')).toEqual([])
  expect(await contentsOf(shop)).toEqual(before)
})
