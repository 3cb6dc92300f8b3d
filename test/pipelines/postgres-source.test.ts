/** Jobs that read another PostgreSQL database: what arrives, what is left alone, and what happens when it cannot be reached. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRooms, type Rooms } from '../../server/assemble.ts'
import { parseJob } from '../../server/pipelines/declaration.ts'
import { fillStaging } from '../../server/pipelines/staging.ts'
import type { StepRequest } from '../../server/pipelines/step.ts'
import { openPostgresSource } from '../../server/sources/index.ts'
import type { Connection } from '../../server/warehouse/index.ts'
import { openTestWorkspace, runJobs, TEST_PASSWORD_VARIABLE, type TestWorkspace } from '../tools/open-workspace.ts'
import { createDatabase, dropDatabase, withDatabase } from '../tools/with-warehouse.ts'

const SOURCE_PASSWORD_VARIABLE = 'QUINTILE_TEST_SOURCE_PASSWORD'

const TABLE = `
  note_id bigint PRIMARY KEY, author text, amount numeric(12,4), big numeric, written_on date, updated_at timestamptz, seen boolean,
  words text[], numbers int[]`

const JOB = `/*
kind: merge
source: notebook
target: notes
key: [note_id]
watermark: updated_at
lookback: 10 minutes
*/
SELECT note_id, author, amount, big, written_on, updated_at, seen, words, numbers FROM notes WHERE updated_at >= :since
`

const database = withDatabase()
let source: Connection
let notebook: pg.Client
let shop: TestWorkspace
let rooms: Rooms

beforeAll(async () => {
  source = await createDatabase()
  notebook = new pg.Client({ ...source, application_name: 'the source’s own writer' })
  await notebook.connect()
  await notebook.query(`CREATE TABLE notes (${TABLE})`)
  await notebook.query(`INSERT INTO notes VALUES
    (1, 'Zoë 🦊 "quoted", \\ and a' || chr(9) || 'tab', 12345678.9012, 98765432109876543210.000000000000000000001, '0001-02-28', '2026-03-01 12:00:00.123456+02', true, ARRAY['a,b', 'ö"', NULL, ''], ARRAY[1, NULL, -2147483648]),
    (2, '', 0, 0.1, '9999-12-31', '2026-03-01 09:00:00+00', false, '{}', ARRAY[[1,2],[3,4]]::int[]),
    (3, NULL, NULL, 'NaN', NULL, '2026-03-01 10:00:00+00', NULL, NULL, NULL)`)
  shop = await openTestWorkspace(database.connection)
  await shop.rooms.warehouse.query(`CREATE TABLE notes (${TABLE})`)
  await mkdir(join(shop.folder, 'jobs', 'notes'))
  await writeFile(join(shop.folder, 'jobs', 'notes', 'notes.sql'), JOB)
  rooms = await openWithSource({ host: source.host, port: source.port, database: source.database, user: source.user })
})
afterAll(async () => {
  await rooms.close()
  await shop.close()
  await notebook.end()
  await dropDatabase(source)
})

/** The same workspace opened again, with the source as given in its pack.yaml. */
async function openWithSource(settings: Record<string, string | number>, environment: NodeJS.ProcessEnv = {}): Promise<Rooms> {
  const file = join(shop.folder, 'pack.yaml')
  const text = await readFile(file, 'utf8')
  const lines = Object.entries({ kind: 'postgres', ...settings, password_env: SOURCE_PASSWORD_VARIABLE, statement_timeout: '2 minutes' })
  const declared = `  notebook:\n${lines.map(([key, value]) => `    ${key}: ${String(value)}\n`).join('')}`
  await writeFile(file, text.replace(/^ {2}notebook:\n( {4}.*\n)+/m, '').replace('sources:\n', `sources:\n${declared}`))
  return openRooms({
    home: shop.home,
    workspace: shop.name,
    clock: Date.now,
    environment: {
      ...process.env,
      [TEST_PASSWORD_VARIABLE]: database.connection.password ?? '',
      [SOURCE_PASSWORD_VARIABLE]: source.password ?? '',
      ...environment,
    },
    log: () => undefined,
  })
}

const AS_TEXT = `SELECT note_id::text, n::text AS whole, amount::text, big::text, words::text, numbers::text FROM notes n ORDER BY note_id`

async function inWarehouse(sql: string): Promise<unknown[]> {
  return (await rooms.warehouse.query(sql)).rows
}

async function inSource(sql: string): Promise<unknown[]> {
  await notebook.query('SET TimeZone = UTC')
  return (await notebook.query<Record<string, unknown>>(sql)).rows
}

const step = async () => (await runJobs(rooms, ['notes'])).steps[0]

describe('a job that reads another database', () => {
  test('brings every value exactly: decimals, dates, times, unicode, null, empty, booleans and arrays', async () => {
    expect(await step()).toMatchObject({ status: 'succeeded', read: 3, inserted: 3, watermark: '2026-03-01 10:00:00.123456+00' })
    expect(await inWarehouse(AS_TEXT)).toEqual(await inSource(AS_TEXT))
    expect(await inWarehouse('SELECT author IS NULL AS missing, words IS NULL AS no_words FROM notes ORDER BY note_id')).toEqual([
      { missing: false, no_words: false },
      { missing: false, no_words: false },
      { missing: true, no_words: true },
    ])
  })

  test('asks only from the watermark less the look-back, and finds the changed row and the late one', async () => {
    await notebook.query(`UPDATE notes SET author = 'changed', updated_at = '2026-03-01 11:00:00+00' WHERE note_id = 2`)
    // Committed late, with a stamp before the watermark: nine minutes are within the look-back, two hours are not.
    await notebook.query(`INSERT INTO notes (note_id, author, updated_at) VALUES (4, 'late', '2026-03-01 09:51:00+00')`)
    await notebook.query(`INSERT INTO notes (note_id, author, updated_at) VALUES (5, 'too late', '2026-03-01 08:00:00+00')`)
    expect(await step()).toMatchObject({
      status: 'succeeded',
      ...{ read: 4, inserted: 1, updated: 1, unchanged: 2, reconciles: true },
      watermark_before: '2026-03-01 10:00:00.123456+00',
      watermark: '2026-03-01 11:00:00+00',
    })
    expect(await inWarehouse('SELECT note_id::int AS id, author FROM notes WHERE note_id IN (2, 4, 5) ORDER BY 1')).toEqual([
      { id: 2, author: 'changed' },
      { id: 4, author: 'late' },
    ])
  })

  test('is asked every time, because nobody tells us that it changed, and an equal batch changes nothing', async () => {
    expect(await step()).toMatchObject({ read: 1, unchanged: 1, inserted: 0, updated: 0, note: 'nothing new since the last run' })
  })

  test('can only read: its transaction refuses to write, and the rows stay as they were', async () => {
    const before = await inSource(AS_TEXT)
    await notebook.query(`CREATE FUNCTION take_note() RETURNS int LANGUAGE sql AS 'DELETE FROM notes RETURNING 1'`)
    await appendFile(join(shop.folder, 'jobs', 'notes', 'notes.sql'), 'AND take_note() = 1')
    const failed = await step()
    await writeFile(join(shop.folder, 'jobs', 'notes', 'notes.sql'), JOB)
    expect(failed).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'source.failed' } })
    expect(failed?.error?.message).toContain('read-only transaction')
    expect(await inSource(AS_TEXT)).toEqual(before)
  })

  test('refuses a source that pack.yaml does not declare, instead of reading the warehouse', async () => {
    await writeFile(join(shop.folder, 'jobs', 'notes', 'notes.sql'), JOB.replace('source: notebook', 'source: notebok'))
    const refused = runJobs(rooms, ['notes'])
    await expect(refused).rejects.toMatchObject({ code: 'job.unknown-source', hint: expect.stringContaining('notebook') as string })
    await writeFile(join(shop.folder, 'jobs', 'notes', 'notes.sql'), JOB)
  })
})

/** Rows that come slowly, so that the copy is under way when it is disturbed; the second attempt finds the marker and is quick. */
const SLOW = `${JOB} AND (EXISTS (SELECT 1 FROM marker) OR pg_sleep(60) IS NOT NULL)`
const ASLEEP = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
const COPYING = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY pg_temp.staging%'`

