import { afterAll, beforeAll, expect, test } from 'vitest'
import { PROFILES } from '../../../server/workspaces/generators/loyalty/profiles.ts'
import type { RunDetail } from '../../../shared/run.ts'
import { openLoyalty, type LoyaltyPack } from './open-loyalty.ts'

let pack: LoyaltyPack
let first: RunDetail

beforeAll(async () => {
  pack = await openLoyalty()
  first = await pack.run()
}, 120_000)
afterAll(() => pack.close())

const source = <R>(sql: string): Promise<R[]> => pack.sourceRows<R>('loyalty_source', sql)

const one = async (sql: string): Promise<number> => Number(Object.values((await pack.rows<Record<string, string>>(sql))[0] ?? {})[0])

test('every loyalty job succeeds, and fifty customers give the numbers of rows that the document names', async () => {
  expect(first.steps.map(({ job, status, error }) => ({ job, status, error }))).toEqual(
    first.steps.map(({ job }) => ({ job, status: 'succeeded', error: null })),
  )
  expect(await one('SELECT count(*) FROM customer_features_view')).toBe(50)
  expect(await one('SELECT count(*) FROM customer_churn_history')).toBe(600)
  // 30 to 80 offers each and 20 to 50 transactions: 2,750 and 1,750 on average, and never far from it over 50 customers.
  expect(Math.abs((await one('SELECT count(*) FROM customer_offer_history')) - 2_750)).toBeLessThan(350)
  expect(Math.abs((await one('SELECT count(*) FROM customer_transaction_history')) - 1_750)).toBeLessThan(250)
})

test('what the warehouse holds of the programme is what its source holds', async () => {
  for (const [theirs, ours] of [
    [
      'SELECT count(*)::text n, sum(total_revenue)::text s FROM customers',
      'SELECT count(*)::text n, sum(total_revenue)::text s FROM customer_features_view',
    ],
    [
      'SELECT count(*)::text n, sum(points_earned)::text s FROM offer_sends',
      'SELECT count(*)::text n, sum(points_earned)::text s FROM customer_offer_history',
    ],
    [
      'SELECT count(*)::text n, sum(churned::int)::text s FROM churn_snapshots',
      'SELECT count(*)::text n, sum(churned_label)::text s FROM customer_churn_history',
    ],
    [
      'SELECT count(*)::text n, sum(amount)::text s FROM transactions',
      'SELECT count(*)::text n, sum(transaction_amount)::text s FROM customer_transaction_history',
    ],
  ] as const)
    expect(await pack.rows(ours)).toEqual(await source(theirs))
})

test('each of the five profiles draws every figure within the documented range', async () => {
  const drawn = await pack.rows<Record<string, string>>('SELECT f.*, f.total_revenue::float8 AS revenue FROM customer_features_view f')
  const kinds = new Map(
    (await source<{ id: string; kind: string }>('SELECT customer_id::text AS id, value_segment AS kind FROM customers')).map((row) => [
      row.id,
      row.kind,
    ]),
  )
  expect(new Set(kinds.values())).toEqual(new Set(PROFILES.map(({ name }) => name)))
  for (const row of drawn) {
    const profile = PROFILES.find(({ name }) => name === kinds.get(row['customer_id']!))!
    const [revenue, age] = [Number(row['total_revenue']), Number(row['account_age_days'])]
    const expectIn = (value: number, [low, high]: readonly [number, number], slack = 0): void => {
      expect(value).toBeGreaterThanOrEqual(low - slack)
      expect(value).toBeLessThanOrEqual(high + slack)
    }
    expectIn(revenue, profile.revenue)
    expectIn(Number(row['transaction_count']), profile.transactions)
    // Nobody bought before the account was opened.
    expectIn(Number(row['last_purchase_days_ago']), [Math.min(profile.recency[0], age), profile.recency[1]])
    expectIn(Number(row['lifetime_value']) / revenue, profile.lifetime, 0.001)
    expectIn(Number(row['churn_score']), profile.churn)
    expectIn(Number(row['active_products_count']), profile.products)
    expectIn(Number(row['data_usage_mb']), profile.data)
    expectIn(Number(row['credit_utilization']), profile.credit)
    expectIn(age, profile.age)
    expect(profile.statuses).toContain(row['customer_status'])
    expectIn(
      Number(row['avg_transaction_value']),
      [revenue / Number(row['transaction_count']), revenue / Number(row['transaction_count'])],
      0.0051,
    )
  }
})

test('offers are taken in the order sent, opened, clicked, taken, within the documented hours and with the documented points', async () => {
  const bad = `SELECT count(*) FROM customer_offer_history WHERE
    opened_at - sent_at NOT BETWEEN interval '1 hour' AND interval '48 hours' OR clicked_at - opened_at NOT BETWEEN interval '5 minutes' AND interval '120 minutes'
    OR converted_at - clicked_at NOT BETWEEN interval '1 hour' AND interval '72 hours' OR converted_offer_id <> offer_id
    OR converted AND points_earned NOT BETWEEN CASE WHEN offer_id <= 4 THEN 100 ELSE 50 END AND CASE WHEN offer_id <= 4 THEN 1000 ELSE 500 END
    OR NOT converted AND points_earned <> 0 OR offer_id NOT BETWEEN 1 AND 8 OR sent_at < timestamptz '2026-11-02 00:00Z' - interval '180 days'`
  expect(await one(bad)).toBe(0)
  const share = (rich: string): Promise<number> =>
    one(
      `SELECT avg(converted::int) FROM customer_offer_history h WHERE customer_id IN (SELECT customer_id FROM customer_features_view WHERE total_revenue ${rich} 5000)`,
    )
  expect(Math.abs((await share('>')) - 0.3)).toBeLessThan(0.08)
  expect(Math.abs((await share('<=')) - 0.15)).toBeLessThan(0.05)
})

