/** Transforms: a table made anew as a whole, or date by date. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LoadContext, LoadOutcome } from '../../../server/pipelines/load-kind.ts'
import { jobSchema, kindOf, type Job } from '../../../server/pipelines/load-kinds.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import { loadStaged, parseDeclaration, stage } from '../../tools/load-by-hand.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse

const WHOLE = parseDeclaration({ kind: 'transform', target: 'daily', key: ['day', 'shop'] })
const BY_DAY = parseDeclaration({ kind: 'transform', mode: 'partition', partition: 'day', target: 'daily', key: ['day', 'shop'] })

type Sale = [day: string, shop: string, total: number]

beforeAll(() => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
})
afterAll(() => warehouse.close())
beforeEach(() =>
  warehouse.withSession((session) =>
    session.script(`DROP TABLE IF EXISTS daily;
      CREATE TABLE daily (day date, shop text, total numeric(10,2), UNIQUE (day, shop));
      INSERT INTO daily VALUES ('2026-01-01', 'a', 1), ('2026-01-01', 'b', 2), ('2026-01-02', 'a', 3), ('2026-01-03', 'c', 4)`),
  ),
)

async function load(job: Job, sales: readonly Sale[], context: Partial<LoadContext<Job>> = {}, type = 'date'): Promise<LoadOutcome> {
  return warehouse.withTransaction(async (session) => {
    await stage(session, { day: type, shop: 'text', total: 'numeric' }, sales.map(([day, shop, total]) => ({ day, shop, total }))) // prettier-ignore
    return loadStaged(session, job, context)
  })
}

async function daily(): Promise<string[]> {
  const { rows } = await warehouse.query<{ text: string }>(
    `SELECT to_char(day, 'DD') || shop || trunc(total) AS text FROM daily ORDER BY day, shop`,
  )
  return rows.map(({ text }) => text)
}

describe('as a whole', () => {
  test('the target becomes the result', async () => {
    const outcome = await load(WHOLE, [['2026-01-01', 'a', 1], ['2026-01-02', 'a', 7]]) // prettier-ignore
    expect(outcome).toMatchObject({ counts: { inserted: 0, updated: 1, unchanged: 1 }, removed: 2, rows: 2 })
    expect(await daily()).toEqual(['01a1', '02a7'])
  })

  test('an empty or partial result is refused', async () => {
    await expect(load(WHOLE, [])).rejects.toMatchObject({ code: 'load.empty-extract' })
    await expect(load(WHOLE, [['2026-01-01', 'a', 1]], { extent: 'partial' })).rejects.toMatchObject({ code: 'load.partial-extract' })
  })
})

describe('date by date', () => {
  test('only dates of the result are made anew; the others are untouched', async () => {
    const outcome = await load(BY_DAY, [['2026-01-01', 'b', 2], ['2026-01-01', 'z', 9], ['2026-01-02', 'a', 5]], { extent: 'partial' }) // prettier-ignore
    expect(outcome).toMatchObject({
      counts: { inserted: 1, updated: 1, unchanged: 1 },
      removed: 1,
      deleted: 1,
      note: '1 row removed: no longer in the result for their date',
    })
    expect(await daily()).toEqual(['01b2', '01z9', '02a5', '03c4'])
  })

  test('again changes nothing', async () => {
    const result: Sale[] = [['2026-01-01', 'a', 1], ['2026-01-01', 'b', 2]] // prettier-ignore
    expect(await load(BY_DAY, result)).toMatchObject({ counts: { inserted: 0, updated: 0, unchanged: 2 }, removed: 0, note: null })
  })

  test('an empty result leaves every date as it is', async () => {
    expect(await load(BY_DAY, [])).toMatchObject({ counts: { inserted: 0 }, removed: 0 })
    expect(await daily()).toHaveLength(4)
  })

  test('a key that moves to another date moves its row', async () => {
    await warehouse.query('ALTER TABLE daily DROP CONSTRAINT daily_day_shop_key; DELETE FROM daily WHERE total > 2; ALTER TABLE daily ADD UNIQUE (shop)') // prettier-ignore
    const job = parseDeclaration({ kind: 'transform', mode: 'partition', partition: 'day', target: 'daily', key: ['shop'] })
    expect(await load(job, [['2026-01-05', 'a', 1]])).toMatchObject({ counts: { updated: 1 }, removed: 0 })
    expect(await daily()).toEqual(['01b2', '05a1'])
  })

  test('a full reload makes the whole table anew, dates that are gone included', async () => {
    expect(await load(BY_DAY, [['2026-01-02', 'a', 3]], { reload: true })).toMatchObject({ counts: { unchanged: 1 }, removed: 3 })
    expect(await daily()).toEqual(['02a3'])
  })

  test('moments are no dates', async () => {
    await warehouse.query('ALTER TABLE daily ALTER day TYPE timestamptz')
    await expect(load(BY_DAY, [], {}, 'timestamptz')).rejects.toMatchObject({ kind: 'mistake', code: 'load.partition-not-a-date' })
  })

  test('a row without its date is rejected', () => {
    const job = parseDeclaration({ kind: 'transform', mode: 'partition', partition: 'day', target: 'daily', key: ['shop'] })
    expect(kindOf(job).required(job)).toEqual(['shop', 'day'])
  })
})

test('a transform that cannot be meant is refused where it is declared', () => {
  const refused = (declared: Record<string, unknown>): boolean =>
    !jobSchema.safeParse({ kind: 'transform', target: 'daily', ...declared }).success
  expect(refused({ mode: 'partition', key: ['shop'] })).toBe(true)
  expect(refused({ mode: 'partition', partition: 'day' })).toBe(true)
  expect(refused({ partition: 'day' })).toBe(true)
  expect(refused({ source: 'files', stream: '*.csv' })).toBe(true)
  expect(refused({})).toBe(false)
})
