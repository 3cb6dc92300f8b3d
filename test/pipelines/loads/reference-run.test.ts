/** Reference data of the little shop: what a person adds to the file reaches the dimension, without any new order. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOrderLines, openTestWorkspace, runJobs, type TestWorkspace } from '../../tools/open-workspace.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestWorkspace

beforeAll(async () => {
  shop = await openTestWorkspace(database.connection)
  await addOrderLines(shop.rooms, [{ at: '2026-01-10T10:00:00Z', country: 'Atlantis' }])
})
afterAll(() => shop.close())

const regions = async (): Promise<unknown> => (await shop.rooms.warehouse.query('SELECT country, region FROM dim_geography')).rows

test('a country that is added to the file is known at the next run, and unknown again when it is taken out', async () => {
  expect((await runJobs(shop.rooms)).status).toBe('succeeded')
  expect(await regions()).toEqual([{ country: 'Atlantis', region: null }])

  const file = join(shop.folder, 'reference', 'country_reference.csv')
  const text = await readFile(file, 'utf8')
  await writeFile(file, `${text}Atlantis,Beyond the Pillars,Atlantic,ATL,UTC\n`)
  const added = (await runJobs(shop.rooms)).steps
  expect(added.find(({ job }) => job === 'country_reference')).toMatchObject({ status: 'succeeded', read: 56, inserted: 1, unchanged: 55 })
  expect(added.find(({ job }) => job === 'dim_geography')).toMatchObject({ status: 'succeeded', read: 1, updated: 1 })
  expect(await regions()).toEqual([{ country: 'Atlantis', region: 'Beyond the Pillars' }])

  await writeFile(file, text)
  const taken = (await runJobs(shop.rooms)).steps
  expect(taken.find(({ job }) => job === 'country_reference')).toMatchObject({ unchanged: 55, note: '1 row removed: gone at the source' })
  expect(await regions()).toEqual([{ country: 'Atlantis', region: null }])
})
