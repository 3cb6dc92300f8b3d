/** Who is one customer, and what a profile says: the customer's defects are not ours. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CUSTOMERS, openInbox, PRODUCTS, SALES, type Inbox } from './inbox.ts'

let winery: Inbox
const profile = (code: string) =>
  winery.one<Record<string, unknown>>(
    `SELECT recence_jours AS days, nb_commandes AS orders, ca_ht::text AS ca, rfm, segment FROM client_master_profile WHERE customer_code = '${code}'`,
  )
const aroma = (code: string) =>
  winery.one<Record<string, unknown>>(
    `SELECT aroma_axe_1, aroma_axe_2, aroma_axe_3, aroma_score_1::text, aroma_stability::text, aroma_confidence::text, aroma_level FROM client_master_profile WHERE customer_code = '${code}'`,
  )
/** So many documents of so much each, the last one on the day. */
const orders = (code: string, count: number, amount: number, { day, label = 'Plain White' }: { day: string; label?: string }): string[] =>
  Array.from(
    { length: count },
    (_, order) => `${code},${order === 0 ? day : '2024-01-05'},${code}-${String(order)},${label},1,${String(amount)}`,
  )

beforeAll(async () => {
  winery = await openInbox()
  await winery.put('products.csv', [
    PRODUCTS,
    'P1,Plain White,White,Riesling,Dry,STANDARD,0,3,3,3,3,3,3,3,oui,',
    'P2,Bold Red,Red,Syrah,Dry,PREMIUM,2,5,1,5,1,1,5,5,oui,',
    'P3,Shy White,White,Muscat,Sweet,BUDGET,0,1,5,1,5,5,1,1,oui,',
    'P4,Half Tasted,Rosé,Pinot Noir,Dry,STANDARD,0,4,,,,,,,oui,',
    'P5,Never Sold,Red,Syrah,Dry,LUXURY,3,1,1,1,1,1,1,1,oui,',
  ])
  await winery.put('customers.csv', [
    CUSTOMERS,
    'D1,Martin,Léa,shared@example.com,06 11 22 33 44,1 rue A,67000,Strasbourg,France',
    'D2,MARTIN,Lea,SHARED@example.com,,2 rue B,67100,Colmar,',
    'D3,Martin,L.,shared@example.com,+33 6 11 22 33 44,,,,',
    'H1,Roth,Paul,family@example.com,0388000001,3 rue C,67000,,',
    'H2,Stein,Max,family@example.com,0388000002,9 rue D,68000,,',
    ...['R29', 'R30', 'R364', 'R365', 'F3', 'BOLD', 'MIXED', 'HALF', 'TWO', 'LATE'].map((code) => `${code},Name ${code},X,,,,,,`),
  ])
  await winery.put('sales_lines.csv', [
    SALES,
    ...['D1,2026-09-01,D1-1,Plain White,1,10', 'D2,2026-09-02,D2-1,Plain White,1,20', 'D3,2026-09-03,D3-1,Bold Red,1,30'],
    ...orders('R29', 1, 199.99, { day: '2026-09-02' }),
    ...orders('R30', 2, 100, { day: '2026-09-01' }),
    ...orders('R364', 5, 100, { day: '2025-10-02' }),
    ...orders('R365', 20, 100, { day: '2025-10-01' }),
    ...orders('F3', 3, 150, { day: '2026-09-20' }),
    ...orders('BOLD', 10, 50, { day: '2026-09-20', label: 'Bold Red' }),
    ...orders('MIXED', 5, 50, { day: '2026-09-20', label: 'Bold Red' }),
    ...orders('MIXED', 5, 50, { day: '2026-09-21', label: 'Shy White' }).map((line) => line.replace('MIXED-', 'MIXED-2-')),
    ...orders('HALF', 2, 40, { day: '2026-09-20', label: 'Half Tasted' }),
    ...['TWO,2026-09-20,TWO-1,Plain White,1,83', 'TWO,2026-09-20,TWO-1,Bold Red,1,17'],
    ...['LATE,2026-10-01,LATE-1,Plain White,1,100'],
  ])
  await winery.run()
})
afterAll(() => winery.close())

