/** What somebody changed by hand is told, part by part; what is not ours is not. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Connection, Drift, MigrationSet } from '../../server/warehouse/index.ts'
import { createDatabase, dropDatabase, withDatabase } from '../tools/with-warehouse.ts'
import { sql, withPeople } from './people.ts'
import { schemaOf, SHIPPED, withCopiedSets } from './sets.ts'

const TEMPLATE = { name: 'drift', build: async (empty: Connection) => void (await schemaOf(empty).move({ verb: 'upgrade' })) }
const people = withPeople()
const copies = withCopiedSets()

/** One database for the tests of a `describe`: each leaves what it changed accepted. */
function withTables() {
  const database = withDatabase(TEMPLATE)
  afterEach(async () => {
    const schema = schemaOf(database.connection)
    await schema.accept((await schema.check()).drift)
    expect((await schema.check()).drift).toEqual([])
  })
  return {
    get connection(): Connection {
      return database.connection
    },
    driftAfter: async (text: string): Promise<Drift[]> => {
      await sql(database.connection, text)
      return (await schemaOf(database.connection).check()).drift
    },
  }
}

describe('changes by hand', () => {
  const tables = withTables()
  test.each<[string, string, Drift]>([
    [
      'another type',
      'ALTER TABLE dim_products ALTER cost TYPE numeric(10,2)',
      { object: 'public.dim_products.cost', kind: 'column', expected: 'numeric(14,4)', found: 'numeric(10,2)' },
    ],
    [
      'no NOT NULL',
      'ALTER TABLE quintile.runs ALTER machine DROP NOT NULL',
      { object: 'quintile.runs.machine', kind: 'column', expected: 'text NOT NULL', found: 'text' },
    ],
    [
      'another default',
      'ALTER TABLE dim_customers ALTER total_spent SET DEFAULT 1',
      {
        object: 'public.dim_customers.total_spent',
        kind: 'column',
        expected: 'numeric(16,4) NOT NULL DEFAULT 0',
        found: 'numeric(16,4) NOT NULL DEFAULT 1',
      },
    ],
    [
      'an identity that is gone',
      'ALTER TABLE rfm_analysis ALTER rfm_id DROP IDENTITY',
      {
        object: 'public.rfm_analysis.rfm_id',
        kind: 'column',
        expected: 'bigint NOT NULL GENERATED ALWAYS AS IDENTITY',
        found: 'bigint NOT NULL',
      },
    ],
    [
      'a missing column',
      'ALTER TABLE fact_sales DROP discount_amount',
      { object: 'public.fact_sales.discount_amount', kind: 'column', expected: 'numeric(16,4) NOT NULL DEFAULT 0', found: null },
    ],
    [
      'an added column',
      'ALTER TABLE dim_date ADD "Fiscal year" integer',
      { object: 'public.dim_date."Fiscal year"', kind: 'column', expected: null, found: 'integer' },
    ],
    [
      'a missing index',
      'DROP INDEX fact_sales_by_date',
      {
        object: 'public.fact_sales.fact_sales_by_date',
        kind: 'index',
        expected: 'CREATE INDEX ON public.fact_sales USING btree (date_id)',
        found: null,
      },
    ],
    [
      'an added index',
      'CREATE INDEX mine ON dim_products (category)',
      {
        object: 'public.dim_products.mine',
        kind: 'index',
        expected: null,
        found: 'CREATE INDEX ON public.dim_products USING btree (category)',
      },
    ],
    [
      'a missing rule',
      'ALTER TABLE dim_products DROP CONSTRAINT dim_products_check',
      {
        object: 'public.dim_products.dim_products_check',
        kind: 'constraint',
        expected: 'CHECK ((effective_from < effective_to))',
        found: null,
      },
    ],
    [
      'a missing view',
      'DROP VIEW quintile.v_batch_job_status',
      { object: 'quintile.v_batch_job_status', kind: 'view', expected: expect.stringContaining('SELECT') as string, found: null },
    ],
    [
      'a table without its log',
      'ALTER TABLE dim_date SET UNLOGGED',
      { object: 'public.dim_date', kind: 'table', expected: 'table', found: 'unlogged table' },
    ],
    [
      'a trigger',
      `CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER t BEFORE INSERT ON dim_date FOR EACH ROW EXECUTE FUNCTION own()`,
      {
        object: 'public.dim_date.t',
        kind: 'trigger',
        expected: null,
        found: 'CREATE TRIGGER t BEFORE INSERT ON public.dim_date FOR EACH ROW EXECUTE FUNCTION public.own()',
      },
    ],
  ])('%s', async (_name, text, drift) => {
    // The facts refer to dim_date: an unlogged table may not be referred to.
    for (const fact of text.includes('UNLOGGED') ? ['fact_sales', 'fact_cart_events', 'fact_product_views'] : [])
      await sql(tables.connection, `ALTER TABLE ${fact} DROP CONSTRAINT ${fact}_date_id_fkey`)
    const found = await tables.driftAfter(text)
    expect(found.filter((one) => !one.object.endsWith('_date_id_fkey'))).toEqual([drift])
    expect((await schemaOf(tables.connection).check()).ok).toBe(false)
  })

  test('a missing table is told once, without its columns', async () => {
    expect(await tables.driftAfter('DROP TABLE quintile.source_positions')).toEqual([
      { object: 'quintile.source_positions', kind: 'table', expected: 'table', found: null },
    ])
  })

  test('a replaced view is told with both texts', async () => {
    const drift = await tables.driftAfter('DROP VIEW customer_features_view; CREATE VIEW customer_features_view AS SELECT 1 AS one')
    expect(drift).toEqual([
      {
        object: 'public.customer_features_view',
        kind: 'view',
        expected: expect.stringContaining('WITH newest AS') as string,
        found: ' SELECT 1 AS one;',
      },
    ])
  })

  test('what was changed stays told after a later migration, and what that one changes is not', async () => {
    const sets: MigrationSet[] = await copies.copy()
    await writeFile(
      join(sets[1]!.folder, '0099_more.up.sql'),
      'ALTER TABLE dim_products ADD COLUMN colour text; ALTER TABLE dim_products ALTER category DROP NOT NULL;',
    )
    await sql(tables.connection, 'ALTER TABLE dim_products ALTER cost TYPE numeric(9,1); CREATE TABLE own (id integer)')
    const later = schemaOf(tables.connection, { sets })
    await later.move({ verb: 'upgrade' })
    const { drift, extra } = await later.check()
    expect(drift.map((one) => one.object)).toEqual(['public.dim_products.cost'])
    expect(extra).toContainEqual({ object: 'public.own', kind: 'table' })
  })

  test('what was found can be taken for what should be', async () => {
    const drift = await tables.driftAfter(
      'ALTER TABLE dim_products ALTER cost TYPE numeric(8,1); CREATE INDEX mine_too ON dim_products (category); DROP TABLE quintile.schedule_ticks',
    )
    expect(drift).toHaveLength(3)
    await schemaOf(tables.connection).accept(drift)
    expect((await schemaOf(tables.connection).check()).drift).toEqual([])
    expect((await tables.driftAfter('DROP INDEX mine_too')).map((one) => one.object)).toEqual(['public.dim_products.mine_too'])
  })
})

