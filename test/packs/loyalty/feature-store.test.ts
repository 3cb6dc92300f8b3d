import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFeatures, stampOfLoads, type Features, type FeatureSettings } from '../../../server/features/index.ts'
import { openLoyalty, type LoyaltyPack } from './open-loyalty.ts'

let pack: LoyaltyPack
let now = Date.UTC(2026, 10, 3)
/** Known to both, to the warehouse only, and to Xiva only. */
let [both, ours] = ['', '']
const theirs = 'b1946ac9-2492-4d23-8b8f-000000000001'

function open(settings: Partial<FeatureSettings> = {}): Features {
  const { warehouse, local, workspace } = pack.rooms
  return openFeatures({ stamp: stampOfLoads, warehouse, local, clock: () => now, settings: { ...workspace.pack.features, ...settings } })
}

beforeAll(async () => {
  pack = await openLoyalty({ sizes: { customers: 20 } })
  expect((await pack.run()).status).toBe('succeeded')
  both = (await pack.rows<{ id: string }>('SELECT customer_id AS id FROM xiva_profiles ORDER BY 1 LIMIT 1'))[0]!.id
  ours = (
    await pack.rows<{ id: string }>(
      'SELECT customer_id AS id FROM customer_features_view EXCEPT SELECT customer_id FROM xiva_profiles LIMIT 1',
    )
  )[0]!.id
  await pack.rows(
    `INSERT INTO xiva_profiles (customer_id, customer_status, total_revenue, updated_at) VALUES ('${theirs}', 'active', 12.5, '2026-11-02')`,
  )
  await pack.rows(
    `UPDATE xiva_profiles SET total_revenue = 111, customer_status = NULL, age = 50, updated_at = '2026-11-01' WHERE customer_id = '${both}'`,
  )
  await pack.rows(
    `UPDATE customer_features_view SET total_revenue = 222, customer_status = 'inactive', age = NULL, updated_at = '2026-11-02' WHERE customer_id = '${both}'`,
  )
}, 120_000)
afterAll(() => pack.close())

const valuesOf = async (features: Features, strategy: string): Promise<Record<string, unknown>> => {
  const [found] = await features.read([both], { source: 'auto', strategy, useCache: false })
  return Object.fromEntries(Object.entries(found!.features).map(([name, { value, source }]) => [name, [value, source]]))
}

test('each merge strategy lets its side win, and each value says where it comes from', async () => {
  const features = open()
  expect((await valuesOf(features, 'xiva_first'))['total_revenue']).toEqual([111, 'xiva'])
  expect((await valuesOf(features, 'dwh_first'))['total_revenue']).toEqual([222, 'dwh'])
  // The warehouse's row is a day newer.
  expect((await valuesOf(features, 'merge'))['total_revenue']).toEqual([222, 'dwh'])
  await pack.rows(`UPDATE xiva_profiles SET updated_at = '2026-11-02 12:00Z' WHERE customer_id = '${both}'`)
  expect((await valuesOf(features, 'merge'))['total_revenue']).toEqual([111, 'xiva'])
  const [found] = await features.read([both], { strategy: 'merge', useCache: false })
  expect(found?.features['total_revenue']?.as_of).toBe('2026-11-02T12:00:00.000Z')
})

test('a null of the winning side never takes the place of the other side’s value', async () => {
  for (const strategy of ['xiva_first', 'dwh_first', 'merge']) {
    const values = await valuesOf(open(), strategy)
    expect([strategy, values['customer_status'], values['age']]).toEqual([strategy, ['inactive', 'dwh'], [50, 'xiva']])
  }
})

test('an answer kept of one source or strategy is never given for another', async () => {
  const features = open()
  const read = async (wish: object): Promise<unknown> => (await features.read([both], wish))[0]?.features['total_revenue']?.value
  expect(await read({ source: 'dwh' })).toBe(222)
  expect(await read({ source: 'xiva' })).toBe(111)
  expect(await read({ source: 'auto', strategy: 'dwh_first' })).toBe(222)
  expect(await read({ source: 'auto', strategy: 'xiva_first' })).toBe(111)
  expect((await features.read([both], { source: 'dwh' }))[0]?.cached).toBe(true)
})