test('all columns of the ten documented tables are there, so that no query names one that is missing', async () => {
  const { rows } = await winery.rooms.warehouse.query<{ table: string; columns: string[] }>(
    `SELECT table_name AS table, array_agg(column_name::text) AS columns FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1`,
  )
  const columns = Object.fromEntries(rows.map((row) => [row.table, row.columns]))
  expect(columns['product']).toEqual(
    expect.arrayContaining([
      'family_crm',
      'global_popularity_score',
      'premium_tier',
      'product_label',
      'price_band',
      'season_tags',
      'aroma_tannin',
      'is_archived',
    ]),
  )
  expect(columns['product_alias']).toEqual(expect.arrayContaining(['label_norm', 'product_key', 'created_at']))
  expect(columns['client_master_profile']).toEqual(
    expect.arrayContaining([
      'r_score',
      'rfm',
      'top_budget_2_ca_share',
      'family_diversity_score',
      'aroma_score_3',
      'aroma_confidence',
      'aroma_level',
    ]),
  )
  expect(columns['reco_run']).toEqual(expect.arrayContaining(['config_hash', 'eligible_customers', 'summary_json']))
  expect(columns['audit_item']).toEqual(expect.arrayContaining(['severity', 'rule_code', 'details_json']))
  expect(columns['outcome_event']).toEqual(expect.arrayContaining(['campaign_id', 'revenue_ht', 'last_touch_reco_rank']))
  const money = `SELECT count(*)::integer AS n FROM information_schema.columns WHERE table_schema = 'public' AND data_type IN ('real', 'double precision')`
  expect(await winery.one(money)).toEqual({ n: 0 })
  const bare = `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)`
  expect(await winery.rows(bare)).toEqual([])
})

test('the same e-mail and a second field make one customer with one surviving code, and order lines keep their customer', async () => {
  expect(await winery.rows('SELECT merged_code, surviving_code, matched_on FROM customer_merge ORDER BY 1')).toEqual([
    { merged_code: 'D2', surviving_code: 'D1', matched_on: 'name' },
    { merged_code: 'D3', surviving_code: 'D1', matched_on: 'phone' },
  ])
  expect(await winery.rows(`SELECT customer_code FROM customer WHERE customer_code LIKE 'D%' OR customer_code LIKE '%,%'`)).toEqual([
    { customer_code: 'D1' },
  ])
  expect(await winery.rows(`SELECT source_customer_code AS code FROM order_line WHERE customer_code = 'D1' ORDER BY 1`)).toEqual([
    { code: 'D1' },
    { code: 'D2' },
    { code: 'D3' },
  ])
  expect(await profile('D1')).toMatchObject({ orders: 3, ca: '60.00' })
})

test('two households that share an e-mail stay two', async () => {
  expect(await winery.rows(`SELECT customer_code FROM customer WHERE email = 'family@example.com' ORDER BY 1`)).toEqual([
    { customer_code: 'H1' },
    { customer_code: 'H2' },
  ])
  const { rows } = await winery.rooms.reports.run('customer_merges')
  expect(rows).toContainEqual(expect.objectContaining({ outcome: 'not merged', customer_code: 'H2', other_code: 'H1' }))
})

test('bins are half-open: 30 days score 4, 2 orders score 2, a turnover of 200 scores 2, the last edge takes the rest', async () => {
  // The newest day of the data is 1 October 2026.
  expect(await profile('R29')).toMatchObject({ days: 29, rfm: '511', segment: 'NEW' })
  expect(await profile('R30')).toMatchObject({ days: 30, rfm: '422' })
  expect(await profile('R364')).toMatchObject({ days: 364, rfm: '233' })
  expect(await profile('R365')).toMatchObject({ days: 365, rfm: '155', segment: 'AT_RISK' })
})

test('three orders of 450 together score F 2 and M 2 by the documented bins, and no score is a constant', async () => {
  expect(await profile('F3')).toMatchObject({ orders: 3, ca: '450.00', rfm: '522' })
  expect(
    await winery.one('SELECT count(DISTINCT rfm) > 5 AS varied, count(DISTINCT top_budget_1) > 1 AS budgets FROM client_master_profile'),
  ).toEqual({ varied: true, budgets: true })
})