describe('no false alarms', () => {
  const tables = withTables()
  test.each([
    ['temporary tables', 'CREATE TEMP TABLE dim_products (id integer)'],
    ['rows, statistics and comments', `INSERT INTO dim_geography (country) VALUES ('UK'); ANALYZE; COMMENT ON TABLE dim_date IS 'days'`],
    ['grants and storage settings', 'GRANT SELECT ON dim_date TO PUBLIC; ALTER TABLE dim_date SET (fillfactor = 80)'],
    ['an index under another name', 'ALTER INDEX fact_sales_by_date RENAME TO another'],
    [
      'an index taken off and built again',
      'DROP INDEX fact_sales_by_product; CREATE INDEX fact_sales_by_product ON fact_sales (product_sk)',
    ],
    ['a constraint under another name', 'ALTER TABLE fact_sales RENAME CONSTRAINT fact_sales_date_id_fkey TO another'],
    [
      'a table built beside and swapped',
      'CREATE TABLE swap (LIKE rfm_analysis INCLUDING ALL); DROP TABLE rfm_analysis CASCADE; ALTER TABLE swap RENAME TO rfm_analysis',
    ],
  ])('%s are no drift', async (name, text) => {
    const drift = await tables.driftAfter(text)
    // The view went with the table it reads: that is told, and right.
    expect(
      drift.filter((one) => one.object !== 'public.customer_features_view'),
      name,
    ).toEqual([])
  })

  test('tables of the user’s own are told apart, partitions and other schemas not at all', async () => {
    await sql(
      tables.connection,
      `CREATE TABLE own (id integer, at date) PARTITION BY RANGE (at); CREATE TABLE own_2026 PARTITION OF own FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
       CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.foreign_one (id integer); CREATE VIEW own_view AS SELECT 1 AS one`,
    )
    expect(await schemaOf(tables.connection).check()).toMatchObject({
      ok: true,
      extra: [
        { object: 'public.own', kind: 'table' },
        { object: 'public.own_view', kind: 'view' },
      ],
    })
  })

  test('another pack’s tables in the same warehouse are neither drift nor the user’s own', async () => {
    const [, pack] = SHIPPED
    const engineAlone = schemaOf(tables.connection, { sets: [SHIPPED[0]!, { name: 'other', folder: pack!.folder }] })
    expect(await engineAlone.check()).toMatchObject({ ok: true, drift: [], extra: [] })
  })
})

test('a login that may not create databases migrates and checks all the same', async () => {
  const empty = await createDatabase()
  const ana = await people.login(empty, { owner: true })
  const hers = schemaOf(ana)
  await hers.move({ verb: 'upgrade' })
  expect(await hers.check()).toMatchObject({ ok: true, drift: [] })
  await sql(ana, 'ALTER TABLE dim_products DROP COLUMN margin')
  expect((await hers.check()).drift).toHaveLength(1)
  await people.leave(ana)
  await dropDatabase(empty)
})

test('without the catalogue it says what to do', async () => {
  const before = await createDatabase(TEMPLATE)
  await schemaOf(before).move({ verb: 'downgrade', target: '0002_engine', set: 'engine' })
  await expect(schemaOf(before).check()).rejects.toMatchObject({ code: 'warehouse.not-described' })
  await dropDatabase(before)
})
