/** Full loads: the target becomes the extract, whichever way, and what hangs on it stays. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LoadContext, LoadOutcome } from '../../../server/pipelines/load-kind.ts'
import type { Job } from '../../../server/pipelines/load-kinds.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import { createEngine, loadStaged, parseDeclaration, stage } from '../../tools/load-by-hand.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse

const TABLE = `
  DROP TABLE IF EXISTS shops CASCADE;
  CREATE TABLE shops (shop_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE, size numeric(8,2), note json, since timestamptz DEFAULT '2020-01-01')`
const TYPES = { code: 'text', size: 'numeric', note: 'json' }

interface Shop {
  code: string
  size: number | null
  note?: unknown
}

beforeAll(async () => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await warehouse.withTransaction(createEngine)
})
afterAll(() => warehouse.close())
beforeEach(() => warehouse.withSession((session) => session.script(TABLE)))

const KEYED = parseDeclaration({ kind: 'full', target: 'shops', key: ['code'] })
const KEYLESS = parseDeclaration({ kind: 'full', target: 'shops' })

async function load(rows: readonly Shop[], options: { job?: Job; context?: Partial<LoadContext<Job>> } = {}): Promise<LoadOutcome> {
  return warehouse.withTransaction(async (session) => {
    await stage(session, TYPES, rows as never)
    return loadStaged(session, options.job ?? KEYED, options.context)
  })
}

const run = (sql: string): Promise<void> => warehouse.withSession((session) => session.script(sql))
const rows = async (sql: string): Promise<unknown[]> => (await warehouse.query(sql)).rows
const shops = (): Promise<unknown[]> => rows('SELECT shop_sk::int AS sk, code, size::float8 AS size FROM shops ORDER BY code')
const identity = async (): Promise<unknown> => (await rows(`SELECT 'shops'::regclass::oid AS oid`))[0]

const many = (count: number, size = 1): Shop[] =>
  Array.from({ length: count }, (_, index) => ({ code: `s${String(index).padStart(3, '0')}`, size }))

describe('contents', () => {
  test('fill an empty target', async () => {
    const outcome = await load([{ code: 'a', size: 1.005 }, { code: 'b', size: null }]) // prettier-ignore
    expect(outcome).toMatchObject({ counts: { inserted: 2, updated: 0, unchanged: 0 }, rows: 2, note: null })
    expect(await shops()).toEqual([
      { sk: 1, code: 'a', size: 1.01 },
      { sk: 2, code: 'b', size: null },
    ])
  })

  test('that are equal already are left alone: no row is written and nothing swapped', async () => {
    await load([{ code: 'a', size: 1.005, note: { x: 1 } }])
    const [table, version] = [await identity(), await rows('SELECT xmin::text FROM shops')]
    const outcome = await load([{ code: 'a', size: 1.005, note: { x: 1 } }])
    expect(outcome).toMatchObject({ counts: { inserted: 0, updated: 0, unchanged: 1 }, removed: 0, note: null })
    expect([await identity(), await rows('SELECT xmin::text FROM shops')]).toEqual([table, version])
  })

  test('are swapped in where most rows differ; a kept key keeps its surrogate key and what the extract does not bring', async () => {
    await load([{ code: 'a', size: 1 }, { code: 'b', size: 2 }, { code: 'c', size: 3 }]) // prettier-ignore
    await run(`UPDATE shops SET since = '1999-01-01' WHERE code = 'b'`)
    const before = await identity()
    const outcome = await load([{ code: 'd', size: 4 }, { code: 'b', size: 20 }, { code: 'a', size: 1 }]) // prettier-ignore
    expect(outcome).toMatchObject({
      counts: { inserted: 1, updated: 1, unchanged: 1 },
      removed: 1,
      rows: 3,
      note: '1 row removed: gone at the source; built anew beside and swapped',
    })
    expect(await identity()).not.toEqual(before)
    expect(await shops()).toEqual([
      { sk: 1, code: 'a', size: 1 },
      { sk: 2, code: 'b', size: 20 },
      { sk: 4, code: 'd', size: 4 },
    ])
    expect(await rows(`SELECT since::date::text FROM shops WHERE code IN ('b', 'd') ORDER BY code`)).toEqual([
      { since: '1999-01-01' },
      { since: '2020-01-01' },
    ])
  })

  test('change in place where little differs', async () => {
    await load(many(50))
    const before = await identity()
    const outcome = await load([...many(49), { code: 'new', size: 1 }])
    expect(outcome).toMatchObject({
      counts: { inserted: 1, updated: 0, unchanged: 49 },
      removed: 1,
      note: '1 row removed: gone at the source; changed in place, because only 2 of 50 rows differ',
    })
    expect(await identity()).toEqual(before)
  })

  test('without a key are told apart by their values, equal rows counted', async () => {
    await run('ALTER TABLE shops DROP CONSTRAINT shops_code_key')
    await load([{ code: 'a', size: 1 }, { code: 'a', size: 1 }, { code: 'b', size: null }], { job: KEYLESS }) // prettier-ignore
    const outcome = await load([{ code: 'a', size: 1 }, { code: 'b', size: null }, { code: 'b', size: null }], { job: KEYLESS }) // prettier-ignore
    expect(outcome).toMatchObject({ counts: { inserted: 1, updated: 0, unchanged: 2 }, removed: 1 })
    expect(await rows('SELECT code, count(*)::int AS n FROM shops GROUP BY code ORDER BY code')).toEqual([
      { code: 'a', n: 1 },
      { code: 'b', n: 2 },
    ])
    expect(await load([{ code: 'b', size: null }, { code: 'a', size: 1 }, { code: 'b', size: null }], { job: KEYLESS })).toMatchObject({ counts: { unchanged: 3 }, removed: 0 }) // prettier-ignore
  })

  test('may exchange a unique value between two rows', async () => {
    await run('ALTER TABLE shops ADD UNIQUE (size)')
    await load(many(20).map((shop, index) => ({ ...shop, size: index })))
    const exchanged = many(20).map((shop, index) => ({ ...shop, size: index < 2 ? 1 - index : index }))
    expect(await load(exchanged)).toMatchObject({ counts: { updated: 2, unchanged: 18 } })
    expect((await shops()).slice(0, 2)).toMatchObject([{ size: 1 }, { size: 0 }])
  })
})

describe('a dry run', () => {
  test('counts the same and takes no lock that keeps a reader waiting', async () => {
    await load(many(4))
    const outcome = await warehouse.withTransaction(async (session) => {
      await stage(session, TYPES, [{ code: 's000', size: 9 }, { code: 'x', size: 1 }]) // prettier-ignore
      const predicted = await loadStaged(session, KEYED, { dryRun: true })
      // Another session reads at once, and still sees the old rows.
      expect(await rows('SELECT count(*)::int AS n FROM shops')).toEqual([{ n: 4 }])
      return predicted
    })
    expect(outcome).toMatchObject({
      counts: { inserted: 1, updated: 1, unchanged: 0 },
      removed: 3,
      note: '3 rows removed: gone at the source',
    })
  })

  test('of a first load takes no index off', async () => {
    await run('CREATE INDEX shops_by_size ON shops (size)')
    await warehouse.withTransaction(async (session) => {
      await stage(session, TYPES, many(3) as never)
      await loadStaged(session, KEYED, { dryRun: true })
      expect(await rows('SELECT count(*)::int AS n FROM shops')).toEqual([{ n: 0 }])
    })
  })
})

describe('what is refused', () => {
  test('an empty extract over a target with rows, unless the job allows it', async () => {
    await load(many(2))
    await expect(load([])).rejects.toMatchObject({ kind: 'stop', code: 'load.empty-extract' })
    const allowing = parseDeclaration({ kind: 'full', target: 'shops', key: ['code'], empty: 'allow' })
    expect(await load([], { job: allowing })).toMatchObject({ removed: 2 })
    expect(await shops()).toEqual([])
  })

  test('an empty extract over an empty target is nothing to worry about', async () => {
    expect(await load([])).toMatchObject({ counts: { inserted: 0 } })
  })

  test('a partial extract', async () => {
    await expect(load(many(1), { context: { extent: 'partial' } })).rejects.toMatchObject({ kind: 'mistake', code: 'load.partial-extract' })
  })

  test('a key that the target does not enforce', async () => {
    await run('ALTER TABLE shops DROP CONSTRAINT shops_code_key; CREATE UNIQUE INDEX ON shops (code) WHERE size > 0')
    await expect(load(many(1))).rejects.toMatchObject({ kind: 'mistake', code: 'load.key-not-unique' })
  })

  test('removing a row that another table refers to, with the table’s name', async () => {
    await load(many(2))
    await run("DROP TABLE IF EXISTS sales; CREATE TABLE sales (shop text REFERENCES shops (code)); INSERT INTO sales VALUES ('s001')")
    await expect(load(many(1))).rejects.toMatchObject({ kind: 'stop', code: 'load.still-referenced', message: expect.stringContaining('sales still refers to them') as string }) // prettier-ignore
    expect(await shops()).toHaveLength(2)
  })
})

test(
  'whatever came before, the target ends as the extract, every row is counted once, and kept keys keep their numbers',
  { timeout: 120_000 },
  async () => {
    const code = fc.integer({ min: 1, max: 12 }).map((n) => `k${String(n)}`)
    const shop = fc.record({ code, size: fc.constantFrom(null, 1, 2) })
    const keyed = fc.uniqueArray(shop, { selector: (one) => one.code, minLength: 1, maxLength: 12 })
    const numbers = async () => new Map((await rows('SELECT code, shop_sk::int AS sk FROM shops')).map((row) => [(row as { code: string }).code, (row as { sk: number }).sk])) // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.array(keyed, { minLength: 2, maxLength: 4 }), fc.boolean(), async (extracts, isSwappable) => {
        await run(isSwappable ? TABLE : `${TABLE}; CREATE VIEW all_shops AS SELECT * FROM shops`)
        for (const extract of extracts) {
          const before = await numbers()
          const { counts, removed = 0 } = await load(extract)
          const after = await numbers()
          expect(counts.inserted + counts.updated + counts.unchanged).toBe(extract.length)
          expect(before.size + counts.inserted - removed).toBe(after.size)
          expect((await shops()).map((row) => ({ ...(row as Shop), sk: undefined }))).toEqual([...extract].sort((a, b) => (a.code < b.code ? -1 : 1)).map((one) => ({ ...one, sk: undefined }))) // prettier-ignore
          for (const [key, sk] of after) if (before.has(key)) expect(sk).toBe(before.get(key))
        }
      }),
      { numRuns: 40 },
    )
  },
)
