/** Merges by key, and the three ways in which a merged row goes: marked in the batch, gone on a reload, or deleted by a change. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LoadContext, LoadOutcome } from '../../../server/pipelines/load-kind.ts'
import { jobSchema, type Job } from '../../../server/pipelines/load-kinds.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import { createEngine, loadStaged, parseDeclaration, RUN, stage } from '../../tools/load-by-hand.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse

beforeAll(async () => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await warehouse.withTransaction(createEngine)
})
afterAll(() => warehouse.close())
beforeEach(() =>
  run(`DROP TABLE IF EXISTS stock, items CASCADE;
    CREATE TABLE items (item_sk int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text UNIQUE, price numeric(8,2), facts json, is_gone boolean);
    CREATE TABLE stock (item int REFERENCES items);
    INSERT INTO items (code, price, facts) VALUES ('a', 1, '{"x":1}'), ('b', 2, NULL), ('c', 3, NULL)`),
)

const run = (sql: string): Promise<void> => warehouse.withSession((session) => session.script(sql))
const items = async (): Promise<unknown[]> =>
  (await warehouse.query('SELECT item_sk AS sk, code, price::float8 AS price FROM items ORDER BY code')).rows
const prices = async (): Promise<string> =>
  (await warehouse.query<{ all: string }>(`SELECT string_agg(code || price, ' ' ORDER BY code) AS all FROM items`)).rows[0]?.all ?? ''

const JOB = parseDeclaration({ kind: 'merge', target: 'items', key: ['code'] })
const MARKED = parseDeclaration({ kind: 'merge', target: 'items', key: ['code'], deleted: 'is_gone' })

interface Item {
  code: string
  price?: number
  facts?: unknown
  is_gone?: boolean | null
}

async function load(batch: readonly Item[], { job = JOB, ...context }: Partial<LoadContext<Job>> = {}): Promise<LoadOutcome> {
  return warehouse.withTransaction(async (session) => {
    const types = { code: 'text', price: 'numeric', ...(job === MARKED ? { is_gone: 'boolean' } : {}) }
    await stage(session, types, batch as never)
    return loadStaged(session, job, context)
  })
}

describe('a merge', () => {
  test('inserts, overwrites and leaves equal rows alone, by the digits that the target keeps', async () => {
    const outcome = await load([{ code: 'a', price: 1.001 }, { code: 'b', price: 9 }, { code: 'd', price: 4 }]) // prettier-ignore
    expect(outcome).toMatchObject({ counts: { inserted: 1, updated: 1, unchanged: 1 }, note: null })
    expect(await prices()).toBe('a1.00 b9.00 c3.00 d4.00')
  })

  test('compares JSON by its text, which has no equality of its own', async () => {
    const load = (facts: unknown) =>
      warehouse.withTransaction(async (session) => {
        await stage(session, { code: 'text', facts: 'json' }, [{ code: 'a', facts }])
        return (await loadStaged(session, JOB)).counts
      })
    expect(await load({ x: 1 })).toMatchObject({ updated: 1 })
    expect(await load({ x: 1 })).toMatchObject({ unchanged: 1 })
  })

  test('into an empty target builds its indexes again as they were', async () => {
    const indexes = `SELECT indexdef, obj_description(indexname::regclass) AS said FROM pg_indexes WHERE tablename = 'items' ORDER BY 1`
    await run(`DELETE FROM items; CREATE INDEX by_price ON items (price) WHERE price > 0; COMMENT ON INDEX by_price IS 'cheap first'`)
    const before = (await warehouse.query(indexes)).rows
    expect(await load([{ code: 'z', price: 1 }])).toMatchObject({ counts: { inserted: 1 } })
    expect((await warehouse.query(indexes)).rows).toEqual(before)
  })

  test('needs a unique index over its key', async () => {
    await run('ALTER TABLE items DROP CONSTRAINT items_code_key')
    await expect(load([{ code: 'a' }])).rejects.toMatchObject({ kind: 'mistake', code: 'load.key-not-unique' })
  })
})

describe('rows marked as deleted', () => {
  test('are deleted where they are, and the mark itself is not loaded', async () => {
    const outcome = await load(
      [
        { code: 'a', is_gone: true },
        { code: 'b', price: 8, is_gone: false },
        { code: 'd', price: 4, is_gone: null },
        { code: 'never', is_gone: true },
      ],
      { job: MARKED },
    )
    expect(outcome).toMatchObject({ counts: { inserted: 1, updated: 2, unchanged: 1 }, deleted: 1, note: '1 row deleted' })
    expect(await prices()).toBe('b8.00 c3.00 d4.00')
    expect((await warehouse.query('SELECT count(is_gone)::int AS n FROM items')).rows).toEqual([{ n: 0 }])
    expect(await load([{ code: 'a', is_gone: true }], { job: MARKED })).toMatchObject({ counts: { updated: 0, unchanged: 1 }, note: null })
  })

  test('are told by a boolean and by nothing else', async () => {
    await expect(
      warehouse.withTransaction(async (session) => {
        await stage(session, { code: 'text', is_gone: 'text' }, [])
        return loadStaged(session, MARKED)
      }),
    ).rejects.toMatchObject({ kind: 'mistake', code: 'load.deleted-not-boolean' })
    expect(jobSchema.safeParse({ kind: 'merge', target: 't', key: ['k'], deleted: 'd', changes: true }).success).toBe(false)
  })

  test('that others refer to stay, with the name of who does', async () => {
    await run('INSERT INTO stock SELECT item_sk FROM items')
    await expect(load([{ code: 'a', is_gone: true }], { job: MARKED })).rejects.toMatchObject({
      code: 'load.still-referenced',
      message: expect.stringContaining('stock still refers to them') as string,
    })
  })
})

describe('a reload', () => {
  test('removes keys that the extract does not have, and keeps the surrogate keys of the others', async () => {
    const outcome = await load([{ code: 'b', price: 2 }, { code: 'c', price: 9 }, { code: 'd', price: 4 }], { reload: true }) // prettier-ignore
    expect(outcome).toMatchObject({ counts: { inserted: 1, updated: 1, unchanged: 1 }, removed: 1, rows: 3, note: '1 row removed: gone at the source' }) // prettier-ignore
    expect(await items()).toMatchObject([{ sk: 2, code: 'b' }, { sk: 3, code: 'c' }, { code: 'd' }])
  })

  test('with marked rows removes those too', async () => {
    const outcome = await load([{ code: 'a', is_gone: true }, { code: 'b', price: 2 }], { job: MARKED, reload: true }) // prettier-ignore
    expect(outcome).toMatchObject({ counts: { inserted: 0, updated: 1, unchanged: 1 }, removed: 1, deleted: 1, rows: 1 })
    expect(await prices()).toBe('b2.00')
  })

  test('is refused by an empty and by a partial extract', async () => {
    await expect(load([], { reload: true })).rejects.toMatchObject({ code: 'load.empty-extract' })
    await expect(load([{ code: 'a' }], { reload: true, extent: 'partial' })).rejects.toMatchObject({ code: 'load.partial-extract' })
  })

  test('removes nothing when rows were rejected, which may be what is missing', async () => {
    const outcome = await warehouse.withTransaction(async (session) => {
      await session.query(`INSERT INTO quintile.rejects (run_id, job, reason, row_text) VALUES ($1, 'by_hand', 'bad', '{}')`, [RUN])
      await stage(session, { code: 'text', price: 'numeric' }, [{ code: 'b', price: 7 }])
      const loaded = await loadStaged(session, JOB, { reload: true })
      await session.query('DELETE FROM quintile.rejects')
      return loaded
    })
    expect(outcome).toMatchObject({
      counts: { updated: 1 },
      note: 'nothing was removed: 1 row was rejected and may be what is missing',
    })
    expect(await prices()).toBe('a1.00 b7.00 c3.00')
  })

  test('does not touch what is replayed from rejects', async () => {
    expect(await load([{ code: 'a', price: 5 }], { reload: true, isReplay: true, extent: 'partial' })).toMatchObject({
      counts: { updated: 1 },
    })
    expect(await items()).toHaveLength(3)
  })
})
