/** Values that the log leaves out, keys of every kind, and tables whose columns change while changes wait. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withDatabase } from '../../tools/with-warehouse.ts'
import { openWriter } from '../postgres-tables.ts'
import { apply, dropSlots, openReplica, tableNow, type Replica, type Row } from './replica.ts'

const database = withDatabase()
let writer: pg.Client
let replica: Replica

beforeAll(async () => {
  writer = await openWriter(database.connection)
})
afterAll(() => writer.end())

/** Makes the table anew, published, and reads it for the first time. */
async function begin(
  columns: string,
  { identity = 'DEFAULT', settings = {} }: { identity?: string; settings?: Record<string, unknown> } = {},
): Promise<void> {
  await writer.query(
    `CREATE TABLE things (${columns}); ALTER TABLE things REPLICA IDENTITY ${identity}; CREATE PUBLICATION changes FOR TABLE things`,
  )
  replica = openReplica(database.connection, { tables: { 'public.things': settings } })
  await replica.read('public.things')
}
afterEach(async () => {
  await replica.close()
  await dropSlots(writer)
  await writer.query('DROP PUBLICATION changes; DROP TABLE things')
})

const read = () => replica.read('public.things')
const brief = ({ rows }: { rows: Row[] }, ...columns: string[]) =>
  rows.map((row) => [row['change'], ...columns.map((name) => ((row[name]?.length ?? 0) > 99 ? 'long' : row[name]))].join(' '))

/** So long and so mixed that it is stored beside its row, where the log does not reach it unless it changes. */
const LONG = `(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 200) AS n)`

describe('a large value that did not change', () => {
  const write = `INSERT INTO things VALUES (1, ${LONG}, 'a'), (2, 'short', 'b')`
  const changes = `UPDATE things SET other = other || '!'; UPDATE things SET large = NULL WHERE id = 2; UPDATE things SET id = id + 10; UPDATE things SET other = 'end' WHERE id = 11`

  test('is named, so that nobody takes it for null; under a new key it is fetched', async () => {
    await begin('id int PRIMARY KEY, large text, "odd ""name\\" text, other text')
    await writer.query(`INSERT INTO things (id, large, other) VALUES (1, ${LONG}, 'a')`)
    const copy = new Map<string, Row>()
    apply(copy, (await read()).rows)
    await writer.query(
      `UPDATE things SET other = 'b'; UPDATE things SET "odd ""name\\" = ${LONG}; UPDATE things SET other = 'c'; UPDATE things SET id = 2; UPDATE things SET other = 'd'`,
    )
    const reading = await read()
    expect(brief(reading, 'id', 'large', 'other', 'unchanged_columns')).toEqual([
      'update 1  b {"large"}',
      'update 1  b {"large"}',
      'update 1  c {"large","odd \\"name\\\\"}',
      'delete 1   {}',
      'insert 2 long c {}',
      'update 2  d {"large","odd \\"name\\\\"}',
    ])
    await writer.query(`UPDATE things SET id = 3; DELETE FROM things`)
    const gone = await read()
    expect(brief(gone, 'id', 'large', 'other', 'unchanged_columns')).toEqual([
      'delete 2   {}',
      'insert 3  d {"large","odd \\"name\\\\"}',
      'delete 3   {}',
    ])
  })

  test.each([
    ['the whole former row and its key', 'FULL', 'id int PRIMARY KEY, large text, other text', {}],
    ['the whole former row and a declared key', 'FULL', 'id int, large text, other text', { key: ['id'] }],
  ])('comes from %s', async (_, identity, columns, settings) => {
    await begin(columns, { identity, settings })
    const copy = new Map<string, Row>()
    await writer.query(write)
    apply(copy, (await read()).rows)
    await writer.query(changes)
    const reading = await read()
    expect(brief(reading, 'id', 'large', 'other', 'unchanged_columns')).toEqual([
      ...['update 1 long a! {}', 'update 2 short b! {}', 'update 2  b! {}', 'delete 1 long a! {}', 'insert 11 long a! {}'],
      ...['delete 2  b! {}', 'insert 12  b! {}', 'update 11 long end {}'],
    ])
    apply(copy, reading.rows)
    expect(copy).toEqual(await tableNow(writer, 'things'))
  })
})

