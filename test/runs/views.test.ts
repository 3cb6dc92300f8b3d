/** The customers' own log shapes over the run book, column for column. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../../shared/failure.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook

beforeAll(async () => {
  book = await openTestBook(database.connection)
})
afterAll(() => book.close())

const columns = (view: string) =>
  book.rows<{ column: string }>(
    `SELECT attname || ' ' || format_type(atttypid, atttypmod) AS column FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
    [`quintile.${view}`],
  )

test.each([
  [
    'etl_run_log',
    `run_id integer, source_system character varying(100), table_name character varying(100), run_start_time timestamp without time zone,
     run_end_time timestamp without time zone, records_extracted integer, records_loaded integer, status character varying(20), error_message text,
     last_extracted_timestamp timestamp without time zone`,
  ],
  [
    'batch_job_tracker',
    `job_name character varying(100), last_run_timestamp timestamp without time zone, last_run_status character varying(20), rows_processed bigint,
     rows_inserted bigint, rows_updated bigint, errors_count integer, error_message text, execution_duration_sec integer,
     started_at timestamp without time zone, completed_at timestamp without time zone, created_at timestamp without time zone,
     updated_at timestamp without time zone`,
  ],
  [
    'v_batch_job_status',
    `job_name character varying(100), last_run_status character varying(20), last_run_timestamp timestamp without time zone, rows_processed bigint,
     rows_inserted bigint, rows_updated bigint, errors_count integer, execution_duration_sec integer, duration_sec integer, status_message text,
     updated_at timestamp without time zone, time_since_last_run interval`,
  ],
])('%s has the columns and types that its readers expect, each with a comment', async (view, expected) => {
  expect((await columns(view)).map(({ column }) => column)).toEqual(expected.split(/,\s+/))
  const bare = await book.rows(
    `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND col_description(attrelid, attnum) IS NULL`,
    [`quintile.${view}`],
  )
  expect(bare).toEqual([])
})

describe('over one day of runs', () => {
  const failure = new Failure({ kind: 'stop', code: 'test.long', message: 'x'.repeat(3_000) })

  beforeAll(async () => {
    const counts = { read: 10, inserted: 4, updated: 1, versions_closed: 2, unchanged: 2, rejected: 1 }
    await book.runThrough(['dim_users'], { done: { counts, watermark: '2026-02-28 23:59:59.5+02', status: 'warning' } })
    await book.runThrough(['fact_games'], { done: { counts: { read: 3, inserted: 3 }, watermark: '4711' } })
    await book.runThrough(['feature_snapshot'], { kind: 'sync' })
    book.time.now += 60_000
    const failed = await book.start(['dim_users', 'fact_games', 'never_ran'])
    await book.runs.book.startStep(failed, 'dim_users', 1)
    await book.runs.book.endStep(failed, { job: 'dim_users', status: 'failed', note: null, failure })
    await book.runs.book.endStep(failed, { job: 'fact_games', status: 'skipped', note: 'dim_users did not succeed', failure: null })
    const running = await book.start(['dim_lobbies', 'waits'], {
      steps: [
        { job: 'dim_lobbies', group: 'dimensions', position: 0, target: 'public.dim_lobbies' },
        { job: 'waits', group: 'facts', position: 1 },
      ],
    })
    await book.runs.book.startStep(running, 'dim_lobbies', 1)
  })

  test('etl_run_log has a row per step that began, counts that reconcile, and a stamp only where there is one', async () => {
    const log = await book.rows('SELECT * FROM quintile.etl_run_log ORDER BY run_id')
    expect(log).toMatchObject([
      {
        ...{ source_system: 'shop', table_name: 'public.dim_users', status: 'success', error_message: null },
        ...{ run_start_time: '2026-03-01 10:00:00', run_end_time: '2026-03-01 10:00:01' },
        ...{ records_extracted: 10, records_loaded: 9, last_extracted_timestamp: '2026-02-28 21:59:59.5' },
      },
      { table_name: 'public.fact_games', status: 'success', records_extracted: 3, records_loaded: 3, last_extracted_timestamp: null },
      {
        ...{ table_name: 'public.dim_users', status: 'failed', error_message: 'x'.repeat(3_000) },
        ...{ records_extracted: 0, records_loaded: 0, last_extracted_timestamp: null },
      },
      { source_system: 'warehouse', table_name: 'public.dim_lobbies', status: 'running', run_end_time: null },
    ])
    expect(new Set(log.map((row) => row['run_id'])).size).toBe(4)
  })

  test('batch_job_tracker has a row per job, with the last success beside the last failure', async () => {
    expect(await book.rows('SELECT * FROM quintile.batch_job_tracker ORDER BY job_name')).toMatchObject([
      {
        job_name: 'dim_lobbies',
        last_run_status: 'RUNNING',
        last_run_timestamp: '2024-01-01 00:00:00',
        completed_at: null,
        errors_count: 0,
      },
      {
        ...{ job_name: 'dim_users', last_run_status: 'FAILED', last_run_timestamp: '2026-03-01 10:00:01', errors_count: 1 },
        ...{ rows_processed: '10', rows_inserted: '4', rows_updated: '3', error_message: 'x'.repeat(1_000), execution_duration_sec: 1 },
        ...{ started_at: '2026-03-01 10:01:03', created_at: '2026-03-01 10:00:00' },
      },
      {
        job_name: 'fact_games',
        last_run_status: 'FAILED',
        errors_count: 0,
        error_message: 'dim_users did not succeed',
        rows_processed: '3',
      },
      { job_name: 'feature_snapshot', last_run_status: 'SUCCESS', error_message: null },
      { job_name: 'never_ran', last_run_status: 'RUNNING', execution_duration_sec: null, started_at: null },
      { job_name: 'waits', last_run_status: 'RUNNING' },
    ])
  })

  test('v_batch_job_status says running, failed with the reason, stale after two days, or healthy', async () => {
    const status = async () =>
      Object.fromEntries(
        (
          await book.rows<{ job: string; message: string }>(
            'SELECT job_name AS job, left(status_message, 20) AS message FROM quintile.v_batch_job_status',
          )
        ).map(({ job, message }) => [job, message]),
      )
    expect(await status()).toMatchObject({
      dim_lobbies: 'running',
      dim_users: 'failed: xxxxxxxxxxxx',
      fact_games: 'failed: dim_users di',
      feature_snapshot: 'stale',
    })
    book.time.now = Date.now()
    await book.runThrough(['feature_snapshot'], { kind: 'sync' })
    expect(await status()).toMatchObject({ feature_snapshot: 'healthy' })
  })
})

test.each([
  ['2026-01-02', '2026-01-02 00:00:00'],
  ['2026-01-02T03:04:05.678Z', '2026-01-02 03:04:05.678'],
  ['2026-01-02 03:04:05+05:30', '2026-01-01 21:34:05'],
  ['2026-02-30 00:00:00', null],
  ['2026-01-02 25:00:00', null],
  ['now', null],
  ['infinity', null],
  ['20260102', null],
  ['0/16B3748', null],
  [null, null],
])('the watermark %s is the time %s, whatever zone its reader is in', async (watermark, expected) => {
  const stamp = await book.warehouse.withSession(async (session) => {
    await session.query(`SET timezone = 'Asia/Tokyo'`)
    const { rows } = await session.query<{ stamp: string | null }>('SELECT quintile.stamp_or_null($1)::text AS stamp', [watermark])
    await session.query(`SET timezone = 'UTC'`)
    return rows[0]?.stamp
  })
  expect(stamp).toBe(expected)
})

test('the views go down and up again and leave nothing behind', async () => {
  const file = (name: string) => readFile(join(import.meta.dirname, '..', '..', 'resources', 'warehouse', name), 'utf8')
  const objects = async () =>
    (
      await book.rows(`SELECT relname FROM pg_class WHERE relnamespace = 'quintile'::regnamespace AND relkind = 'v' UNION ALL
      SELECT proname FROM pg_proc WHERE pronamespace = 'quintile'::regnamespace ORDER BY 1`)
    ).length
  const before = await objects()
  await book.warehouse.withSession(async (session) => session.script(await file('0003_customer_views.down.sql')))
  expect(await objects()).toBe(before - 4)
  await book.warehouse.withSession(async (session) => session.script(await file('0003_customer_views.up.sql')))
  expect(await objects()).toBe(before)
})