/** Starts the slow job and answers when its copy waits for rows. */
async function startSlowCopy(signal: AbortSignal) {
  await writeFile(join(shop.folder, 'jobs', 'notes', 'notes.sql'), SLOW)
  const { runId, done } = await rooms.pipelines.start({ jobs: ['notes'], request: 'test', signal })
  const finish = async () => {
    await done
    await writeFile(join(shop.folder, 'jobs', 'notes', 'notes.sql'), JOB)
    return (await rooms.runs.show(runId)).steps[0]
  }
  return { finish, ...(await copyUnderWay()) }
}

/** The two ends of the copy that waits for rows. */
async function copyUnderWay(): Promise<{ sourceBackend: number; warehouseBackend: number }> {
  for (;;) {
    const { rows: asleep } = await notebook.query<{ pid: number }>(ASLEEP)
    const { rows: copying } = await rooms.warehouse.query<{ pid: number }>(COPYING)
    if (asleep[0] !== undefined && copying[0] !== undefined) return { sourceBackend: asleep[0].pid, warehouseBackend: copying[0].pid }
  }
}

describe('when the copy is disturbed', () => {
  beforeAll(() => notebook.query('CREATE TABLE marker (seen boolean)'))

  test('cancelling ends the statement in the source as well', async () => {
    const controller = new AbortController()
    const { finish } = await startSlowCopy(controller.signal)
    controller.abort()
    expect(await finish()).toMatchObject({ status: 'cancelled', inserted: 0 })
    expect(await inSource(ASLEEP)).toEqual([])
  })

  test('a source whose backend is killed in mid-copy is tried again and brings every row once', async () => {
    const { finish } = await startSlowCopy(new AbortController().signal)
    await notebook.query(`INSERT INTO marker VALUES (true)`)
    await notebook.query(`INSERT INTO notes (note_id, author, updated_at) VALUES (6, 'after the kill', '2026-03-01 11:05:00+00')`)
    // The connection that holds the run's moment too: with it alive the second attempt would see the same moment again.
    await notebook.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'quintile%'`,
    )
    expect(await finish()).toMatchObject({ status: 'succeeded', attempts: 2, inserted: 1, error: null })
    await notebook.query('DELETE FROM marker')
  })

  test('a warehouse whose backend is killed in mid-copy is its own failure and not the source’s', async () => {
    const job = parseJob({ file: 'notes.sql', name: 'notes', group: 'notes', text: SLOW })
    const reader = openPostgresSource(source)
    const request: StepRequest = {
      ...{ job, runId: '', tracked: [], inputs: [], workspace: { folder: shop.folder }, signal: new AbortController().signal },
      ...{ reload: false, rebuildHistory: false, dryRun: false, since: null, origin: { kind: 'database', reader } },
    }
    const copied = rooms.warehouse.withTransaction((session) => fillStaging(session, request, undefined))
    const refused = expect(copied).rejects.toMatchObject({ kind: 'retry', code: expect.stringMatching(/^warehouse\./) as string })
    const { warehouseBackend } = await copyUnderWay()
    await rooms.warehouse.query('SELECT pg_terminate_backend($1)', [warehouseBackend])
    await refused
    await reader.close()
    expect(await inSource(ASLEEP)).toEqual([])
  })
})

describe('a source that cannot be used', () => {
  const unreachable = { host: '127.0.0.1', port: 1, database: 'nowhere', user: 'nobody' }
  const secret = 'not-for-anyone-to-see'

  test('fails the step with the place and the remedy, and no word of the password', async () => {
    const others = await openWithSource(unreachable, { [SOURCE_PASSWORD_VARIABLE]: secret })
    try {
      const run = await runJobs(others, ['notes'])
      const [failed] = run.steps
      expect(failed).toMatchObject({ status: 'failed', attempts: 3, error: { code: 'source.failed' } })
      expect(failed?.error?.message).toContain('127.0.0.1:1/nowhere')
      expect(failed?.error?.hint).toContain('Check that the source database runs')
      expect(JSON.stringify(run)).not.toContain(secret)
    } finally {
      await others.close()
    }
  })

  test('without its password in the environment says which variable to set', async () => {
    const others = await openWithSource(unreachable, { [SOURCE_PASSWORD_VARIABLE]: undefined })
    try {
      const [failed] = (await runJobs(others, ['notes'])).steps
      expect(failed).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'source.no-password' } })
      expect(failed?.error?.hint).toContain(SOURCE_PASSWORD_VARIABLE)
    } finally {
      await others.close()
    }
  })

  test('that refuses the login is not asked again and again', async () => {
    const reader = openPostgresSource({ ...source, user: 'stranger', tls: 'off' })
    await expect(reader.describe('SELECT 1 AS one')).rejects.toMatchObject({ code: 'source.failed', kind: 'mistake' })
    await reader.close()
  })
})