test('an answer has the same types fresh and kept: numbers, texts and booleans, never a decimal as text', async () => {
  const features = open()
  features.invalidate([both])
  const [fresh] = await features.read([both])
  const [kept] = await features.read([both])
  expect([fresh?.cached, kept?.cached]).toEqual([false, true])
  expect(kept?.features).toEqual(fresh?.features)
  expect(typeof fresh?.features['total_revenue']?.value).toBe('number')
  expect(typeof fresh?.features['transaction_count']?.value).toBe('number')
})

test('a kept answer holds for its time to live, and is gone at once when it is invalidated', async () => {
  const features = open({ cache_ttl: 60_000 })
  features.invalidate([ours])
  const isKept = async (): Promise<boolean | undefined> => (await features.read([ours]))[0]?.cached
  expect(await isKept()).toBe(false)
  now += 59_999
  expect(await isKept()).toBe(true)
  now += 1
  expect(await isKept()).toBe(false)
  features.invalidate([ours])
  expect(await isKept()).toBe(false)
})

test('many customers are merged as one is, in the order asked, and the unknown are left out', async () => {
  const features = open()
  const many = await features.read([theirs, 'nobody', ours, both], { useCache: false })
  expect(many.map(({ customer_id }) => customer_id)).toEqual([theirs, ours, both])
  for (const one of many) expect((await features.read([one.customer_id], { useCache: false }))[0]?.features).toEqual(one.features)
  expect(many[0]?.features['total_revenue']).toMatchObject({ value: 12.5, source: 'xiva' })
  expect(many[1]?.features['total_revenue']).toMatchObject({ source: 'dwh' })
})

test('the snapshot holds every customer of either side, merged value for value as the store merges them', async () => {
  for (const strategy of ['xiva_first', 'dwh_first', 'merge'] as const) {
    const features = open({ merge_strategy: strategy })
    await features.sync(`test-${strategy}`, { signal: new AbortController().signal, onRows: () => undefined })
    expect(features.snapshot().customers).toBe(21)
    for (const id of [both, ours, theirs]) {
      const { features: row } = await features.get(id, 'cache')
      const [read] = await features.read([id], { useCache: false })
      for (const [name, { value }] of Object.entries(read!.features))
        // A boolean is 0 or 1 in SQLite.
        expect([strategy, name, row[name]]).toEqual([strategy, name, typeof value === 'boolean' ? Number(value) : value])
    }
  }
})

test('a profile without any value is no answer, and an unknown customer is a failure that says so', async () => {
  await pack.rows(`INSERT INTO xiva_profiles (customer_id, updated_at) VALUES ('empty', now())`)
  const features = open()
  expect(await features.read(['empty'], { source: 'xiva' })).toEqual([])
  await expect(features.get('empty', 'warehouse')).rejects.toMatchObject({ code: 'features.unknown-customer' })
  await pack.rows(`DELETE FROM xiva_profiles WHERE customer_id = 'empty'`)
})

test('dwh asks the warehouse alone and xiva the profiles alone', async () => {
  const features = open()
  expect(await features.read([theirs], { source: 'dwh' })).toEqual([])
  expect(await features.read([ours], { source: 'xiva' })).toEqual([])
  await expect(open({ profiles: undefined }).read([ours], { source: 'xiva' })).rejects.toMatchObject({ code: 'features.no-profiles' })
  await expect(features.read([ours], { source: 'xivva' })).rejects.toMatchObject({
    code: 'features.unknown-source',
    hint: 'Did you mean “xiva”?',
  })
  await expect(features.read([ours], { strategy: 'newest' })).rejects.toMatchObject({ code: 'features.unknown-strategy' })
})
