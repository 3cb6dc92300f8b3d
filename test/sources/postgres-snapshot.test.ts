/** One moment for all readers of a run: over several connections, in turns where a server hands over no snapshot, and after a cut. */
import type pg from 'pg'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openPostgresSources, type PostgresSources, type SourceMoment, type SourceReader } from '../../server/sources/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { copyInto, openWriter } from './postgres-tables.ts'

const database = withDatabase()
let writer: pg.Client
let landing: pg.Client
let opened: PostgresSources[] = []
let moments: SourceMoment[] = []

beforeAll(async () => {
  writer = await openWriter(database.connection)
  landing = await openWriter(database.connection)
  // Two tables that are changed together: in any one moment their sums are opposite.
  await writer.query(`
    CREATE TABLE debit (amount int); CREATE TABLE credit (amount int);
    INSERT INTO debit SELECT 1 FROM generate_series(1, 5); INSERT INTO credit SELECT -1 FROM generate_series(1, 5);
    DROP ROLE IF EXISTS without_export; CREATE ROLE without_export LOGIN PASSWORD 'secret';
    GRANT SELECT ON debit, credit TO without_export;
    REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC`)
})
afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()))
  opened = []
  moments = []
})
afterAll(async () => {
  await writer.query('DROP OWNED BY without_export; DROP ROLE without_export')
  await writer.end()
  await landing.end()
})

type Login = 'owner' | 'without_export'

function openRun(login: Login = 'owner'): PostgresSources {
  const user = login === 'owner' ? {} : { user: login, password: 'secret' }
  const run = openPostgresSources({ ...database.connection, ...user }, { onNewMoment: (moment) => moments.push(moment) })
  opened.push(run)
  return run
}

async function sum(reader: SourceReader, table: string): Promise<number> {
  const rows = await copyInto({ reader, sql: `SELECT sum(amount)::int AS sum FROM ${table}`, landing, table: 'staging' })
  return Number(rows[0]?.['sum'])
}

const writeBoth = () => writer.query('BEGIN; INSERT INTO debit VALUES (1); INSERT INTO credit VALUES (-1); COMMIT')

const SESSIONS = `SELECT pid, state, wait_event, query FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'quintile source'`
const sessions = async () => (await writer.query<{ pid: number; query: string; wait_event: string | null }>(SESSIONS)).rows

/** Waits until a session of the source does what is asked for, and answers with its process. */
async function sessionThat(does: (session: { query: string; wait_event: string | null }) => boolean): Promise<number> {
  for (;;) {
    const found = (await sessions()).find(does)
    if (found !== undefined) return found.pid
  }
}

describe.each<Login>(['owner', 'without_export'])('the readers of one run, as %s', (login) => {
  test(`see the same moment, whatever is written between their reads (${login})`, async () => {
    const run = openRun(login)
    const first = run.reader()
    const debit = await sum(first, 'debit')
    for (let writes = 0; writes < 20; writes += 1) {
      await writeBoth()
      const next = run.reader()
      expect((await sum(next, 'credit')) + debit).toBe(0)
      await next.close()
    }
    expect(await sum(first, 'debit')).toBe(debit)
    const later = openRun(login).reader()
    expect(await sum(later, 'debit')).toBe(debit + 20)
  })

  test(`tell the moment by the source’s clock and by its transactions (${login})`, async () => {
    const { at, snapshot, note } = await openRun(login).moment()
    const { rows } = await writer.query<{ near: boolean }>(`SELECT now() - $1::timestamptz BETWEEN '0' AND '1 minute' AS near`, [at])
    expect({ at, snapshot, near: rows[0]?.near }).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      snapshot: expect.stringMatching(/^\d+:\d+:/) as string,
      near: true,
    })
    expect(note).toEqual(
      login === 'owner' ? null : (expect.stringContaining('permission denied for function pg_export_snapshot') as string),
    )
  })

  test(`go on with the moment after one of them failed (${login})`, async () => {
    const run = openRun(login)
    const reader = run.reader()
    const debit = await sum(reader, 'debit')
    await writeBoth()
    await expect(sum(reader, 'nowhere')).rejects.toMatchObject({ code: 'source.failed', kind: 'stop' })
    expect(await sum(reader, 'debit')).toBe(debit)
    expect(await sum(run.reader(), 'credit')).toBe(-debit)
    expect(moments).toEqual([])
  })

  test(`cannot write (${login})`, async () => {
    await expect(openRun(login).reader().describe('INSERT INTO debit VALUES (9) RETURNING amount')).rejects.toMatchObject({ kind: 'stop' })
    const reader = openRun(login).reader()
    await writer.query(`CREATE OR REPLACE FUNCTION clear_debit() RETURNS int LANGUAGE sql AS 'DELETE FROM debit RETURNING 1'`)
    await writer.query('GRANT DELETE ON debit TO without_export')
    await expect(copyInto({ reader, sql: 'SELECT clear_debit() AS gone', landing, table: 'staging' })).rejects.toThrow(
      /read-only transaction/,
    )
  })
})

