/** The defects of the customer’s own scripts in data, generator and Xiva, none of which is ours. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLoyalty, type LoyaltyPack } from './open-loyalty.ts'

let pack: LoyaltyPack

beforeAll(async () => {
  pack = await openLoyalty({ sizes: { customers: 120 } })
  await pack.run()
}, 120_000)
afterAll(() => pack.close())

const count = async (sql: string): Promise<number> => Number((await pack.rows<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`))[0]?.n)

test('guide and setup script name columns differently, and each table answers to both', async () => {
  const columnsOf = async (table: string): Promise<string[]> =>
    (await pack.rows<{ c: string }>(`SELECT column_name AS c FROM information_schema.columns WHERE table_name = '${table}'`)).map(
      ({ c }) => c,
    )
  const features = ['customer_id', 'total_revenue', 'transaction_count', 'avg_transaction_value', 'lifetime_value', 'churn_score']
  const guide = ['last_purchase_days_ago', 'customer_tier', 'city', 'age', 'updated_at']
  const script = [
    'days_since_last_transaction',
    'customer_status',
    'active_products_count',
    'data_usage_mb',
    'credit_utilization',
    'account_age_days',
    'last_updated',
  ]
  expect(await columnsOf('customer_features_view')).toEqual(expect.arrayContaining([...features, ...guide, ...script]))
  const offers = [
    'id',
    'customer_id',
    'offer_id',
    'offer_name',
    'offer_type',
    'sent_at',
    'opened_at',
    'clicked_at',
    'converted_at',
    'converted',
    'converted_offer_id',
    'points_earned',
    'created_at',
  ]
  expect(await columnsOf('customer_offer_history')).toEqual(
    expect.arrayContaining([...offers, ...features, 'last_purchase_days_ago', 'days_since_last_transaction']),
  )
  const churn = [
    'id',
    'snapshot_date',
    'churned',
    'churned_label',
    'churn_date',
    'churned_date',
    'created_at',
    'days_since_last_transaction',
  ]
  expect(await columnsOf('customer_churn_history')).toEqual(expect.arrayContaining([...features, ...churn]))
  const transactions = [
    'id',
    'customer_id',
    'transaction_date',
    'transaction_day',
    'transaction_type',
    'transaction_amount',
    'points_earned',
    'points_redeemed',
    'created_at',
  ]
  expect(await columnsOf('customer_transaction_history')).toEqual(expect.arrayContaining(transactions))
  expect(
    await count(
      'customer_features_view WHERE (last_purchase_days_ago, updated_at) IS DISTINCT FROM (days_since_last_transaction, last_updated)',
    ),
  ).toBe(0)
  expect(await count('customer_churn_history WHERE churned_label <> churned::int OR churned_date IS DISTINCT FROM churn_date')).toBe(0)
})

test('shifted churn scores stay between 0 and 1, although many would have left', async () => {
  expect(await count('customer_churn_history WHERE churn_score NOT BETWEEN 0 AND 1')).toBe(0)
  // These were pushed against an end: without the clamp they would lie beyond it.
  expect(await count('customer_churn_history WHERE churn_score IN (0, 1)')).toBeGreaterThan(0)
  await expect(pack.rows('UPDATE customer_churn_history SET churn_score = 1.05')).rejects.toMatchObject({ code: 'warehouse.constraint' })
})

test('a churn score out of range in the source is kept out with its reason', async () => {
  await pack.sourceRows('loyalty_source', 'ALTER TABLE customers DROP CONSTRAINT customers_churn_score_check')
  await pack.sourceRows('loyalty_source', "UPDATE customers SET churn_score = 1.2, customer_tier = 'gold' WHERE customer_number = 1")
  const run = await pack.run({ jobs: ['customer_features_view'] })
  expect(run.steps[0]).toMatchObject({ status: 'warning', rejected: 1 })
  expect(await pack.rows('SELECT reason FROM quintile.rejects')).toEqual([{ reason: 'churn_score is out of range' }])
  await pack.sourceRows('loyalty_source', 'UPDATE customers SET churn_score = 0.5 WHERE customer_number = 1')
})

test('history knows its natural keys: the same offer, snapshot or transaction cannot stand there twice', async () => {
  for (const [table, columns] of [
    ['customer_offer_history', 'customer_id, offer_id, sent_at'],
    ['customer_churn_history', 'customer_id, snapshot_date'],
    ['customer_transaction_history', 'transaction_reference, customer_id, transaction_date, transaction_type, transaction_amount'],
  ] as const)
    await expect(pack.rows(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${table} LIMIT 1`)).rejects.toMatchObject({
      code: 'warehouse.constraint',
    })
  await expect(pack.rows(`INSERT INTO customer_churn_history (customer_id) VALUES ('nobody')`)).rejects.toMatchObject({
    code: 'warehouse.constraint',
  })
})

test('what models learn from has its labels beside the features of that moment', async () => {
  expect(
    await count(
      'customer_offer_history WHERE converted_offer_id IS NOT NULL AND total_revenue IS NOT NULL AND days_since_last_transaction IS NOT NULL',
    ),
  ).toBeGreaterThan(300)
  expect(await count('customer_churn_history WHERE churned AND total_revenue IS NOT NULL')).toBeGreaterThan(20)
  // The label of a day must not be known before it.
  expect(await count('customer_churn_history WHERE churn_date > snapshot_date')).toBe(0)
})

test('offers count from 1 and classes of models from 0, and one column leads from one to the other', async () => {
  const offers = await pack.rows<{ offer_id: number; model_class: number }>('SELECT offer_id, model_class FROM offer_catalogue ORDER BY 1')
  expect(offers.map(({ offer_id }) => offer_id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(offers.map(({ model_class }) => model_class)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(await count('customer_offer_history LEFT JOIN offer_catalogue o USING (offer_id) WHERE o.offer_id IS NULL')).toBe(0)
})

test('all customers of Xiva are read, although it gives fifty a call', async () => {
  expect(await count('xiva_customers')).toBe(108)
  const page = await pack.rooms.runs.show((await pack.run({ jobs: ['xiva_customers'] })).run_id)
  expect(page.steps[0]?.note).toContain('108 items in 3 pages')
})

test('Xiva’s profiles claim neither transactions nor recency, which its API does not have', async () => {
  const names = (await pack.rooms.features.catalogue({ source: 'xiva' })).map(({ name }) => name)
  expect(names).toContain('payment_ratio')
  for (const name of ['transaction_count', 'last_purchase_days_ago', 'days_since_last_transaction']) expect(names).not.toContain(name)
})

test('the loyalty demo is the same for the same seed and another for another one', async () => {
  const digest = async (seed: number): Promise<unknown> => {
    const other = await openLoyalty({ seed, sizes: { customers: 20 }, serve: false })
    try {
      const tables = ['customers', 'offer_sends', 'churn_snapshots', 'transactions']
      return await Promise.all(
        tables.map((table) =>
          other.sourceRows('loyalty_source', `SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM ${table} t`),
        ),
      )
    } finally {
      await other.close()
    }
  }
  const [one, again, two] = [await digest(7), await digest(7), await digest(8)]
  expect(again).toEqual(one)
  expect(two).not.toEqual(one)
})

test('every table and column of the loyalty warehouse says what it is, and its migrations go down and up again', async () => {
  const silent = await pack.rows(`
    SELECT c.relname, a.attname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
      AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)`)
  expect(silent).toEqual([])
  await pack.rooms.schema.move({ verb: 'downgrade', target: 'base' })
  expect(await pack.rows(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`)).toEqual([])
  await pack.rooms.schema.move({ verb: 'upgrade' })
  expect(await count('customer_features_view')).toBe(0)
})
