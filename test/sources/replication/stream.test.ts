/** Changes of a table as they come out of the log: what arrives, in which order, and exactly once. */
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withDatabase } from '../../tools/with-warehouse.ts'
import { openWriter } from '../postgres-tables.ts'
import { apply, dropSlots, openReplica, tableNow, type Replica, type Row } from './replica.ts'

const database = withDatabase()
let writer: pg.Client
let other: pg.Client
let replica: Replica

beforeAll(async () => {
  writer = await openWriter(database.connection)
  other = await openWriter(database.connection)
  await writer.query(`
    CREATE TYPE mood AS ENUM ('glad', 'sad');
    CREATE DOMAIN price AS numeric(10,2);
    CREATE TABLE things (id bigint PRIMARY KEY, name text, price price, mood mood, moods mood[], seen timestamptz, day date, raw bytea, extra jsonb,
      cost money, doubled numeric GENERATED ALWAYS AS (price * 2) STORED);
    CREATE TABLE others (id int PRIMARY KEY);
    CREATE PUBLICATION changes FOR TABLE things, others`)
  replica = openReplica(database.connection, { tables: ['public.things', 'public.others'] })
  await replica.read('public.things')
})
afterAll(async () => {
  await replica.close()
  await dropSlots(writer)
  await writer.end()
  await other.end()
})

const read = () => replica.read('public.things')
const names = ({ rows }: { rows: Row[] }) => rows.map(({ change, id, name }) => `${change ?? ''} ${id ?? ''} ${name ?? '–'}`)

describe('the changes of a table', () => {
  beforeEach(async () => {
    await writer.query('TRUNCATE things')
    await read()
  })

  test('come with the table’s columns and types, those of the source alone as text, without generated ones', async () => {
    const { columns, rows, isFull } = await read()
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      ...[
        'id bigint',
        'name text',
        'price numeric(10,2)',
        'mood text',
        'moods text[]',
        'seen timestamp with time zone',
        'day date',
        'raw bytea',
      ],
      ...[
        'extra jsonb',
        'cost text',
        'change text',
        'commit_lsn pg_lsn',
        'committed_at timestamptz',
        'change_order bigint',
        'unchanged_columns text[]',
      ],
    ])
    expect({ rows, isFull }).toEqual({ rows: [], isFull: false })
  })

  test('carry every value as the source writes it', async () => {
    await writer.query(
      `INSERT INTO things VALUES (1, $1, 12.5, 'glad', '{sad,NULL}', '2026-03-01 12:00:00.123456+02', '0044-03-15 BC', '\\x00ff', '{"a":"\\\\"}', 1234.5)`,
      ['\uFEFFa mark, a\ttab, a\nline, a \\ and 🦊 “Zoë”'],
    )
    await writer.query(`INSERT INTO things (id, name) VALUES (2, ''), (3, NULL)`)
    const { rows } = await read()
    expect(rows[0]).toMatchObject({
      ...{
        change: 'insert',
        id: '1',
        name: '\uFEFFa mark, a\ttab, a\nline, a \\ and 🦊 “Zoë”',
        price: '12.50',
        mood: 'glad',
        moods: '{sad,NULL}',
      },
      ...{
        seen: '2026-03-01 10:00:00.123456+00',
        day: '0044-03-15 BC',
        raw: '\\x00ff',
        extra: '{"a": "\\\\"}',
        cost: '$1,234.50',
        unchanged_columns: '{}',
      },
    })
    expect(rows.slice(1).map(({ name, mood, raw }) => [name, mood, raw])).toEqual([
      ['', null, null],
      [null, null, null],
    ])
  })

  test('are inserts, updates, deletes and truncates in the order of their commits, whole transactions after one another', async () => {
    await writer.query(`BEGIN; INSERT INTO things (id, name) VALUES (1, 'first begun, last committed')`)
    await other.query(`INSERT INTO things (id, name) VALUES (2, 'between')`)
    await writer.query(`UPDATE things SET name = 'changed' WHERE id = 1`)
    await other.query(`BEGIN; UPDATE things SET name = 'rolled back'; DELETE FROM things; ROLLBACK`)
    await other.query(`BEGIN; INSERT INTO things (id, name) VALUES (3, 'kept'); SAVEPOINT s; INSERT INTO things (id, name) VALUES (4, 'taken back');
      ROLLBACK TO s; DELETE FROM things WHERE id = 2; COMMIT`)
    await writer.query('COMMIT')
    await writer.query(`TRUNCATE things; INSERT INTO things (id, name) VALUES (5, 'after')`)
    const reading = await read()
    expect(names(reading)).toEqual([
      ...['insert 2 between', 'insert 3 kept', 'delete 2 –', 'insert 1 first begun, last committed', 'update 1 changed', 'truncate  –'],
      'insert 5 after',
    ])
    expect(reading.rows.map(({ change_order }) => change_order)).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    expect(reading).toMatchObject({ read: 7, note: '7 changes of 4 transactions' })
  })

  test('say when and where they were committed, the same for all of a transaction', async () => {
    await writer.query(`INSERT INTO things (id) VALUES (1), (2)`)
    await writer.query(`INSERT INTO things (id) VALUES (3)`)
    const { rows } = await read()
    const { rows: facts } = await writer.query<Record<string, boolean>>(
      `SELECT $1::pg_lsn = $2::pg_lsn AND $3::timestamptz = $4::timestamptz AS same, $1::pg_lsn < $5::pg_lsn AND $3::timestamptz < $6::timestamptz AS later,
        now() - $6::timestamptz BETWEEN '0' AND '1 minute' AS now, $5::pg_lsn < pg_current_wal_lsn() AS in_log`,
      [
        rows[0]?.['commit_lsn'],
        rows[1]?.['commit_lsn'],
        rows[0]?.['committed_at'],
        rows[1]?.['committed_at'],
        rows[2]?.['commit_lsn'],
        rows[2]?.['committed_at'],
      ],
    )
    expect(facts).toEqual([{ same: true, later: true, now: true, in_log: true }])
  })

  test('a new key is a delete under the old one and an insert under the new one', async () => {
    await writer.query(`INSERT INTO things (id, name) VALUES (1, 'moves'), (2, 'stays')`)
    await writer.query(`UPDATE things SET id = id + 10 WHERE id = 1`)
    await writer.query(`UPDATE things SET id = id WHERE id = 2`)
    expect(names(await read())).toEqual(['insert 1 moves', 'insert 2 stays', 'delete 1 –', 'insert 11 moves', 'update 2 stays'])
  })

  test('nothing new gives no rows and leaves the position', async () => {
    await writer.query(`INSERT INTO things (id) VALUES (1)`)
    await read()
    const { rows } = await read()
    expect(rows).toEqual([])
  })

  test('changes of other tables and of others’ transactions move the position but give no rows', async () => {
    const before = replica.positions.get('public.things')
    await writer.query('INSERT INTO others VALUES (1)')
    expect((await read()).rows).toEqual([])
    expect(replica.positions.get('public.things')).not.toEqual(before)
  })
})

