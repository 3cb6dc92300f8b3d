/** Several jobs on one slot: each reads its own changes, and the slot waits for the last of them. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { withDatabase } from '../../tools/with-warehouse.ts'
import { openWriter } from '../postgres-tables.ts'
import { apply, dropSlots, openReplica, tableNow, type Replica, type Row } from './replica.ts'
import { startWriting } from './writing.ts'

const database = withDatabase()
let writer: pg.Client
let replica: Replica

beforeAll(async () => {
  writer = await openWriter(database.connection)
  await writer.query(`CREATE TABLE orders (id int PRIMARY KEY, amount int, note text); CREATE TABLE lines (id int PRIMARY KEY, amount int, note text);
    CREATE PUBLICATION changes FOR TABLE orders, lines`)
})
beforeEach(() => {
  replica = openReplica(database.connection, { tables: ['public.orders', 'public.lines'] })
})
afterEach(async () => {
  await replica.close()
  await dropSlots(writer)
  await writer.query('TRUNCATE orders, lines')
})
afterAll(() => writer.end())

const confirmed = async () => (await replica.slot())?.confirmed
const lsnOf = (stream: string) => replica.positions.get(stream)?.['lsn']

test('two jobs may read for the first time at once, and each has its own changes exactly', async () => {
  const writing = [startWriting(database.connection, 'orders'), startWriting(database.connection, 'lines')]
  await Promise.all(writing.map((one) => one.until(30)))
  const streams = ['public.orders', 'public.lines']
  const copies = streams.map(() => new Map<string, Row>())
  for (let turn = 0; turn < 4; turn += 1) {
    const readings = await Promise.all(streams.map((stream) => replica.read(stream)))
    readings.forEach(({ rows }, at) => apply(copies[at]!, rows))
  }
  await Promise.all(writing.map((one) => one.stop()))
  for (const [at, stream] of streams.entries()) {
    apply(copies[at]!, (await replica.read(stream)).rows)
    expect(copies[at]).toEqual(await tableNow(writer, stream))
  }
})

test('the slot is moved no further than the job that is behind', async () => {
  await replica.read('public.orders')
  await replica.read('public.lines')
  const behind = lsnOf('public.lines')
  await writer.query(`INSERT INTO orders VALUES (1); INSERT INTO lines VALUES (1)`)
  await replica.read('public.orders')
  expect(await confirmed()).toBe(behind)
  expect((await replica.read('public.lines')).rows).toHaveLength(1)
  expect(await confirmed()).toBe(lsnOf('public.orders'))
})

test('the slot stays while a table is copied whose position is not stored yet, and none of its changes is lost', async () => {
  await replica.read('public.orders')
  const before = await confirmed()
  // The copy of the second job is done, but its transaction has not been committed.
  const copied = await replica.read('public.lines', { commit: false })
  await writer.query(`INSERT INTO lines VALUES (1); INSERT INTO orders VALUES (1)`)
  await replica.read('public.orders')
  expect(await confirmed()).toBe(before)
  replica.positions.set('public.lines', copied.position!)
  await replica.feed.committed('public.lines', copied.position!)
  expect(await confirmed()).toBe(copied.position?.['lsn'])
  expect((await replica.read('public.lines')).rows.map(({ id }) => id)).toEqual(['1'])
})

test('two jobs that read the same table keep their own positions, and the slot waits for both', async () => {
  const first = await replica.read('public.orders', { job: 'dim_orders', commit: false })
  await writer.query(`INSERT INTO orders VALUES (1)`)
  await replica.read('public.orders', { job: 'fct_orders' })
  await writer.query(`INSERT INTO orders VALUES (2)`)
  await replica.read('public.orders', { job: 'fct_orders' })
  expect(await confirmed()).toBe(first.position?.['lsn'])
  replica.positions.set('dim_orders', first.position!)
  await replica.feed.committed('public.orders', first.position!)
  expect((await replica.read('public.orders', { job: 'dim_orders' })).rows.map(({ id }) => id)).toEqual(['1', '2'])
  expect(await confirmed()).toBe(lsnOf('fct_orders'))
})

test('a copy whose transaction failed frees the slot when its feed closes', async () => {
  await replica.read('public.orders')
  const other = openReplica(database.connection, { tables: ['public.lines'], slot: (await replica.slot())?.slot })
  await other.read('public.lines', { commit: false })
  await writer.query(`INSERT INTO orders VALUES (1)`)
  await replica.read('public.orders')
  expect(await confirmed()).not.toBe(lsnOf('public.orders'))
  await other.close()
  await writer.query(`INSERT INTO orders VALUES (2)`)
  await replica.read('public.orders')
  expect(await confirmed()).toBe(lsnOf('public.orders'))
})