test('readers of a run read at the same time where the snapshot can be handed over', async () => {
  const run = openRun()
  const slow = [run.reader(), run.reader()].map((reader) =>
    reader.copyOut('SELECT pg_sleep(60)', (rows) => pipeline(rows, new PassThrough().resume())),
  )
  const ended = Promise.allSettled(slow)
  const asleep = async () => (await sessions()).filter(({ wait_event }) => wait_event === 'PgSleep')
  while ((await asleep()).length < 2);
  for (const { pid } of await asleep()) await writer.query('SELECT pg_cancel_backend($1)', [pid])
  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

describe('cancelling', () => {
  test.each<Login>(['owner', 'without_export'])(
    'stops the statement in the source and leaves the others their moment, as %s',
    async (login) => {
      const run = openRun(login)
      const reader = run.reader()
      const debit = await sum(run.reader(), 'debit')
      const copied = expect(
        reader.copyOut('SELECT pg_sleep(60)', (rows) => pipeline(rows, new PassThrough().resume())),
      ).rejects.toMatchObject({
        code: 'source.failed',
      })
      await sessionThat(({ wait_event }) => wait_event === 'PgSleep')
      await reader.cancel()
      await copied
      expect((await sessions()).filter(({ wait_event }) => wait_event === 'PgSleep')).toEqual([])
      await writeBoth()
      expect(await sum(run.reader(), 'debit')).toBe(debit)
    },
  )

  test('reaches a reader that still waits for its turn, and its statement is never sent', async () => {
    const run = openRun('without_export')
    const [first, second] = [run.reader(), run.reader()]
    const slow = expect(first.copyOut('SELECT pg_sleep(60)', (rows) => pipeline(rows, new PassThrough().resume()))).rejects.toThrow()
    await sessionThat(({ wait_event }) => wait_event === 'PgSleep')
    const waiting = expect(second.describe('SELECT 2 AS two')).rejects.toMatchObject({ code: 'source.cancelled' })
    await second.cancel()
    await first.cancel()
    await Promise.all([slow, waiting])
    expect(await run.reader().describe('SELECT 1 AS one')).toEqual([{ name: 'one', type: 'integer' }])
    expect(moments).toEqual([])
  })

  test('is harmless when nothing is under way, and the reader can be used again', async () => {
    const reader = openRun().reader()
    await reader.cancel()
    expect(await sum(reader, 'debit')).toBeGreaterThan(0)
    await reader.cancel()
    expect(await sum(reader, 'debit')).toBeGreaterThan(0)
  })
})

describe('when the connection that holds the moment is cut', () => {
  test.each<Login>(['owner', 'without_export'])('the next reader takes a new moment and the run is told, as %s', async (login) => {
    const run = openRun(login)
    const before = await run.moment()
    const debit = await sum(run.reader(), 'debit')
    await writeBoth()
    const [holder] = (await writer.query<{ pid: number }>(`${SESSIONS} ORDER BY backend_start LIMIT 1`)).rows
    await writer.query('SELECT pg_terminate_backend($1, 5000)', [holder?.pid])
    const readers = [run.reader(), run.reader(), run.reader()]
    // The cut may be noticed by the first statement only, which then fails as the world's and is tried again by the run.
    const described = await Promise.allSettled(readers.map((reader) => reader.describe('SELECT 1 AS one')))
    for (const each of described) if (each.status === 'rejected') expect(each.reason).toMatchObject({ kind: 'retry' })
    for (const reader of readers) expect(await sum(reader, 'debit')).toBe(debit + 1)
    expect(moments).toHaveLength(1)
    expect(await run.moment()).toEqual(moments[0])
    expect(moments[0]?.at).not.toBe(before.at)
  })

  test('a reader that is under way keeps the moment it entered', async () => {
    const run = openRun()
    const reader = run.reader()
    const debit = await sum(reader, 'debit')
    const [holder] = (await writer.query<{ pid: number }>(`${SESSIONS} ORDER BY backend_start LIMIT 1`)).rows
    await writer.query('SELECT pg_terminate_backend($1, 5000)', [holder?.pid])
    await writeBoth()
    expect(await sum(reader, 'debit')).toBe(debit)
  })
})

test('a source that ends idle transactions soon does not end the run’s moment while the run lives', async () => {
  await writer.query(
    `ALTER ROLE without_export IN DATABASE ${database.connection.database} SET idle_in_transaction_session_timeout = '900ms'`,
  )
  const run = openRun('without_export')
  const { at } = await run.moment()
  const AGE = `SELECT extract(epoch FROM clock_timestamp() - xact_start)::float AS age FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'quintile source'`
  // Twice as old as the limit allows, or gone.
  while (((await writer.query<{ age: number }>(AGE)).rows[0]?.age ?? 9) < 1.8);
  expect((await run.moment()).at).toBe(at)
  expect(await sum(run.reader(), 'debit')).toBeGreaterThan(0)
  expect(moments).toEqual([])
})

test('a source that cannot be reached fails as the world’s, and is asked again by the next reader', async () => {
  const run = openPostgresSources({ ...database.connection, port: 1 })
  const reader = run.reader()
  await expect(reader.describe('SELECT 1 AS one')).rejects.toMatchObject({ kind: 'retry', code: 'source.failed' })
  await expect(reader.describe('SELECT 1 AS one')).rejects.toMatchObject({ kind: 'retry', code: 'source.failed' })
  await expect(run.moment()).rejects.toMatchObject({ kind: 'retry', code: 'source.failed' })
  await run.close()
})