describe('exactly once', () => {
  let copy: Map<string, Row>
  beforeEach(async () => {
    await writer.query('TRUNCATE things')
    await read()
    copy = new Map()
  })

  const isSame = async () => expect(copy).toEqual(withoutGenerated(await tableNow(writer, 'things')))

  test('a crash before the commit gives the same changes again, after it none of them, though the source was never told', async () => {
    await writer.query(`INSERT INTO things (id, name) SELECT n, 'row ' || n FROM generate_series(1, 5) AS n`)
    const lost = await replica.read('public.things', { commit: false })
    const kept = await replica.read('public.things', { confirm: false })
    expect(kept.rows).toEqual(lost.rows)
    apply(copy, kept.rows)
    await writer.query(`UPDATE things SET name = 'again' WHERE id = 3; DELETE FROM things WHERE id = 4; INSERT INTO things (id) VALUES (6)`)
    const after = await replica.read('public.things', { confirm: false })
    expect(names(after)).toEqual(['update 3 again', 'delete 4 –', 'insert 6 –'])
    apply(copy, after.rows)
    await isSame()
    expect((await read()).rows).toEqual([])
  })

  test('a dry run reads without moving anything, as often as it likes', async () => {
    await writer.query(`INSERT INTO things (id) VALUES (1)`)
    const slot = await replica.slot()
    const first = await replica.read('public.things', { dryRun: true })
    const second = await replica.read('public.things', { dryRun: true })
    expect(first.rows).toHaveLength(1)
    expect(second.rows).toEqual(first.rows)
    expect((await replica.slot())?.confirmed).toBe(slot?.confirmed)
    apply(copy, (await read()).rows)
    await isSame()
  })

  test('whatever is confirmed or not between 40 random writes, the copy ends like the table', async () => {
    let seed = 7
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below
    for (let turn = 0; turn < 40; turn += 1) {
      const id = random(8)
      const statement = [
        `INSERT INTO things (id, name) VALUES (${String(id)}, 'turn ${String(turn)}') ON CONFLICT DO NOTHING`,
        `UPDATE things SET name = 'turn ${String(turn)}' WHERE id = ${String(id)}`,
        `DELETE FROM things WHERE id = ${String(id)}`,
        `UPDATE things SET id = ${String(id)} WHERE id = ${String(random(8))} AND NOT EXISTS (SELECT FROM things WHERE id = ${String(id)})`,
        random(4) === 0 ? 'TRUNCATE things' : 'SELECT 1',
      ][random(5)]!
      await writer.query(`BEGIN; ${statement}; ${random(5) === 0 ? 'ROLLBACK' : 'COMMIT'}`)
      if (random(3) > 0) continue
      const reading = await replica.read('public.things', { commit: random(3) > 0, confirm: random(2) > 0 })
      if (replica.positions.get('public.things')?.['lsn'] === reading.position?.['lsn']) apply(copy, reading.rows)
    }
    apply(copy, (await read()).rows)
    await isSame()
  })
})

function withoutGenerated(table: Map<string, Row>): Map<string, Row> {
  return new Map([...table].map(([id, { doubled: _doubled, ...row }]) => [id, row]))
}
