/** Jobs fed by logical replication: the table of the source and the target stay equal, through everything that can happen to rows. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connection } from '../../server/warehouse/index.ts'
import { openTestJobs, type TestJobs } from '../tools/open-jobs.ts'
import { createDatabase, dropDatabase, withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
const SLOT = `quintile_test_${String(process.pid)}`
let source: Connection
let writer: pg.Client
let shop: TestJobs

const COLUMNS = 'id int PRIMARY KEY, city text, amount numeric(10,2), note text'

beforeAll(async () => {
  source = await createDatabase()
  writer = new pg.Client({ ...source, application_name: 'the source’s own writer' })
  await writer.connect()
  // The test server commits without waiting for its log; what is not in the log yet arrives with a later run.
  await writer.query('SET synchronous_commit = on')
  await writer.query(`CREATE TABLE clients (${COLUMNS})`)
  await writer.query('CREATE PUBLICATION quintile FOR TABLE clients')
  await writer.query(`INSERT INTO clients VALUES (1, 'Oslo', 1.50, NULL), (2, 'Rome', 2, 'x'), (3, 'Bonn', 3, repeat('long ', 2000))`)
  const header = 'source: changes\nstream: public.clients\nkey: [id]\nchanges: true'
  shop = await openTestJobs(database.connection, {
    tables: `CREATE TABLE clients_copy (${COLUMNS});
      CREATE TABLE dim_clients (client_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id int NOT NULL, city text, amount numeric(10,2),
        effective_from timestamptz NOT NULL, effective_to timestamptz NOT NULL, is_current boolean NOT NULL, record_hash text NOT NULL)`,
    jobs: {
      'copies/clients_copy': `/*\nkind: merge\ntarget: clients_copy\n${header}\nchecks:\n  - not_null: city\n*/\nSELECT * FROM incoming`,
      'copies/dim_clients': `/*\nkind: history\ntarget: dim_clients\n${header}\ntrack: [city]\nupdate: [amount]\n*/\nSELECT * FROM incoming`,
    },
  })
  const place = `host: ${source.host}, port: ${String(source.port)}, user: ${source.user}, database: ${source.database}, password_env: SOURCE_SECRET`
  await shop.reopen(
    `  changes: { kind: replication, ${place}, publication: quintile, slot: ${SLOT}, tables: [public.clients], allow_unbounded_wal: true }\n`,
    {
      SOURCE_SECRET: source.password ?? '',
    },
  )
})
afterAll(async () => {
  await shop.rooms.pipelines.sources.dropSlot('changes')
  await shop.close()
  await writer.end()
  await dropDatabase(source)
})

const ALL = (table: string): string => `SELECT id, city, amount::text, md5(note) AS note FROM ${table} ORDER BY id`
async function expectEqualCopies(): Promise<void> {
  const { rows } = await writer.query(ALL('clients'))
  expect(await shop.rows(ALL('clients_copy'))).toEqual(rows)
  const { rows: cities } = await writer.query('SELECT id, city FROM clients ORDER BY id')
  expect(await shop.rows('SELECT id, city FROM dim_clients WHERE is_current ORDER BY id')).toEqual(cities)
}

test('the first run copies the whole table into every job of the source', async () => {
  const run = await shop.run()
  expect(run.steps.map(({ job, status, inserted }) => [job, status, inserted])).toEqual([
    ['clients_copy', 'succeeded', 3],
    ['dim_clients', 'succeeded', 3],
  ])
  await expectEqualCopies()
})

test('inserts, updates, deletes and changed keys arrive in the order of their commits, each change a version', async () => {
  await writer.query(`INSERT INTO clients VALUES (4, 'Kiev', 4, NULL)`)
  await writer.query(`UPDATE clients SET city = 'Paris' WHERE id = 1`)
  await writer.query(`UPDATE clients SET city = 'Lyon' WHERE id = 1`)
  await writer.query(`UPDATE clients SET amount = 30 WHERE id = 3`)
  await writer.query('DELETE FROM clients WHERE id = 2')
  await writer.query('UPDATE clients SET id = 40 WHERE id = 4')
  const run = await shop.run()
  expect(run.steps.map(({ job, status, reconciles }) => [job, status, reconciles])).toEqual([
    ['clients_copy', 'succeeded', true],
    ['dim_clients', 'succeeded', true],
  ])
  await expectEqualCopies()
  expect(await shop.rows('SELECT city FROM dim_clients WHERE id = 1 ORDER BY effective_from')).toEqual([
    { city: 'Oslo' },
    { city: 'Paris' },
    { city: 'Lyon' },
  ])
  expect(await shop.rows('SELECT is_current FROM dim_clients WHERE id = 2')).toEqual([{ is_current: false }])
})

test('a run with nothing new changes nothing, and one that failed reads its changes again', async () => {
  expect((await shop.run()).nothing_changed).toBe(true)
  await writer.query(`INSERT INTO clients VALUES (5, 'Ulm', 5, NULL)`)
  await shop.rows(`ALTER TABLE clients_copy ADD CONSTRAINT no_ulm CHECK (city <> 'Ulm')`)
  expect((await shop.run()).steps).toMatchObject([{ status: 'failed', error: { code: 'warehouse.constraint' } }, { status: 'succeeded' }])
  await shop.rows('ALTER TABLE clients_copy DROP CONSTRAINT no_ulm')
  expect((await shop.run()).status).toBe('succeeded')
  await expectEqualCopies()
})

test('a dry run sees the changes and leaves them for the run', async () => {
  await writer.query(`UPDATE clients SET city = 'Bern' WHERE id = 3`)
  const { done } = await shop.rooms.pipelines.dryRun({ options: { jobs: ['all'] }, signal: new AbortController().signal })
  expect((await done).steps).toMatchObject([
    { job: 'clients_copy', updated: 1 },
    { job: 'dim_clients', versions_closed: 1 },
  ])
  await shop.run()
  await expectEqualCopies()
})

test('a truncate empties the copy and closes every version; what comes after it is there', async () => {
  await writer.query('TRUNCATE clients')
  await writer.query(`INSERT INTO clients VALUES (1, 'Oslo', 9, NULL)`)
  await shop.run()
  await expectEqualCopies()
})

test('the slot is told what is safe, so that the source keeps no log for us', async () => {
  const { slots } = await shop.rooms.pipelines.sources.slots('changes')
  expect(slots.find((slot) => slot.ours)).toMatchObject({ slot: SLOT, active: false, isLost: false })
  const [least] = await shop.rows<{ lsn: string }>(`SELECT min((position->>'lsn')::pg_lsn)::text AS lsn FROM quintile.source_positions`)
  const { rows } = await writer.query<{ lsn: string }>(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [SLOT],
  )
  expect(rows).toEqual([least])
})
