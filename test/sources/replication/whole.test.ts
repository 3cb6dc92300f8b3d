/** The first read: a whole table at an exact place in the log, while others write. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { withDatabase } from '../../tools/with-warehouse.ts'
import { openWriter } from '../postgres-tables.ts'
import { apply, dropSlots, openReplica, tableNow, type Replica, type Row } from './replica.ts'
import { startWriting } from './writing.ts'

const database = withDatabase()
let writer: pg.Client
let replica: Replica

beforeAll(async () => {
  writer = await openWriter(database.connection)
  await writer.query(`
    CREATE TABLE orders (id int PRIMARY KEY, amount int, note text);
    CREATE TABLE lines (id int PRIMARY KEY, amount int, note text);
    CREATE TABLE partitioned (id int PRIMARY KEY, amount int, note text) PARTITION BY RANGE (id);
    CREATE TABLE partition_a PARTITION OF partitioned FOR VALUES FROM (0) TO (100);
    CREATE TABLE partition_b PARTITION OF partitioned FOR VALUES FROM (100) TO (200);
    CREATE TABLE inherited (id int PRIMARY KEY, amount int, note text);
    CREATE TABLE heir () INHERITS (inherited);
    CREATE TABLE filtered (id int PRIMARY KEY, amount int, note text);
    CREATE PUBLICATION changes FOR TABLE orders, lines, partitioned, ONLY inherited, filtered (id, note) WHERE (id > 10) WITH (publish_via_partition_root)`)
})
afterEach(async () => {
  await replica.close()
  await dropSlots(writer)
  await writer.query('TRUNCATE orders, lines, partitioned, inherited, filtered')
})
afterAll(() => writer.end())

const open = () =>
  (replica = openReplica(database.connection, {
    tables: ['public.orders', 'public.lines', 'public.partitioned', 'public.inherited', 'public.filtered'],
  }))

describe('the first read', () => {
  test('gives every row as an insert, says that it is all, and makes the slot; the changes follow from there', async () => {
    await writer.query(
      `INSERT INTO orders SELECT n, n, E'tab\\t, line\\n, \\\\N and \\\\' FROM generate_series(1, 1000) AS n; INSERT INTO orders VALUES (0, NULL, '')`,
    )
    const whole = await open().read('public.orders')
    expect(whole).toMatchObject({
      read: 1001,
      isFull: true,
      note: expect.stringMatching(/^public.orders read as a whole, at [0-9A-F]+\//) as string,
    })
    expect(new Set(whole.rows.map(({ change, unchanged_columns }) => `${change ?? ''} ${unchanged_columns ?? ''}`))).toEqual(
      new Set(['insert {}']),
    )
    expect(whole.rows[0]).toMatchObject({ commit_lsn: replica.positions.get('public.orders')?.['lsn'], change_order: '1' })
    const copy = new Map<string, Row>()
    apply(copy, whole.rows)
    await writer.query(`INSERT INTO orders VALUES (-1, 1, 'next'); DELETE FROM orders WHERE id = 5`)
    const next = await replica.read('public.orders')
    expect(next.rows.map(({ change, id }) => [change, id])).toEqual([
      ['insert', '-1'],
      ['delete', '5'],
    ])
    apply(copy, next.rows)
    expect(copy).toEqual(await tableNow(writer, 'orders'))
    expect(await replica.slot()).toMatchObject({ plugin: 'pgoutput', isLost: false })
  })

  test('misses nothing and repeats nothing while others write without a pause', async () => {
    const writing = startWriting(database.connection, 'orders')
    await writing.until(50)
    const copy = new Map<string, Row>()
    open()
    // Applying is strict: a row that is inserted twice, or changed before it is there, throws.
    const whole = await replica.read('public.orders')
    apply(copy, whole.rows)
    const times: (string | null | undefined)[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      await writing.until(20)
      const { rows } = await replica.read('public.orders')
      times.push(...rows.map((row) => row['committed_at']))
      apply(copy, rows)
    }
    // By their time too, all that changed afterwards comes after the rows of the whole table.
    expect(times.length).toBeGreaterThan(50)
    expect(times.filter((at) => String(at) < String(whole.rows[0]?.['committed_at']))).toEqual([])
    // Read anew from a second snapshot, with the slot in use: just as exact.
    const again = new Map<string, Row>()
    apply(again, (await replica.read('public.orders', { fullReload: true })).rows)
    await writing.until(50)
    expect(await writing.stop()).toBeGreaterThan(150)
    apply(again, (await replica.read('public.orders')).rows)
    expect(again).toEqual(await tableNow(writer, 'orders'))
  })

  test('as a dry run makes no slot and leaves no position', async () => {
    await writer.query(`INSERT INTO orders VALUES (1, 1, 'one')`)
    const { rows, isFull, position } = await open().read('public.orders', { dryRun: true })
    expect({ rows: rows.length, isFull, position }).toEqual({ rows: 1, isFull: true, position: null })
    expect(await replica.slot()).toBeUndefined()
  })

  test('of a partitioned table has the rows of its partitions, of an inherited one not those of its heirs', async () => {
    await writer.query(
      `INSERT INTO partitioned VALUES (1, 1, 'a'), (101, 1, 'b'); INSERT INTO inherited VALUES (1); INSERT INTO heir VALUES (2)`,
    )
    const parts = await open().read('public.partitioned')
    expect(parts.rows.map(({ id }) => id)).toEqual(['1', '101'])
    expect((await replica.read('public.inherited')).rows.map(({ id }) => id)).toEqual(['1'])
    await writer.query(`UPDATE partitioned SET id = 150 WHERE id = 1; INSERT INTO heir VALUES (3); INSERT INTO inherited VALUES (4)`)
    expect((await replica.read('public.partitioned')).rows.map(({ change, id }) => [change, id])).toEqual([
      ['delete', '1'],
      ['insert', '150'],
    ])
    expect((await replica.read('public.inherited')).rows.map(({ id }) => id)).toEqual(['4'])
  })

  test('has only the columns and rows that the publication has', async () => {
    await writer.query(`INSERT INTO filtered VALUES (1, 1, 'out'), (11, 1, 'in')`)
    const whole = await open().read('public.filtered')
    expect(whole.columns.slice(0, 3).map(({ name }) => name)).toEqual(['id', 'note', 'change'])
    await writer.query(`INSERT INTO filtered VALUES (2, 1, 'out'), (12, 1, 'in too')`)
    const { rows } = await replica.read('public.filtered')
    expect([...whole.rows, ...rows].map(({ id, note }) => [id, note])).toEqual([
      ['11', 'in'],
      ['12', 'in too'],
    ])
  })
})

describe('cancelling', () => {
  const SESSIONS = `SELECT count(*)::int AS open FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'quintile source'`

  test('ends the wait for a transaction that keeps the slot from being made, and leaves no slot', async () => {
    const busy = await openWriter(database.connection)
    await busy.query(`BEGIN; INSERT INTO lines VALUES (1)`)
    const controller = new AbortController()
    const reading = expect(open().read('public.orders', { signal: controller.signal })).rejects.toMatchObject({
      code: 'source.cancelled',
      kind: 'stop',
    })
    const WAITING = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'walsender' AND wait_event_type = 'Lock'`
    while ((await writer.query(WAITING)).rowCount === 0);
    controller.abort()
    await reading
    await busy.query('ROLLBACK')
    await busy.end()
    expect(await replica.slot()).toBeUndefined()
    expect((await writer.query(SESSIONS)).rows).toEqual([{ open: 0 }])
  })

  test('in the middle of the rows ends the read, and the next one gives them all', async () => {
    await writer.query(`INSERT INTO orders SELECT n, n, repeat('x', 1000) FROM generate_series(1, 8000) AS n`)
    const controller = new AbortController()
    const onRow = ({ id }: Row) => (id === '100' ? controller.abort() : undefined)
    await expect(open().read('public.orders', { signal: controller.signal, onRow })).rejects.toMatchObject({ code: 'source.cancelled' })
    expect((await replica.read('public.orders')).read).toBe(8000)
    await writer.query(`UPDATE orders SET amount = amount + 1`)
    const again = new AbortController()
    const inChanges = ({ id }: Row) => (id === '100' ? again.abort() : undefined)
    await expect(replica.read('public.orders', { signal: again.signal, onRow: inChanges })).rejects.toMatchObject({
      code: 'source.cancelled',
    })
    expect((await replica.read('public.orders')).read).toBe(8000)
  })

  test('a warehouse that fails in the middle of the rows is told as it is, and the next read gives them all', async () => {
    await writer.query(`INSERT INTO orders SELECT n, n, repeat('x', 1000) FROM generate_series(1, 5000) AS n`)
    const onRow = ({ id }: Row) => (id === '100' ? Promise.reject(new RangeError('the taker’s own')) : undefined)
    await expect(open().read('public.orders', { onRow })).rejects.toThrow('the taker’s own')
    expect((await replica.read('public.orders')).read).toBe(5000)
    await writer.query(`UPDATE orders SET amount = amount + 1`)
    await expect(replica.read('public.orders', { onRow })).rejects.toThrow('the taker’s own')
    expect((await replica.read('public.orders')).read).toBe(5000)
  })
})
