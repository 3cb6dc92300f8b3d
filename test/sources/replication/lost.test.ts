/** What breaks the chain of changes, logins and publications that do not suffice, and slots in other hands. */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withDatabase } from '../../tools/with-warehouse.ts'
import type { SourceConnection } from '../../../server/sources/index.ts'
import { openWriter } from '../postgres-tables.ts'
import { dropSlots, newSlot, openReplica, type Replica } from './replica.ts'

const database = withDatabase()
let writer: pg.Client
let replica: Replica

beforeAll(async () => {
  writer = await openWriter(database.connection)
})
beforeEach(async () => {
  await writer.query(`CREATE TABLE orders (id int PRIMARY KEY, amount int); CREATE TABLE lines (id int PRIMARY KEY); INSERT INTO orders VALUES (1, 10);
    CREATE PUBLICATION changes FOR TABLE orders, lines`)
})
afterEach(async () => {
  await replica.close()
  await dropSlots(writer)
  await writer.query('DROP PUBLICATION IF EXISTS changes; DROP TABLE IF EXISTS orders, lines')
})
afterAll(() => writer.end())

const open = (settings: Record<string, unknown> = {}, login: Record<string, string> = {}) =>
  (replica = openReplica({ ...database.connection, ...login }, { tables: ['public.orders', 'public.lines'], ...settings }))

/** A connection that takes the changes as a standby does. */
const streaming = ({ host, port, user, password, database: name }: SourceConnection) => ({
  host,
  port,
  user,
  password,
  database: name,
  replication: 'database',
})

describe.each(['fail', 'resync'] as const)('with on_slot_lost: %s', (onLost) => {
  const expectLost = async (why: string) => {
    if (onLost === 'fail') {
      await expect(replica.read('public.orders')).rejects.toMatchObject({
        code: 'source.slot-lost',
        kind: 'mistake',
        message: expect.stringContaining(why) as string,
      })
      return
    }
    const whole = await replica.read('public.orders')
    expect(whole).toMatchObject({ isFull: true, note: expect.stringContaining(why) as string })
    await writer.query(`INSERT INTO orders VALUES (2, 20)`)
    expect((await replica.read('public.orders')).rows).toMatchObject([{ change: 'insert', id: '2' }])
  }
  beforeEach(async () => {
    open({ on_slot_lost: onLost })
    await replica.read('public.orders')
  })

  test(`a slot that was dropped is noticed (${onLost})`, async () => {
    await replica.feed.dropSlot()
    await expectLost('is not there any more')
  })

  test(`a slot that was made again by another job is noticed (${onLost})`, async () => {
    await replica.feed.dropSlot()
    await replica.read('public.lines')
    await expectLost('past the position')
  })

  test(`a slot that something else moved is noticed (${onLost})`, async () => {
    await writer.query('INSERT INTO orders VALUES (7, 70)')
    await writer.query(
      `SELECT pg_replication_slot_advance(slot_name, pg_current_wal_lsn()) FROM pg_replication_slots WHERE database = current_database()`,
    )
    await expectLost('something else reads from it')
  })

  test(`a publication that was made again is noticed (${onLost})`, async () => {
    await writer.query('DROP PUBLICATION changes')
    await writer.query('UPDATE orders SET amount = 11')
    await writer.query('CREATE PUBLICATION changes FOR TABLE orders, lines')
    await expectLost('the publication was made again')
  })

  test(`a table that was out of the publication for a while is noticed (${onLost})`, async () => {
    await writer.query(
      'ALTER PUBLICATION changes DROP TABLE orders; UPDATE orders SET amount = 11; ALTER PUBLICATION changes ADD TABLE orders',
    )
    await expectLost('taken out of the publication and put in again')
  })

  test(`a table that was made again is noticed (${onLost})`, async () => {
    await writer.query(
      'DROP TABLE orders; CREATE TABLE orders (id int PRIMARY KEY, amount int); ALTER PUBLICATION changes ADD TABLE orders',
    )
    await expectLost('was made again')
  })
})

describe('a publication', () => {
  const hint = (text: string) => expect.stringContaining(text) as string

  test('that is not there is asked for with its statement, and no slot is made', async () => {
    await writer.query('DROP PUBLICATION changes')
    await expect(open().read('public.orders')).rejects.toMatchObject({
      ...{
        code: 'source.no-publication',
        kind: 'mistake',
        hint: hint('CREATE PUBLICATION "changes" FOR TABLE "public"."orders", "public"."lines";'),
      },
    })
    expect(await replica.slot()).toBeUndefined()
  })

  test('that lacks the table is asked to take it in, and as a partitioned one to speak for its partitions', async () => {
    await writer.query('ALTER PUBLICATION changes DROP TABLE orders')
    await expect(open().read('public.orders')).rejects.toMatchObject({
      code: 'source.no-publication',
      hint: hint('ADD TABLE "public"."orders";'),
    })
    await writer.query(
      'DROP TABLE lines; CREATE TABLE lines (id int PRIMARY KEY) PARTITION BY RANGE (id); ALTER PUBLICATION changes ADD TABLE lines',
    )
    await writer.query('CREATE TABLE lines_a PARTITION OF lines FOR VALUES FROM (0) TO (9)')
    await expect(replica.read('public.lines')).rejects.toMatchObject({
      code: 'source.no-publication',
      hint: hint('publish_via_partition_root = true'),
    })
  })

  test('a table that is not there, and a stream that is not among the source’s tables, are mistakes with the nearest name', async () => {
    await expect(open().read('public.order')).rejects.toMatchObject({
      code: 'source.unknown-stream',
      hint: 'Did you mean “public.orders”?',
    })
    await replica.close()
    await expect(open({ tables: ['public.nothing'] }).read('public.nothing')).rejects.toMatchObject({ code: 'source.no-table' })
  })

  test('a position of another kind of source is refused', async () => {
    open().positions.set('public.orders', { files: [] })
    await expect(replica.read('public.orders')).rejects.toMatchObject({ code: 'source.bad-position', hint: hint('--full-reload') })
  })
})

