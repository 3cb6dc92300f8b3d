/** Replay: kept-out rows go through their job again, as they are or mended, once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunDetail } from '../../shared/run.ts'
import { openTestJobs, type TestJobs } from '../tools/open-jobs.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestJobs

const JOB = (max: number): string => `/*
kind: history
target: prices
key: [product]
track: [price]
effective: valid_from
checks:
  - range: { column: price, min: 0, max: ${String(max)} }
*/
SELECT product, price, valid_from, stamp FROM price_list`

beforeAll(async () => {
  shop = await openTestJobs(database.connection, {
    tables: `CREATE TABLE price_list (product text, price numeric(10,2), valid_from timestamptz, stamp bigint);
      CREATE TABLE prices (price_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product text NOT NULL, price numeric(10,2),
        effective_from timestamptz NOT NULL, effective_to timestamptz NOT NULL, is_current boolean NOT NULL, record_hash text NOT NULL);
      INSERT INTO price_list VALUES ('mug', 10, '2026-01-01', 1), ('mug', 900, '2026-02-01', 2), ('cup', -3, '2026-01-01', 3), (NULL, 1, '2026-01-01', 4)`,
    jobs: { 'dimensions/prices': JOB(100) },
  })
  await shop.run()
})
afterAll(() => shop.close())

async function replay(
  request: { rejectIds?: string[]; mended?: Record<string, Record<string, string | number>> } = {},
): Promise<RunDetail> {
  const { done } = await shop.rooms.pipelines.replay({
    ...{ job: 'prices', mended: {}, request: 'test', signal: new AbortController().signal },
    ...request,
  })
  return shop.rooms.runs.show((await done).run_id)
}

const open = async () => (await shop.rooms.runs.rejected.list({ job: 'prices', open: true }, { offset: 0, limit: 10 })).rejects
const idOf = async (reason: string, part: string): Promise<string> =>
  String((await open()).find((one) => one.reason === reason && one.row.includes(part))?.reject_id)
const versions = () =>
  shop.rows('SELECT product, price::text, effective_from::date::text AS at FROM prices ORDER BY product, effective_from')

test('a mended row takes its place in the middle of the history, and its reject is closed', async () => {
  const run = await replay({
    rejectIds: [await idOf('price is out of range', 'cup')],
    mended: { [await idOf('price is out of range', 'cup')]: { price: 3 } },
  })
  expect(run).toMatchObject({ kind: 'replay', status: 'succeeded', totals: { read: 1, inserted: 1, rejected: 0 } })
  expect(await versions()).toEqual([
    { product: 'cup', price: '3.00', at: '2026-01-01' },
    { product: 'mug', price: '10.00', at: '2026-01-01' },
  ])
  expect((await open()).map((one) => one.reason).sort()).toEqual(['price is out of range', 'product is missing'])
})

test('rows that are still bad are rejected again, with the reason of now, and counted once', async () => {
  const run = await replay()
  expect(run.totals).toMatchObject({ read: 2, inserted: 0, rejected: 2 })
  expect((await open()).map(({ reason, run_id }) => [reason, run_id === run.run_id]).sort()).toEqual([
    ['price is out of range', true],
    ['product is missing', true],
  ])
})

test('after the rule is mended the rows flow as they came', async () => {
  await shop.writeJob('dimensions/prices', JOB(1000))
  const run = await replay({ rejectIds: [await idOf('price is out of range', 'mug')] })
  expect(run.totals).toMatchObject({ read: 1, versions_closed: 1, rejected: 0 })
  expect(await versions()).toContainEqual({ product: 'mug', price: '900.00', at: '2026-02-01' })
})

test('a failed replay leaves the rejects open', async () => {
  const id = await idOf('product is missing', 'stamp')
  const run = await replay({ rejectIds: [id], mended: { [id]: { price: 'much' } } })
  expect(run.steps).toMatchObject([{ status: 'failed', error: { code: 'warehouse.bad-value' } }])
  expect(await open()).toHaveLength(1)
})

test('what cannot be replayed is refused with what to do instead', async () => {
  await expect(replay({ rejectIds: ['999999'] })).rejects.toMatchObject({ code: 'rejects.none' })
  const other = (job: string) => shop.rooms.pipelines.replay({ job, mended: {}, request: 'test', signal: new AbortController().signal })
  await expect(other('import orders')).rejects.toMatchObject({
    code: 'rejects.no-job',
    hint: expect.stringContaining('import it again') as string,
  })
  await expect(other('pricez')).rejects.toMatchObject({ code: 'rejects.no-job' })
})