test('shares and diversity: one family with 83 percent has a Gini-Simpson diversity of 0.28', async () => {
  expect(
    await winery.one(
      `SELECT top_family_1, top_family_1_ca_share::text, top_family_2, top_family_2_ca_share::text, family_diversity_score::text, top_grape_1, top_budget_2 FROM client_master_profile WHERE customer_code = 'TWO'`,
    ),
  ).toEqual({
    ...{ top_family_1: 'White', top_family_1_ca_share: '0.8300', top_family_2: 'Red', top_family_2_ca_share: '0.1700' },
    ...{ family_diversity_score: '0.2822', top_grape_1: 'Riesling', top_budget_2: 'PREMIUM' },
  })
})

test('a strong taste that never changes is stable and sure, a flat mixture of opposites is not', async () => {
  expect(await aroma('BOLD')).toEqual({
    ...{ aroma_axe_1: 'fruit', aroma_axe_2: 'spice', aroma_axe_3: 'body', aroma_score_1: '1.000', aroma_stability: '1.000' },
    ...{ aroma_confidence: '1.000', aroma_level: 'HIGH' },
  })
  expect(await aroma('MIXED')).toMatchObject({
    aroma_axe_1: 'fruit',
    aroma_score_1: '0.600',
    aroma_stability: '0.000',
    aroma_confidence: '0.200',
    aroma_level: 'LOW',
  })
})

test('an axis that nobody tasted is left out and does not count as 0, and one order makes no aroma profile', async () => {
  expect(await aroma('HALF')).toMatchObject({
    aroma_axe_1: 'fruit',
    aroma_score_1: '0.800',
    aroma_axe_2: null,
    aroma_stability: '1.000',
    aroma_confidence: '0.360',
  })
  expect(await aroma('R29')).toMatchObject({ aroma_axe_1: null, aroma_confidence: '0.000', aroma_level: 'LOW' })
})

test('popularity is a percentile rank, so that thresholds of 0.3 to 0.7 can be passed', async () => {
  expect(await winery.rows('SELECT product_key AS p, global_popularity_score::text AS score FROM product ORDER BY 1')).toEqual([
    { p: 'P1', score: '1.0000' },
    { p: 'P2', score: '0.8000' },
    { p: 'P3', score: '0.6000' },
    { p: 'P4', score: '0.4000' },
    { p: 'P5', score: '0.0000' },
  ])
})

test('a merge is taken back by a decision, another is made by one, and lines follow their customers', async () => {
  await writeFile(
    join(winery.folder, 'reference', 'customer_merge_decisions.csv'),
    'customer_code,other_code,decision,note\nD1,D2,apart,twins\nH1,H2,same,moved\n',
  )
  await winery.run()
  expect(await winery.rows(`SELECT customer_code FROM customer WHERE customer_code ~ '^[DH][0-9]' ORDER BY 1`)).toEqual([
    { customer_code: 'D1' },
    { customer_code: 'D2' },
    { customer_code: 'H1' },
  ])
  expect(await profile('D2')).toMatchObject({ orders: 1, ca: '20.00' })
  expect(await profile('D1')).toMatchObject({ orders: 2, ca: '40.00' })
})

test('a threshold that is edited in the reference file holds from the next run on, and a wrong one is refused', async () => {
  const file = join(winery.folder, 'reference', 'crm_settings.csv')
  const text = await readFile(file, 'utf8')
  await writeFile(
    file,
    text
      .replace('0 200 500 1000 2000 999999', '0 100 150 1000 2000 999999')
      .replace('profile.as_of_date,newest', 'profile.as_of_date,2026-12-31'),
  )
  await winery.run()
  expect(await profile('F3')).toMatchObject({ days: 102, rfm: '323' })
  await writeFile(file, text.replace('0 200 500 1000 2000 999999', '0 500 200 1000 2000 999999'))
  const run = await winery.run()
  expect(run.steps.find(({ job }) => job === 'crm_setting')).toMatchObject({ status: 'failed', error: { code: 'check.failed' } })
  expect(run.steps.find(({ job }) => job === 'client_master_profile')).toMatchObject({ status: 'skipped' })
})
