import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLoyalty, type LoyaltyPack } from './open-loyalty.ts'

const TABLES = {
  offer_catalogue: 'offer_id, offer_name, offer_type, category, lifecycle_stage, value_segment',
  customer_features_view: '*',
  customer_offer_history:
    'customer_id, offer_id, offer_name, sent_at, opened_at, clicked_at, converted_at, points_earned, total_revenue, churn_score, created_at',
  customer_churn_history: 'customer_id, snapshot_date, total_revenue, churn_score, churned, churn_date, created_at',
  customer_transaction_history:
    'transaction_reference, customer_id, transaction_date, transaction_type, transaction_amount, points_earned, points_redeemed, created_at',
  xiva_customers: '*',
  xiva_accounts: '*',
  xiva_products: '*',
  xiva_usage: '*',
  xiva_profiles: '*',
}

let pack: LoyaltyPack
const changes: Record<string, number> = {}

/** All contents, without numbers of rows that say nothing. */
async function contents(): Promise<Record<string, unknown>> {
  const digests: Record<string, unknown> = {}
  for (const [table, columns] of Object.entries(TABLES)) {
    const rows = await pack.rows(
      `SELECT count(*)::int AS n, md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM (SELECT ${columns} FROM ${table}) t`,
    )
    digests[table] = rows[0]
  }
  return digests
}

beforeAll(async () => {
  pack = await openLoyalty({ sizes: { customers: 60 } })
  expect((await pack.run()).status).toBe('succeeded')
  for (let part = 0; part < 6; part += 1) {
    for (const [table, rows] of Object.entries(await pack.live(10, 60))) changes[table] = (changes[table] ?? 0) + rows
    expect((await pack.run()).status).toBe('succeeded')
  }
}, 120_000)
afterAll(() => pack.close())

test('an hour of the living programme changes every table of its source', async () => {
  expect(Object.keys(changes).sort()).toEqual(
    ['churn_snapshots', 'customers', 'offer_sends', 'transactions'].map((table) => `loyalty_source.${table}`),
  )
  const [kinds] = await pack.sourceRows<Record<string, number>>(
    'loyalty_source',
    `SELECT count(*) FILTER (WHERE voided)::int AS voided, count(*) FILTER (WHERE transaction_reference LIKE 'L%')::int AS made,
       (SELECT count(*)::int FROM customers WHERE created_at >= '2026-11-02') AS members FROM transactions`,
  )
  expect(Math.min(...Object.values(kinds!))).toBeGreaterThan(0)
})

test('after an hour of incremental runs the loyalty warehouse holds what a full load gives', async () => {
  const incremental = await contents()
  const run = await pack.run({ full_reload: true })
  expect(run.status).toBe('succeeded')
  expect(await contents()).toEqual(incremental)
  const [voided] = await pack.sourceRows<{ n: number }>('loyalty_source', 'SELECT count(*)::int AS n FROM transactions WHERE NOT voided')
  expect(await pack.rows('SELECT count(*)::int AS n FROM customer_transaction_history')).toEqual([voided])
})

test('totals of the living programme still follow from its transactions, late ones and those taken back included', async () => {
  const off = await pack.rows(`
    SELECT f.customer_id FROM customer_features_view f
    JOIN (SELECT customer_id, max(transaction_day) AS last FROM customer_transaction_history GROUP BY customer_id) t USING (customer_id)
    WHERE f.last_purchase_days_ago <> greatest((SELECT max(sent_at AT TIME ZONE 'UTC')::date FROM customer_offer_history), (SELECT max(transaction_day) FROM customer_transaction_history)) - t.last`)
  expect(off).toEqual([])
  expect(await pack.rows('SELECT customer_id FROM customer_features_view WHERE transaction_count < 0 OR total_revenue < 0')).toEqual([])
})

test('Xiva’s figures of the month grow as the demo lives on, and the same hour of it is always the same', async () => {
  const before = await pack.rows<{ spend: number }>('SELECT sum(current_month_spend)::float8 AS spend FROM xiva_profiles')
  await pack.live(60, 1)
  await pack.run({ jobs: ['xiva'] })
  const after = await pack.rows<{ spend: number }>('SELECT sum(current_month_spend)::float8 AS spend FROM xiva_profiles')
  expect(after[0]!.spend).toBeGreaterThan(before[0]!.spend)
  const again = await pack.run({ jobs: ['xiva'] })
  expect([again.totals.inserted, again.totals.updated]).toEqual([0, 0])
})