test('transactions earn 1 to 5 % in points, and redemptions cost points and bring none', async () => {
  const bad = `SELECT count(*) FROM customer_transaction_history WHERE
    CASE WHEN transaction_type = 'redemption' THEN transaction_amount NOT BETWEEN 10 AND 100 OR points_redeemed NOT BETWEEN 50 AND 500 OR points_earned <> 0
    ELSE transaction_amount NOT BETWEEN 20 AND 500 OR points_redeemed <> 0 OR points_earned / transaction_amount NOT BETWEEN 0.0095 AND 0.0505 END`
  expect(await one(bad)).toBe(0)
  expect(
    await one('SELECT min(n) FROM (SELECT count(*) n FROM customer_transaction_history GROUP BY customer_id) c'),
  ).toBeGreaterThanOrEqual(20)
  expect(await one('SELECT max(n) FROM (SELECT count(*) n FROM customer_transaction_history GROUP BY customer_id) c')).toBeLessThanOrEqual(
    50,
  )
})

test('a churner’s snapshots show the decline 30 days before the end, and the end only from its day on', async () => {
  const churners = `customer_id IN (SELECT customer_id FROM customer_churn_history WHERE churned)`
  const bad = `SELECT count(*) FROM customer_churn_history h JOIN customer_features_view f USING (customer_id) JOIN
    (SELECT customer_id, max(churn_date) AS left_on FROM customer_churn_history GROUP BY customer_id) c USING (customer_id) WHERE h.${churners} AND (
    h.churned <> (c.left_on IS NOT NULL AND h.snapshot_date >= c.left_on)
    OR abs(h.total_revenue - CASE WHEN h.snapshot_date >= c.left_on - 30 THEN f.total_revenue * 0.5 ELSE f.total_revenue END) > 0.005
    OR CASE WHEN h.snapshot_date >= c.left_on - 30 THEN h.last_purchase_days_ago NOT BETWEEN 60 AND 180 ELSE h.last_purchase_days_ago NOT BETWEEN 1 AND 30 END)`
  expect(await one(`SELECT count(*) FROM customer_churn_history WHERE ${churners}`)).toBeGreaterThan(0)
  // Somebody who leaves in the last days, after the last snapshot, is no churner in the data yet.
  expect(await one(bad)).toBe(0)
  expect(await one('SELECT count(DISTINCT snapshot_date) FROM customer_churn_history')).toBe(12)
  expect(await one("SELECT count(*) FROM customer_churn_history WHERE (snapshot_date - date '2026-05-05') % 15 <> 0")).toBe(0)
})

test('a second run of the loyalty pack changes nothing', async () => {
  const digest = (): Promise<unknown> =>
    Promise.all(
      [
        'customer_features_view',
        'customer_offer_history',
        'customer_churn_history',
        'customer_transaction_history',
        'offer_catalogue',
        'xiva_profiles',
        'xiva_usage',
      ].map((table) => pack.rows(`SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest, count(*) FROM ${table} t`)),
    )
  const before = await digest()
  const run = await pack.run()
  expect(run.status).toBe('succeeded')
  expect([run.totals.inserted, run.totals.updated, run.totals.rejected]).toEqual([0, 0, 0])
  expect(await digest()).toEqual(before)
})

test('every report of the loyalty pack adds up, and every segment counts alike in snapshot and warehouse', async () => {
  const { run } = await pack.rooms.sync({ request: 'test' })
  expect([run.status, run.error]).toEqual(['succeeded', null])
  for (const { report } of await pack.rooms.reports.list()) {
    const { rows, reconciliation } = await pack.rooms.reports.run(report)
    expect([report, rows.length > 0, reconciliation.ok]).toEqual([report, true, true])
  }
  const segments = await pack.rooms.segments.list()
  expect(segments.length).toBeGreaterThanOrEqual(6)
  for (const { segment } of segments) {
    const [cache, warehouse] = [await pack.rooms.segments.count(segment, 'cache'), await pack.rooms.segments.count(segment, 'warehouse')]
    expect([segment, cache.count]).toEqual([segment, warehouse.count])
    expect(cache.count, segment).toBeGreaterThan(0)
    expect(cache.count, segment).toBeLessThan(cache.of)
  }
})

test('the guide’s own segment finds whom an independent count over the source finds', async () => {
  const [expected] = await source<{ n: number }>(`
    SELECT count(*)::int AS n FROM customers WHERE total_revenue > 1000 AND
      (SELECT max(sent_at) AT TIME ZONE 'UTC' FROM offer_sends)::date - (last_transaction_at AT TIME ZONE 'UTC')::date < 30`)
  const rule = { and: [{ '>': [{ var: 'total_revenue' }, 1000] }, { '<': [{ var: 'last_purchase_days_ago' }, 30] }] }
  const counted = await pack.rows<{ n: number }>(
    'SELECT count(*)::int AS n FROM customer_features_view WHERE total_revenue > 1000 AND last_purchase_days_ago < 30',
  )
  expect(counted).toEqual([expected])
  // Through the store Xiva’s revenue comes first, so the segment is asked of the warehouse’s own here.
  expect((await pack.rooms.segments.list()).find(({ segment }) => segment === 'active_high_value')?.rule).toEqual(rule)
})
