/** Rows that a full reload must not take away: those of others, and those of days that nobody can tell again. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestJobs, type TestJobs } from '../tools/open-jobs.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let opened: TestJobs

const TABLES = `
  CREATE TABLE events (event_id int PRIMARY KEY, event_timestamp timestamptz NOT NULL DEFAULT '2026-01-01');
  CREATE TABLE lines (line text, event_id int);
  CREATE TABLE daily (day date, name text, amount int, PRIMARY KEY (day, name));
  INSERT INTO events VALUES (1), (2);
  INSERT INTO lines VALUES ('imported', NULL);
  INSERT INTO daily VALUES ('2026-01-01', 'then', 7)`

const LINES = `/*
kind: append
shared: true
target: lines
watermark: event_id
unique_stamps: true
start: 0
*/
SELECT 'event' AS line, event_id FROM events WHERE event_id > :since`

const daily = (keeps: boolean): string => `/*
kind: transform
target: daily
mode: partition
partition: day
key: [day, name]
keeps_past: ${String(keeps)}
*/
SELECT date '2026-01-02' AS day, 'now' AS name, count(*)::int AS amount FROM events`

beforeAll(async () => {
  opened = await openTestJobs(database.connection, { tables: TABLES, jobs: { 'all/load_lines': LINES, 'all/load_days': daily(true) } })
})
afterAll(() => opened.close())

const lines = (): Promise<unknown> => opened.rows('SELECT line, count(*)::int AS n FROM lines GROUP BY 1 ORDER BY 1')
const days = (): Promise<unknown> => opened.rows('SELECT day::text, amount FROM daily ORDER BY 1')

test('a table that others fill too keeps their rows through a full reload, and gets none twice', async () => {
  const filled = [
    { line: 'event', n: 2 },
    { line: 'imported', n: 1 },
  ]
  await opened.run({ jobs: ['load_lines'] })
  expect(await lines()).toEqual(filled)
  expect((await opened.run({ jobs: ['load_lines'], full_reload: true })).status).toBe('succeeded')
  expect(await lines()).toEqual(filled)
})

test('days before stay through a full reload where they are kept, and only there', async () => {
  await opened.run({ jobs: ['load_days'], full_reload: true })
  expect(await days()).toEqual([
    { day: '2026-01-01', amount: 7 },
    { day: '2026-01-02', amount: 2 },
  ])
  await opened.writeJob('all/load_days', daily(false))
  await opened.run({ jobs: ['load_days'], full_reload: true })
  expect(await days()).toEqual([{ day: '2026-01-02', amount: 2 }])
})

test('days can only be kept where there are days', async () => {
  await opened.writeJob('all/load_days', daily(true).replace('mode: partition\npartition: day\n', ''))
  await expect(opened.run({ jobs: ['load_days'] })).rejects.toMatchObject({ code: 'job.bad-declaration' })
})

test('a column that is called like a time is no clock: the step is left out when nothing has changed', async () => {
  const text = (stamp: string): string => `/*
kind: transform
target: daily
mode: partition
partition: day
key: [day, name]
needs: [load_events]
*/
SELECT date '2026-01-03' AS day, 'stamped' AS name, count(*)::int AS amount FROM (SELECT ${stamp} AS seen_at FROM events) e`
  await opened.writeJob('all/load_events', `/*\nkind: merge\ntarget: events\nkey: [event_id]\n*/\nSELECT 3 AS event_id`)
  for (const [stamp, read] of [
    ['event_timestamp', 0],
    ['transaction_timestamp()', 1],
  ] as const) {
    await opened.writeJob('all/load_days', text(stamp))
    await opened.run()
    await opened.run()
    const { steps } = await opened.run({ jobs: ['load_days'] })
    expect({ stamp, read: steps[0]?.read }).toEqual({ stamp, read })
  }
})
