/** Types that only the source knows: what they become, and that their values arrive as they were. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgresSource, type SourceReader } from '../../server/sources/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { copyInto, openWriter } from './postgres-tables.ts'

const source = withDatabase()
const warehouse = withDatabase()
let writer: pg.Client
let landing: pg.Client
let reader: SourceReader

beforeAll(async () => {
  writer = await openWriter(source.connection)
  landing = await openWriter(warehouse.connection)
  reader = openPostgresSource(source.connection)
  await writer.query(`
    CREATE EXTENSION citext;
    CREATE TYPE mood AS ENUM ('sad', 'so so', 'ha"ppy');
    CREATE DOMAIN price AS numeric(12,2) CHECK (VALUE >= 0);
    CREATE DOMAIN discounted AS price;
    CREATE DOMAIN numbers AS int[];
    CREATE TYPE place AS (street text, house int);
    CREATE TYPE span AS RANGE (subtype = numeric);
    CREATE TABLE things (
      mood mood, moods mood[], price price, discounted discounted, prices price[], sets numbers, all_sets numbers[], place place, places place[],
      mail citext, mails citext[], span span, days daterange, table_name regclass, cost money, costs money[], tags varchar(20)[], code char(5),
      at timestamp(3) with time zone, ats timestamp(3) with time zone[], note xml, short "char", "odd ""name" mood);
    INSERT INTO things VALUES
      ('so so', '{sad,NULL,"ha\\"ppy"}', 12.5, 7, '{1.5,NULL}', '{1,2}', NULL, '("a, b",3)', ARRAY[('c',4)::place, NULL], 'Zoe@Example.org', '{A,b}', '[1,2)',
       '[2026-01-01,2026-02-01)', 'pg_class', 1234.5, '{1,-2.25}', '{a,"b c"}', 'ab', '2026-03-01 10:00:00.1234+02', '{2026-03-01 10:00:00+00}', '<a/>', 'x', 'sad');
    INSERT INTO things (mood) VALUES (NULL)`)
})
afterAll(async () => {
  await reader.close()
  await writer.end()
  await landing.end()
})

/** Lands the query in the warehouse as a step does; answers with the rows as text. */
const land = (sql: string) => copyInto({ reader, sql, landing, table: 'staging' })

describe('types of the source', () => {
  test('that the warehouse does not have are handed over as text, domains as the type below them', async () => {
    expect(Object.fromEntries((await reader.describe('SELECT * FROM things')).map(({ name, type }) => [name, type]))).toEqual({
      ...{ mood: 'text', moods: 'text[]', price: 'numeric(12,2)', discounted: 'numeric(12,2)', prices: 'numeric(12,2)[]' },
      ...{ sets: 'integer[]', all_sets: 'text', place: 'text', places: 'text[]', mail: 'text', mails: 'text[]', span: 'text' },
      ...{
        days: 'daterange',
        table_name: 'text',
        cost: 'numeric',
        costs: 'numeric[]',
        tags: 'character varying(20)[]',
        code: 'character(5)',
      },
      ...{ at: 'timestamp(3) with time zone', ats: 'timestamp(3) with time zone[]', note: 'xml', short: '"char"', 'odd "name': 'text' },
    })
  })

  test('arrive with every value as it was, in a warehouse that knows none of them', async () => {
    expect(await land('SELECT * FROM things WHERE price IS NOT NULL')).toEqual([
      {
        ...{ mood: 'so so', moods: '{sad,NULL,"ha\\"ppy"}', price: '12.50', discounted: '7.00', prices: '{1.50,NULL}', sets: '{1,2}' },
        ...{ all_sets: null, place: '("a, b",3)', places: '{"(c,4)",NULL}', mail: 'Zoe@Example.org', mails: '{A,b}', span: '[1,2)' },
        ...{ days: '[2026-01-01,2026-02-01)', table_name: 'pg_class', cost: '1234.50', costs: '{1.00,-2.25}', tags: '{a,"b c"}' },
        ...{
          code: 'ab',
          at: '2026-03-01 08:00:00.123+00',
          ats: '{"2026-03-01 10:00:00+00"}',
          note: '<a/>',
          short: 'x',
          'odd "name': 'sad',
        },
      },
    ])
    expect(await land('SELECT mood, places FROM things WHERE price IS NULL')).toEqual([{ mood: null, places: null }])
  })

  test('a row, a name without a type and two columns that only the cast would confuse are handed over too', async () => {
    expect(await land(`SELECT ROW(1, 'a') AS both, NULL AS nothing, 'sad'::mood AS x, 'x' AS mood -- a remark at the end`)).toEqual([
      { both: '(1,a)', nothing: null, x: 'sad', mood: 'x' },
    ])
  })
})