describe('a login', () => {
  beforeAll(async () => {
    await writer.query(`DROP ROLE IF EXISTS reader_only; CREATE ROLE reader_only LOGIN PASSWORD 'secret'`)
  })
  afterAll(async () => {
    await writer.query('DROP ROLE reader_only')
  })
  afterEach(() => writer.query('DROP OWNED BY reader_only; ALTER ROLE reader_only NOREPLICATION'))
  const login = { user: 'reader_only', password: 'secret' }

  test('without the right to replicate is told what to grant, or reads by watermarks', async () => {
    await writer.query('GRANT SELECT ON orders TO reader_only')
    await expect(open({}, login).read('public.orders')).rejects.toMatchObject({
      ...{ code: 'source.no-replication', hint: expect.stringContaining('ALTER ROLE "reader_only" REPLICATION') as string },
    })
    await replica.close()
    open({ fallback: 'watermark', tables: { 'public.orders': { watermark: 'amount' } } }, login)
    expect((await replica.read('public.orders')).note).toContain('“reader_only” of the source “shop” may not use replication')
    await writer.query('INSERT INTO orders VALUES (2, 9), (3, 11)')
    expect((await replica.read('public.orders')).rows.map(({ id }) => id)).toEqual(['1', '3'])
  })

  test('needs no more than REPLICATION and SELECT', async () => {
    await writer.query('ALTER ROLE reader_only REPLICATION; GRANT SELECT ON orders TO reader_only')
    open({}, login)
    expect((await replica.feed.check()).filter(({ ok }) => !ok).map(({ step }) => step)).toEqual(['table public.lines'])
    await replica.read('public.orders')
    await writer.query('INSERT INTO orders VALUES (2, 20)')
    expect((await replica.read('public.orders')).rows).toMatchObject([{ change: 'insert', id: '2' }])
    await replica.feed.dropSlot()
  })

  test('without SELECT on the table fails for that reason and does not fall back', async () => {
    await writer.query('ALTER ROLE reader_only REPLICATION')
    open({ fallback: 'watermark', tables: { 'public.orders': { watermark: 'amount' } } }, login)
    await expect(replica.read('public.orders')).rejects.toMatchObject({
      code: 'source.failed',
      kind: 'mistake',
      message: expect.stringContaining('permission denied') as string,
    })
  })

  test('that is refused, and a server that is not there, are told as such', async () => {
    await expect(open({}, { ...login, password: 'wrong' }).read('public.orders')).rejects.toMatchObject({
      code: 'source.failed',
      kind: 'mistake',
    })
    expect(await replica.feed.check()).toMatchObject([{ step: 'connect', ok: false }])
    const away = openReplica({ ...database.connection, port: 1 }, { tables: ['public.orders'] })
    await expect(away.read('public.orders')).rejects.toMatchObject({ code: 'source.failed', kind: 'retry' })
    await expect(away.feed.slots()).rejects.toMatchObject({ code: 'source.failed', kind: 'retry' })
  })
})

describe('a slot', () => {
  test('of the same name that belongs to something else is never touched', async () => {
    const slot = newSlot()
    await writer.query(`SELECT pg_create_logical_replication_slot($1, 'test_decoding')`, [slot])
    await expect(open({ slot }).read('public.orders')).rejects.toMatchObject({
      code: 'source.slot-taken',
      message: expect.stringContaining('test_decoding') as string,
    })
  })

  test('that another program is reading is busy, which may pass', async () => {
    const slot = newSlot()
    await open({ slot }).read('public.orders')
    await writer.query('INSERT INTO orders VALUES (2, 20)')
    const consumer = new pg.Client(streaming(database.connection))
    consumer.on('error', () => undefined)
    await consumer.connect()
    consumer.query(`START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names 'changes')`).catch(() => undefined)
    const isActive = async () => (await replica.slot())?.active
    while ((await isActive()) !== true);
    await expect(replica.read('public.orders')).rejects.toMatchObject({ code: 'source.slot-busy', kind: 'retry' })
    await expect(replica.feed.dropSlot()).rejects.toMatchObject({ code: 'source.slot-busy', kind: 'retry' })
    await consumer.end()
    while ((await isActive()) !== false);
    expect((await replica.read('public.orders')).rows).toMatchObject([{ change: 'insert', id: '2' }])
  })

  test('that is not there cannot be dropped', async () => {
    await expect(open().feed.dropSlot()).rejects.toMatchObject({ code: 'source.no-slot', kind: 'mistake' })
  })
})
