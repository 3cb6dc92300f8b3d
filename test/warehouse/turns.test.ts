/** One program at a time changes the tables of a warehouse. */
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openMigrations, type Migrations } from '../../server/warehouse/migrations/index.ts'
import { MIGRATION_LOCK, migratorName } from '../../server/warehouse/migrations/lock.ts'
import type { Connection } from '../../server/warehouse/index.ts'
import { createDatabase, dropDatabase } from '../tools/with-warehouse.ts'
import { ACTOR, SHIPPED } from './sets.ts'

const OTHER = { ...ACTOR, user: 'ben', machine: 'other-machine', pid: 99 }
let connection: Connection
let other: pg.Client

beforeEach(async () => {
  connection = await createDatabase()
  other = new pg.Client({ ...connection, application_name: migratorName(OTHER) })
  await other.connect()
})
afterEach(async () => {
  await other.end()
  await dropDatabase(connection)
})

const migrationsOf = (wait: number): Migrations =>
  openMigrations({ locate: () => Promise.resolve(connection), sets: SHIPPED, actor: ACTOR, wait })

test('who finds another changing the tables waits a while, and then says who it is', async () => {
  await other.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`)
  const said: string[] = []
  await expect(migrationsOf(200).move({ verb: 'upgrade' }, { say: (text) => said.push(text) })).rejects.toMatchObject({
    code: 'warehouse.migrating',
    kind: 'retry',
    message: expect.stringContaining('ben@other-machine (process 99)') as string,
    details: { application_name: 'quintile migrate ben@other-machine #99' },
  })
  expect(said).toEqual([expect.stringContaining('Waiting for ben@other-machine')])
})

test('a lock of a foreign program is told by its login and program', async () => {
  await other.query(`SET application_name = 'nightly.sh'; SELECT pg_advisory_lock(${MIGRATION_LOCK})`)
  await expect(migrationsOf(100).move({ verb: 'upgrade' })).rejects.toMatchObject({
    message: expect.stringContaining(`${connection.user}, program “nightly.sh”`) as string,
  })
})

test('who waits goes on when the other has ended, and does not do its work again', async () => {
  await other.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`)
  const waiting = migrationsOf(20_000).move(
    { verb: 'upgrade' },
    { say: () => void other.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`) },
  )
  expect((await waiting).length).toBeGreaterThan(6)
})

test('two programs that start at once apply each file once', async () => {
  const both = await Promise.all([migrationsOf(20_000).move({ verb: 'upgrade' }), migrationsOf(20_000).move({ verb: 'upgrade' })])
  expect(both.map((steps) => steps.length).sort((a, b) => a - b)[0]).toBe(0)
  const { rows } = await other.query<{ name: string }>('SELECT name FROM quintile.migrations_engine ORDER BY id')
  expect(rows.map((row) => row.name)).toEqual([...new Set(rows.map((row) => row.name))])
})

test('a migration that is stopped leaves no trace of its file', async () => {
  const migrations = migrationsOf(1000)
  await migrations.move({ verb: 'upgrade', set: 'engine' })
  await migrations.move({ verb: 'upgrade', target: '0001_imported_orders' })
  // The next file waits for this table’s name.
  await other.query('BEGIN; CREATE TABLE public.dim_date (id integer)')
  const stop = new AbortController()
  const moving = migrations.move({ verb: 'upgrade' }, { signal: stop.signal })
  const watcher = new pg.Client(connection)
  await watcher.connect()
  for (let waits = false; !waits;) {
    const { rowCount } = await watcher.query(
      `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'quintile migrate ana%'`,
    )
    waits = rowCount === 1
  }
  stop.abort()
  await expect(moving).rejects.toMatchObject({ code: 'warehouse.migration-stopped' })
  await watcher.end()
  await other.query('ROLLBACK')
  expect((await migrations.states())[1]).toMatchObject({ applied: ['0001_imported_orders'] })
})
