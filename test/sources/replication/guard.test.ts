/** A server that cannot or must not be replicated: what is refused, what is read instead, and a slot that is lost in earnest. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openWriter } from '../postgres-tables.ts'
import { startOwnServer, type OwnServer } from './own-server.ts'
import { dropSlots, openReplica, type Replica } from './replica.ts'

const LOGICAL = { wal_level: 'logical', max_replication_slots: '2', max_slot_wal_keep_size: '3MB' }

let server: OwnServer
let writer: pg.Client
let replicas: Replica[] = []

beforeAll(async () => {
  server = await startOwnServer({ ...LOGICAL, wal_level: 'replica' })
  writer = await openWriter(server.connection)
  await writer.query(`CREATE TABLE orders (id int PRIMARY KEY, amount int, updated_at timestamptz, price money); CREATE TABLE lines (id int PRIMARY KEY);
    INSERT INTO orders VALUES (1, 10, '2026-03-01 10:00:00+00', 1.5), (2, 20, NULL, NULL);
    SET client_min_messages = error; CREATE PUBLICATION changes FOR TABLE orders, lines`)
})
afterEach(async () => {
  for (const replica of replicas) await replica.close()
  replicas = []
  await dropSlots(writer)
})
afterAll(async () => {
  await writer.end()
  await server.close()
})

function open(settings: Record<string, unknown> = {}): Replica {
  const replica = openReplica(server.connection, {
    tables: { 'public.orders': { watermark: 'updated_at' }, 'public.lines': null },
    ...settings,
  })
  replicas.push(replica)
  return replica
}

async function restart(settings: Record<string, string>): Promise<void> {
  await writer.end()
  await server.restart(settings)
  writer = await openWriter(server.connection)
}

describe('a server without a logical log', () => {
  test('is refused with what to set', async () => {
    await expect(open().read('public.orders')).rejects.toMatchObject({
      ...{ code: 'source.no-replication', kind: 'mistake', message: expect.stringContaining('wal_level is replica') as string },
      hint: expect.stringContaining('ALTER SYSTEM SET wal_level = logical') as string,
    })
  })

  test('is read by watermarks where the settings want it, which is told each time, and deletes are not seen', async () => {
    const replica = open({ fallback: 'watermark' })
    const whole = await replica.read('public.orders')
    expect(whole).toMatchObject({
      read: 2,
      isFull: true,
      note: expect.stringMatching(/by its watermark, so deleted rows are not seen.*wal_level is replica/) as string,
    })
    expect(whole.rows[0]).toMatchObject({ change: 'insert', id: '1', amount: '10', price: '$1.50', unchanged_columns: '{}' })
    await writer.query(
      `UPDATE orders SET amount = 21, updated_at = '2026-03-01 11:00:00+00' WHERE id = 2; INSERT INTO orders VALUES (3, 30, '2026-03-01 09:00:00+00')`,
    )
    const next = await replica.read('public.orders')
    expect(next.rows.map(({ change, id }) => [change, id])).toEqual([
      ['update', '1'],
      ['update', '2'],
    ])
    expect(next.isFull).toBe(false)
    await writer.query(`DELETE FROM orders WHERE id = 2`)
    expect((await replica.read('public.orders')).rows).toEqual([])
    expect(replica.positions.get('public.orders')).toEqual({ mode: 'watermark', watermark: '2026-03-01 11:00:00+00' })
  })

  test('looks back before the watermark as far as it is told', async () => {
    const replica = open({ fallback: 'watermark', tables: { 'public.orders': { watermark: 'updated_at', lookback: '2 hours' } } })
    await replica.read('public.orders')
    await writer.query(`INSERT INTO orders VALUES (4, 40, '2026-03-01 08:30:00+00')`)
    expect((await replica.read('public.orders')).rows.map(({ id }) => id)).toEqual(['1', '3', '4'])
  })

  test('cannot be read by watermarks where a table has none', async () => {
    await expect(open({ fallback: 'watermark' }).read('public.lines')).rejects.toMatchObject({
      ...{ code: 'source.no-replication', message: expect.stringContaining('public.lines has no watermark to fall back to') as string },
    })
  })

  test('says in a test of the source what is missing', async () => {
    const checks = await open().feed.check()
    expect(checks.map(({ step, ok }) => [step, ok])).toEqual([
      ['connect', true],
      ['replication', false],
      ['table public.orders', true],
      ['table public.lines', true],
      [expect.stringMatching(/^slot test_/), true],
    ])
    expect(checks[1]?.hint).toContain('wal_level')
  })
})

describe('a server that sets no limit to what a slot holds back', () => {
  beforeAll(() => restart({ ...LOGICAL, max_slot_wal_keep_size: '-1' }))

  test('gets no slot unless that is accepted, not even the promise of one in a dry run', async () => {
    const refused = { code: 'source.slot-unbounded', kind: 'mistake', hint: expect.stringContaining('max_slot_wal_keep_size') as string }
    await expect(open().read('public.orders')).rejects.toMatchObject(refused)
    await expect(open().read('public.orders', { dryRun: true })).rejects.toMatchObject(refused)
    expect((await open().feed.slots()).slots).toEqual([])
    const accepted = open({ allow_unbounded_wal: true })
    expect((await accepted.read('public.orders')).isFull).toBe(true)
    expect(await accepted.feed.slots()).toMatchObject({ limit: null, slots: [{ ours: true }] })
  })

  test('is read by watermarks instead, and as a whole again once it can be replicated', async () => {
    const replica = open({ fallback: 'watermark' })
    expect((await replica.read('public.orders')).note).toContain('would fill the server’s disk')
    await restart(LOGICAL)
    const back = await replica.read('public.orders')
    expect(back).toMatchObject({ isFull: true, note: expect.stringContaining('replication can be used again') as string })
    await writer.query(`DELETE FROM orders WHERE id = 4`)
    expect((await replica.read('public.orders')).rows).toMatchObject([{ change: 'delete', id: '4' }])
  })
})

describe('a slot', () => {
  /** Writes more log than a slot may hold back and lets the server notice. */
  const overflow = async () => {
    for (let segments = 0; segments < 6; segments += 1)
      await writer.query(`SELECT pg_logical_emit_message(false, 'x', 'x'); SELECT pg_switch_wal()`)
    await writer.query('CHECKPOINT')
  }

  test('shows what it holds back and how much is left, and that it is ours', async () => {
    const replica = open({ max_retained: '1 MB' })
    await replica.read('public.orders')
    await writer.query(`SELECT pg_create_physical_replication_slot('another', true)`)
    await writer.query(`SELECT pg_logical_emit_message(false, 'x', 'x'); SELECT pg_switch_wal()`)
    const { slots, ...limits } = await replica.feed.slots()
    await writer.query(`SELECT pg_drop_replication_slot('another')`)
    expect(limits).toEqual({ limit: 3 * 2 ** 20, max_retained: 2 ** 20 })
    expect(slots).toMatchObject([
      { slot: 'another', ours: false, plugin: null },
      {
        ours: true,
        plugin: 'pgoutput',
        database: 'postgres',
        active: false,
        wal_status: 'reserved',
        isLost: false,
        inactive_since: expect.any(String) as string,
      },
    ])
    expect(slots[1]?.retained).toBeGreaterThan(500_000)
    expect(slots[1]?.safe_wal_size).toBeGreaterThan(0)
  })

  test('that held back too much is lost: the job fails with what to do, and a full reload makes the slot again', async () => {
    const replica = open()
    await replica.read('public.orders')
    await overflow()
    expect((await replica.feed.slots()).slots).toMatchObject([{ isLost: true, wal_status: 'lost' }])
    await expect(replica.read('public.orders')).rejects.toMatchObject({
      ...{ code: 'source.slot-lost', kind: 'mistake', message: expect.stringContaining('was invalidated') as string },
      hint: expect.stringMatching(/--full-reload.*on_slot_lost: resync/) as string,
    })
    expect(await replica.feed.check()).toMatchObject([
      {},
      {},
      {},
      {},
      { ok: true, detail: expect.stringContaining('invalidated') as string },
    ])
    expect((await replica.read('public.orders', { fullReload: true })).isFull).toBe(true)
    expect((await replica.read('public.orders')).isFull).toBe(false)
  })

  test('that is lost is read as a whole by itself where the settings want it, and a dry run leaves it as it is', async () => {
    const replica = open({ on_slot_lost: 'resync' })
    await replica.read('public.orders')
    await overflow()
    const dry = await replica.read('public.orders', { dryRun: true })
    expect(dry).toMatchObject({ isFull: true, position: null })
    expect((await replica.feed.slots()).slots).toMatchObject([{ isLost: true }])
    expect(await replica.read('public.orders')).toMatchObject({ isFull: true, note: expect.stringContaining('was invalidated') as string })
    await writer.query(`UPDATE orders SET amount = 11 WHERE id = 1`)
    expect((await replica.read('public.orders')).rows).toMatchObject([{ change: 'update', id: '1' }])
  })

  test('that finds no place is refused, naming the remedy, or the table is read by its watermark', async () => {
    await writer.query(`SELECT pg_create_physical_replication_slot('one'), pg_create_physical_replication_slot('two')`)
    await expect(open().read('public.orders')).rejects.toMatchObject({
      ...{ code: 'source.no-replication', kind: 'mistake', hint: expect.stringContaining('max_replication_slots') as string },
    })
    expect((await open({ fallback: 'watermark' }).read('public.orders')).note).toContain('no replication slot left')
    await writer.query(`SELECT pg_drop_replication_slot('one'), pg_drop_replication_slot('two')`)
  })

  test('cannot be made while a transaction goes on and on: the failure names it and may be tried again', async () => {
    const busy = await openWriter(server.connection)
    await busy.query(`SET application_name = 'a long load'; BEGIN; INSERT INTO lines VALUES (99)`)
    await expect(open({ statement_timeout: '1 second' }).read('public.orders')).rejects.toMatchObject({
      ...{ code: 'source.slot-waits', kind: 'retry', message: expect.stringContaining('a long load since') as string },
    })
    await busy.query('ROLLBACK')
    await busy.end()
    expect((await open().feed.slots()).slots).toEqual([])
  })
})

describe('another server under the same address', () => {
  test('is noticed by its number', async () => {
    const replica = open()
    await replica.read('public.orders')
    replica.positions.set('public.orders', { ...replica.positions.get('public.orders'), system: '7000000000000000000' })
    await expect(replica.read('public.orders')).rejects.toMatchObject({ code: 'source.other-server', kind: 'mistake' })
  })

  test('restored from a backup is noticed by its log, which ends before the position', async () => {
    const replica = open()
    await replica.read('public.orders')
    replica.positions.set('public.orders', { ...replica.positions.get('public.orders'), lsn: 'FFFF/0' })
    await expect(replica.read('public.orders')).rejects.toMatchObject({
      code: 'source.other-server',
      message: expect.stringContaining('restored') as string,
    })
  })
})