describe('what identifies a row', () => {
  test('may be a unique index instead of the primary key', async () => {
    await begin('id int PRIMARY KEY, code text NOT NULL, name text')
    await writer.query(`CREATE UNIQUE INDEX by_code ON things (code); ALTER TABLE things REPLICA IDENTITY USING INDEX by_code;
      INSERT INTO things VALUES (1, 'a', 'x'); UPDATE things SET code = 'b'; UPDATE things SET name = 'y'; DELETE FROM things`)
    expect(brief(await read(), 'id', 'code', 'name')).toEqual(['insert 1 a x', 'delete  a ', 'insert 1 b x', 'update 1 b y', 'delete  b '])
  })

  test('may be the whole row: then every change makes it another one', async () => {
    await begin('id int, name text', { identity: 'FULL' })
    await writer.query(`INSERT INTO things VALUES (1, 'a'); UPDATE things SET name = 'b'; DELETE FROM things`)
    expect(brief(await read(), 'id', 'name')).toEqual(['insert 1 a', 'delete 1 a', 'insert 1 b', 'delete 1 b'])
  })

  test('is missing without a key: refused with the statement that helps, before anything is made', async () => {
    await begin('id int, name text', { identity: 'FULL' })
    await dropSlots(writer)
    await writer.query('ALTER TABLE things REPLICA IDENTITY DEFAULT')
    await expect(replica.read('public.things', { fullReload: true })).rejects.toMatchObject({
      ...{
        code: 'source.no-identity',
        kind: 'mistake',
        hint: expect.stringContaining('ALTER TABLE "public"."things" REPLICA IDENTITY FULL') as string,
      },
    })
    expect(await replica.slot()).toBeUndefined()
    await writer.query('ALTER TABLE things REPLICA IDENTITY NOTHING')
    await expect(read()).rejects.toMatchObject({ code: 'source.no-identity' })
    // Where neither updates nor deletes are published, none is needed.
    await writer.query(`ALTER PUBLICATION changes SET (publish = 'insert, truncate')`)
    await writer.query(`INSERT INTO things VALUES (1); UPDATE things SET name = 'b'; DELETE FROM things; INSERT INTO things VALUES (2)`)
    const reading = await replica.read('public.things', { fullReload: true })
    expect(brief(reading, 'id')).toEqual(['insert 2'])
    await writer.query(`DELETE FROM things; INSERT INTO things VALUES (3)`)
    const next = await read()
    expect([brief(next, 'id'), next.note]).toEqual([
      ['insert 3'],
      '1 change of 1 transaction; the publication leaves out updates and deletes',
    ])
  })

  test('a table without rows whose name needs quotes is read as well', async () => {
    await begin('id int PRIMARY KEY')
    await writer.query(
      `CREATE SCHEMA "Odd schema"; CREATE TABLE "Odd schema"."order" ("user" int PRIMARY KEY); ALTER PUBLICATION changes ADD TABLE "Odd schema"."order"`,
    )
    const parsed = () => openReplica(database.connection, { tables: ['Odd schema.order'] })
    expect(parsed).toThrow(/a table name with its schema/)
    await writer.query(`ALTER SCHEMA "Odd schema" RENAME TO "Odd"`)
    const odd = openReplica(database.connection, { tables: ['Odd.order'] })
    await odd.read('Odd.order')
    await writer.query(`INSERT INTO "Odd"."order" VALUES (7)`)
    expect((await odd.read('Odd.order')).rows).toMatchObject([{ change: 'insert', user: '7' }])
    await odd.close()
    await writer.query(`DROP SCHEMA "Odd" CASCADE`)
  })
})

