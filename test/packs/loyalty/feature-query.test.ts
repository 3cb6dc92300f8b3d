import { afterAll, beforeAll, expect, test } from 'vitest'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readWorkspace } from '../../../server/assemble.ts'
import { openFeatures, stampOfLoads, type Features } from '../../../server/features/index.ts'
import { featureSchema } from '../../../server/workspaces/feature-settings.ts'
import { failureOf } from '../../sources/http/api.ts'
import { openLoyalty, type LoyaltyPack } from './open-loyalty.ts'

let pack: LoyaltyPack

beforeAll(async () => {
  pack = await openLoyalty({ sizes: { customers: 12 }, serve: false })
  await pack.run({ jobs: ['loyalty'] })
  await pack.rows(
    'CREATE TABLE shop_customers AS SELECT gen_random_uuid() AS id, n AS orders, n * 10.5 AS revenue FROM generate_series(1, 5) n',
  )
}, 120_000)
afterAll(() => pack.close())

function open(settings: object): Features {
  const { warehouse, local } = pack.rooms
  return openFeatures({ stamp: stampOfLoads, warehouse, local, clock: Date.now, settings: featureSchema.parse(settings) })
}

const issuesOf = (settings: object): string =>
  (featureSchema.safeParse(settings).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')

test('a custom query serves a single customer, the snapshot and the segments, however its placeholder is written', async () => {
  for (const condition of [
    'WHERE id = :customer_id',
    'WHERE id::text = %(customer_id)s',
    'WHERE CAST(id AS text) = :customer_id::text AND orders > 0',
    'WHERE :customer_id = id',
    '',
  ]) {
    const features = open({
      query: `SELECT id AS customer_id, orders, revenue::numeric(12,2) AS revenue FROM shop_customers ${condition} -- the shop's`,
    })
    const [customer] = await pack.rows<{ id: string; orders: number }>(
      'SELECT id::text, orders FROM shop_customers ORDER BY orders DESC LIMIT 1',
    )
    const found = await features.get(customer!.id, 'warehouse')
    expect(found.features).toEqual({ customer_id: customer!.id, orders: 5, revenue: 52.5 })
    const snapshot = await features.sync('query', { signal: new AbortController().signal, onRows: () => undefined })
    expect([snapshot.customers, snapshot.features]).toEqual([5, 2])
    expect((await features.get(customer!.id, 'cache')).features).toEqual(found.features)
    const { types } = await pack.rooms.warehouse.withSession((session) => features.relation(session))
    expect([...types]).toEqual([
      ['customer_id', 'text'],
      ['orders', 'number'],
      ['revenue', 'number'],
    ])
  }
})

test('an id that is no UUID is an unknown customer, also where customers are UUIDs', async () => {
  const features = open({ query: 'SELECT id AS customer_id, orders FROM shop_customers WHERE id = :customer_id' })
  expect(await failureOf(features.get('customer_000001', 'warehouse'))).toMatchObject({ code: 'features.unknown-customer' })
})

test('a custom query that does not run says what PostgreSQL says and where to mend it', async () => {
  const ask = (query: string): Promise<Record<string, unknown>> => failureOf(open({ query }).get('1', 'warehouse'))
  const column = await ask('SELECT id AS customer_id, your_revenue_column FROM shop_customers')
  expect(column).toMatchObject({ code: 'features.bad-query', kind: 'mistake' })
  expect(column['message']).toContain('column "your_revenue_column" does not exist')
  expect(column['hint']).toContain('features.query in pack.yaml')
  expect((await ask('SELECT 1 AS customer_id FROM your_actual_table_or_view'))['message']).toContain(
    'relation "your_actual_table_or_view" does not exist',
  )
  expect((await ask('SELEKT 1 AS customer_id'))['message']).toContain('syntax error')
  expect(await ask('SELECT id FROM shop_customers')).toMatchObject({ code: 'features.no-customer-id' })
  // Whatever the query says, it may only read.
  expect(await ask('SELECT 1 AS customer_id) x; DROP TABLE shop_customers; SELECT (1')).toBeTruthy()
  expect(await pack.rows('SELECT count(*)::int AS n FROM shop_customers')).toEqual([{ n: 5 }])
})

test('settings of the feature store that cannot hold say which word is wrong and which is meant', () => {
  expect(issuesOf({ table: 'f', source: 'xvia' })).toContain('source: “xvia” is not a source of features. Did you mean “xiva”?')
  expect(issuesOf({ table: 'f', merge_strategy: 'xiva-first' })).toContain(
    'merge_strategy: “xiva-first” is not a merge strategy. Did you mean “xiva_first”?',
  )
  expect(issuesOf({ table: 'f', query: 'SELECT 1' })).toContain('either “table” (a table or view) or “query” (a SELECT), and not both')
  expect(issuesOf({})).toContain('either “table”')
  expect(issuesOf({ table: 'f; DROP TABLE f' })).toContain('a table name')
  expect(issuesOf({ table: 'f', source: 'xiva' })).toContain('“xiva” needs “profiles”')
  expect(issuesOf({ table: 'f', cache_ttl: '3600' })).toContain('a duration such as 1 hour')
  expect(issuesOf({ table: 'f', mapping: { revenue: 'Total Revenue' } })).toContain('a column name')
  expect(issuesOf({ query: 'SELECT * FROM f WHERE customer_id IN (:customer_id)' })).toContain('a condition of its own')
})

test('the mapping of models keeps its order, and the documented defaults hold where nothing is said', () => {
  const { mapping, cache_ttl } = featureSchema.parse({ table: 'f', mapping: { zeta: 'a', alpha: 'b', mid: 'c' } })
  expect(Object.keys(mapping)).toEqual(['zeta', 'alpha', 'mid'])
  expect(cache_ttl).toBe(3_600_000)
  expect(featureSchema.parse({ table: 'f' })).toMatchObject({ source: 'auto', merge_strategy: 'xiva_first' })
  expect(Object.entries(pack.rooms.workspace.pack.features.mapping)).toEqual([
    ['revenue', 'total_revenue'],
    ['transaction_count', 'transaction_count'],
    ['days_since_last', 'last_purchase_days_ago'],
    ['avg_transaction_value', 'avg_transaction_value'],
    ['lifetime_value', 'lifetime_value'],
  ])
})

test('a wrong word in the pack’s own settings names the file', async () => {
  const file = join(pack.folder, 'pack.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('source: auto', 'source: atuo'))
  const failure = await failureOf(readWorkspace(join(pack.folder, '..', '..'), pack.rooms.workspace.settings.name))
  await writeFile(file, text)
  expect(failure).toMatchObject({ code: 'workspace.bad-file' })
  expect(failure['message']).toContain('pack.yaml')
  expect(failure['message']).toContain('Did you mean “auto”?')
})

test('the catalogue of features tells type, meaning, side and drawer of each, and what models call it', async () => {
  const found = new Map((await pack.rooms.features.catalogue()).map((entry) => [entry.name, entry]))
  expect(found.has('customer_id')).toBe(false)
  expect(found.get('total_revenue')).toMatchObject({ type: 'number', source: 'both', category: 'financial', model: 'revenue' })
  expect(found.get('last_purchase_days_ago')).toMatchObject({ source: 'dwh', category: 'transaction', model: 'days_since_last' })
  expect(found.get('last_purchase_days_ago')?.description).toContain('null for somebody who never bought')
  expect(found.get('payment_ratio')).toMatchObject({ source: 'xiva', category: 'financial' })
  expect(found.get('customer_tier')).toMatchObject({ type: 'string', category: 'loyalty' })
  expect(found.get('updated_at')).toMatchObject({ type: 'datetime', category: 'other' })
  expect(found.get('has_data_service')).toMatchObject({ type: 'boolean', category: 'service' })
  expect(found.get('churn_score')).toMatchObject({ category: 'ml' })
  expect(found.get('age')).toMatchObject({ category: 'demographic' })
  expect(found.get('data_usage_mb')).toMatchObject({ category: 'service' })
  expect(found.get('city')).toMatchObject({ category: 'demographic' })
})

test('a mapping to a feature that does not exist is refused, instead of feeding models with zeros', async () => {
  const features = open({ table: 'customer_features_view', mapping: { customer_age_days: 'acount_age_days' } })
  expect(await failureOf(features.catalogue())).toMatchObject({ code: 'features.unknown-column', hint: 'Did you mean “account_age_days”?' })
})
