/** The first load from another database: rows go straight into a table beside the target, under the same checks as staged ones. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { executeStep, type StepResult } from '../../../server/pipelines/step.ts'
import { openPostgresSource } from '../../../server/sources/index.ts'
import { openWarehouse, type Connection, type Warehouse } from '../../../server/warehouse/index.ts'
import { createEngine, parseDeclaration, RUN } from '../../tools/load-by-hand.ts'
import { createDatabase, dropDatabase, withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse
let source: Connection

const COLUMNS = 'code varchar(12), amount numeric(12,4), sold_on date, tags text[]'

beforeAll(async () => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await warehouse.withTransaction(createEngine)
  source = await createDatabase()
  const shop = openWarehouse({ label: 'source', locate: () => Promise.resolve(source) })
  await shop.withSession((session) =>
    session.script(`CREATE TABLE sales (${COLUMNS});
      INSERT INTO sales SELECT 's' || n, n + 0.0049, date '2026-01-01' + n % 30, ARRAY['a', n::text] FROM generate_series(1, 1000) n`),
  )
  await shop.close()
})
afterAll(async () => {
  await warehouse.close()
  await dropDatabase(source)
})
beforeEach(() =>
  run(`DELETE FROM quintile.rejects; DELETE FROM quintile.job_state; DELETE FROM quintile.targets; DROP TABLE IF EXISTS sales CASCADE;
    CREATE TABLE sales (sale_sk int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL, amount numeric(12,2) NOT NULL, sold_on date, tags text[], UNIQUE (code));
    CREATE INDEX sales_by_day ON sales (sold_on)`),
)

const run = (sql: string): Promise<void> => warehouse.withSession((session) => session.script(sql))
const rows = async (sql: string): Promise<unknown[]> => (await warehouse.query(sql)).rows

interface Watched extends StepResult {
  /** Tables that the step made, temporary ones included, as they were before the commit. */
  staged: boolean
}

async function load(options: Record<string, unknown> = {}, sql = 'SELECT code, amount, sold_on, tags FROM sales'): Promise<Watched> {
  const declared = parseDeclaration({ kind: 'merge', source: 'shop', target: 'sales', key: ['code'], ...options })
  const reader = openPostgresSource(source)
  const job = { ...declared, sql }
  const request = { job, runId: RUN, tracked: [], inputs: [], since: null, signal: new AbortController().signal, workspace: { folder: '' } }
  try {
    return await warehouse.withTransaction(async (session) => {
      const result = await executeStep(session, { ...request, origin: { kind: 'database', reader }, reload: false, rebuildHistory: false, dryRun: false }) // prettier-ignore
      const { rows: found } = await session.query<{ kind: string }>(
        `SELECT relkind AS kind FROM pg_class WHERE oid = to_regclass('pg_temp.staging')`,
      )
      return { ...result, staged: found[0]?.kind === 'r' }
    })
  } finally {
    await reader.close()
  }
}

const SUMMARY = 'SELECT count(*)::int AS n, sum(amount)::float8 AS amount, max(sale_sk) AS last FROM sales'
const WHOLE = [{ n: 1000, amount: 500_500, last: 1000 }]

describe('rows of another database', () => {
  test.each(['merge', 'append', 'full'])('of kind %s are written once, into a table with its indexes, keys and number of rows', async (kind) => {
    const result = await load({ kind, watermark: 'sold_on', data_as_of: 'sold_on' })
    expect(result).toMatchObject({ staged: false, counts: { read: 1000, inserted: 1000, rejected: 0 }, watermark: '2026-01-30' })
    expect(await rows(SUMMARY)).toEqual(WHOLE)
    expect(await rows('SELECT row_count::int AS n, data_as_of::date::text AS newest FROM quintile.targets')).toEqual([{ n: 1000, newest: '2026-01-30' }])
    expect(await rows(`SELECT indexname AS name FROM pg_indexes WHERE tablename = 'sales' ORDER BY 1`)).toEqual([
      { name: 'sales_by_day' },
      { name: 'sales_code_key' },
      { name: 'sales_pkey' },
    ])
    // The same connection takes the next step: nothing of the first one stands in its way.
    expect(await load({ kind })).toMatchObject({ staged: true, counts: { read: 1000, unchanged: 1000 } })
    expect(await rows(SUMMARY)).toEqual(WHOLE)
  }) // prettier-ignore

  test('without their key, or with one that came before, are rejected as staged ones are', async () => {
    const result = await load({}, `SELECT CASE n WHEN 3 THEN NULL WHEN 5 THEN 's4' ELSE code END AS code, amount, sold_on, tags FROM (SELECT *, row_number() OVER () AS n FROM sales) s`) // prettier-ignore
    expect(result).toMatchObject({ staged: false, counts: { read: 1000, inserted: 998, rejected: 2 } })
    expect(await rows(`SELECT reason, row_text::jsonb ->> 'amount' AS amount FROM quintile.rejects ORDER BY reason`)).toEqual([
      { reason: 'another row of the batch has the same key', amount: '4.00' },
      { reason: 'code is missing', amount: '3.00' },
    ])
    expect(await rows(`SELECT attnotnull AS must FROM pg_attribute WHERE attrelid = 'sales'::regclass AND attname = 'code'`)).toEqual([{ must: true }])
  }) // prettier-ignore

  test('that break a rule of the target change nothing', async () => {
    await run('ALTER TABLE sales ADD CHECK (amount < 500)')
    await expect(load()).rejects.toMatchObject({ code: 'warehouse.constraint' })
    expect(await rows('SELECT count(*)::int AS n FROM sales')).toEqual([{ n: 0 }])
  })

  test('are checked on the target under its own name before the commit', async () => {
    await expect(load({ checks: [{ sql: 'SELECT * FROM sales WHERE amount > 999', on: 'target' }] })).rejects.toMatchObject({ code: 'check.failed' })
    expect(await rows('SELECT count(*)::int AS n FROM sales')).toEqual([{ n: 0 }])
  }) // prettier-ignore
})

describe('rows are staged first', () => {
  const staged: [string, string, Record<string, unknown>, string?][] = [
    ['when a view reads the target', 'CREATE VIEW v AS SELECT * FROM sales', {}],
    ['when the job has checks of its own', '', { checks: [{ not_null: 'amount' }] }],
    ['when a column only steers the load', '', {}, 'SELECT code, amount, sold_on, 1 AS n FROM sales'],
    ['when a type differs', '', {}, 'SELECT code, amount::float8 AS amount, sold_on FROM sales'],
    ['when the database fills a column itself', '', {}, 'SELECT 7 AS sale_sk, code, amount FROM sales'],
    ['when the batch says which rows are deleted', '', { deleted: 'gone' }, 'SELECT code, amount, false AS gone FROM sales'],
  ]

  test.each(staged)('%s', async (_when, before, options, sql) => {
    if (before !== '') await run(before)
    expect(await load(options, sql)).toMatchObject({ staged: true, counts: { read: 1000, inserted: 1000 } })
    expect(await rows(SUMMARY)).toEqual(WHOLE)
  })
})