describe('columns that change while changes wait', () => {
  beforeEach(async () => {
    await begin('id int PRIMARY KEY, first text, last text')
    await writer.query(`INSERT INTO things VALUES (1, 'a', 'b')`)
  })

  test('a new column is named for rows from before, as no value of it came', async () => {
    await writer.query(`ALTER TABLE things ADD age int DEFAULT 5; INSERT INTO things VALUES (2, 'c', 'd', 6)`)
    const reading = await read()
    expect(brief(reading, 'id', 'first', 'age', 'unchanged_columns')).toEqual(['insert 1 a  {"age"}', 'insert 2 c 6 {}'])
    expect(reading.note).toContain('rows from before the columns were there have no value of age')
    await writer.query(`UPDATE things SET first = 'e'`)
    expect(brief(await read(), 'id', 'first', 'age')).toEqual(['update 1 e 5', 'update 2 e 6'])
  })

  test('a column that is gone is left out', async () => {
    await writer.query(`ALTER TABLE things DROP last; INSERT INTO things VALUES (2, 'c')`)
    const reading = await read()
    expect(reading.columns.slice(0, 3).map(({ name }) => name)).toEqual(['id', 'first', 'change'])
    expect(brief(reading, 'id', 'first')).toEqual(['insert 1 a', 'insert 2 c'])
    expect(reading.note).toContain('columns that are gone were left out: last')
  })

  test('a renamed column keeps its values', async () => {
    await writer.query(`ALTER TABLE things RENAME first TO given; INSERT INTO things VALUES (2, 'c', 'd')`)
    const reading = await read()
    expect(brief(reading, 'id', 'given', 'last', 'unchanged_columns')).toEqual(['insert 1 a b {}', 'insert 2 c d {}'])
    await writer.query(`DELETE FROM things WHERE id = 1`)
    expect(brief(await read(), 'id')).toEqual(['delete 1'])
  })

  test('one that is dropped and another that is added are two, not one renamed', async () => {
    await writer.query(`ALTER TABLE things DROP last, ADD age int; INSERT INTO things VALUES (2, 'c', 3)`)
    expect(brief(await read(), 'id', 'first', 'age', 'unchanged_columns')).toEqual(['insert 1 a  {"age"}', 'insert 2 c 3 {}'])
  })

  test('other types of the same column are handed over as they are written', async () => {
    await writer.query(`ALTER TABLE things ALTER id TYPE bigint; INSERT INTO things VALUES (9000000000)`)
    const reading = await read()
    expect(reading.columns[0]).toEqual({ name: 'id', type: 'bigint' })
    expect(brief(reading, 'id')).toEqual(['insert 1', 'insert 9000000000'])
  })

  test('columns that change in the very moment of the read make it fail as one to be tried again', async () => {
    await writer.query(`ALTER TABLE things ADD age int; INSERT INTO things VALUES (2, 'c', 'd', 3)`)
    const onColumns = () => writer.query(`ALTER TABLE things RENAME age TO years`)
    await expect(replica.read('public.things', { onColumns })).rejects.toMatchObject({ code: 'source.columns-changed', kind: 'retry' })
    // Added and renamed within one wait, the column cannot be told from another that was dropped.
    await expect(read()).rejects.toMatchObject({ code: 'source.columns-changed', kind: 'mistake' })
  })

  test('what cannot be known is refused, and a full reload goes on from there', async () => {
    await writer.query(
      `ALTER TABLE things RENAME first TO passing; INSERT INTO things VALUES (2); ALTER TABLE things RENAME passing TO given`,
    )
    await expect(read()).rejects.toMatchObject({
      code: 'source.columns-changed',
      kind: 'mistake',
      hint: expect.stringContaining('--full-reload') as string,
    })
    expect((await replica.read('public.things', { fullReload: true })).rows).toHaveLength(2)
    await writer.query(
      `ALTER TABLE things RENAME given TO passing; ALTER TABLE things RENAME last TO given; ALTER TABLE things RENAME passing TO last; INSERT INTO things VALUES (3)`,
    )
    await expect(read()).rejects.toMatchObject({
      code: 'source.columns-changed',
      message: expect.stringContaining('given, last') as string,
    })
  })

  test('a table that has one of the feed’s own names is refused', async () => {
    await writer.query(`ALTER TABLE things ADD change text`)
    await expect(read()).rejects.toMatchObject({ code: 'source.column-name', kind: 'mistake' })
  })
})
