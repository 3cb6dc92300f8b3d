import { afterEach, beforeEach, expect, test } from 'vitest'
import { latestSuccess, openSchedules } from '../../server/schedules/index.ts'
import { scheduleDetailSchema, scheduleSummarySchema, scheduleValidationSchema } from '../../shared/schedule.ts'
import { fakeTime, type FakeTime } from './fake-time.ts'
import { ENGINE_TEMPLATE, openShop, type Shop } from './shop.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase(ENGINE_TEMPLATE)
let time: FakeTime
let shop: Shop

const TEXT = '# nightly\ntitle: Load\ncron: "0 2 * * *"\nzone: Europe/Paris\njobs: [all]\n'

beforeEach(async () => {
  time = fakeTime('2026-11-20T10:00:30Z')
  shop = await openShop(database.connection, time)
  await shop.sql('TRUNCATE quintile.schedule_ticks, quintile.runs CASCADE')
})
afterEach(() => shop.close())

const runId = (hour: number): string => `00000000-0000-7000-8000-00000000000${String(hour)}`

/** A run of that hour with one step. */
async function book(hour: number, job: string, status: string, options = {}, schedule: string | null = null): Promise<void> {
  const at = `2026-11-20T0${String(hour)}:00:00Z`
  await shop.sql(
    `INSERT INTO quintile.runs (run_id, kind, status, request, arguments, started_by, machine, pid, code_version, pack_hash, started_at, schedule)
     VALUES ($1, 'pipeline', 'succeeded', '', $2, 'anna', 'near', 1, '', '', $3, $4) ON CONFLICT DO NOTHING`,
    [runId(hour), JSON.stringify({ full_reload: false, ...options }), at, schedule],
  )
  await shop.sql(
    `INSERT INTO quintile.run_steps (run_id, job, group_name, position, status, started_at) VALUES ($1, $2, 'facts', 0, $3, $4)`,
    [runId(hour), job, status, at],
  )
}

test('every schedule is listed with its state, its words, its next five times and its last ticks', async () => {
  await shop.write('daily', TEXT)
  await shop.write('broken', 'title: Load\ncron: "0 2 * *"\njobs: [all]\n')
  await shop.write('off', 'title: Off\ncron: "@hourly"\njobs: [facts]\nenabled: false\n')
  const { room } = shop.machine()
  await shop.sql(
    `INSERT INTO quintile.schedule_ticks (schedule, due_at, outcome, machine, decided_at) SELECT 'daily', timestamptz '2026-11-01T01:00Z' + n * interval '1 day', 'ran', 'far', now() FROM generate_series(0, 14) n`,
  )
  const found = await room.list()
  expect(scheduleSummarySchema.array().parse(found)).toEqual(found)
  expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual(['broken broken', 'daily idle', 'off disabled'])
  expect(found[0]?.problem).toMatchObject({
    code: 'schedule.bad-cron',
    message: 'schedules/broken.yaml:2: cron: “0 2 * *” has 4 fields instead of five',
  })
  expect(found[1]).toMatchObject({ words: 'every day at 02:00 Europe/Paris; next Sat 21 Nov 02:00 (01:00 UTC)', ticks_source: 'warehouse' })
  expect(found[1]?.next.map(({ at }) => at.slice(0, 13))).toEqual([
    '2026-11-21T01',
    '2026-11-22T01',
    '2026-11-23T01',
    '2026-11-24T01',
    '2026-11-25T01',
  ])
  expect(found[1]?.ticks.map(({ due_at }) => due_at)).toHaveLength(10)
  expect(found[1]?.ticks[0]).toMatchObject({ due_at: '2026-11-15T01:00:00.000Z', outcome: 'ran', machine: 'far' })
  expect(found[2]).toMatchObject({ next: [], words: 'every hour, UTC; next Fri 20 Nov 11:00 UTC' })
})

test('a schedule is saved from text and from values, checked first, and the clockwork takes it up at once', async () => {
  const { room } = shop.machine()
  await room.start()
  const made = await room.save('daily', { text: TEXT })
  expect(scheduleDetailSchema.parse(made)).toEqual(made)
  await room.settled()
  expect(time.armed()).toContain('0 2 * * * Europe/Paris')
  const changed = await room.save('daily', { schedule: { title: 'Load', cron: '0 3 * * *', zone: 'Europe/Paris', jobs: ['facts'] } })
  expect(changed.text).toBe('# nightly\ntitle: Load\ncron: "0 3 * * *"\nzone: Europe/Paris\njobs: [facts]\n')
  await room.settled()
  expect(time.armed()).toContain('0 3 * * * Europe/Paris')
  expect(time.armed()).not.toContain('0 2 * * * Europe/Paris')
  await expect(room.save('daily', { text: TEXT.replace('[all]', '[rmf]') })).rejects.toMatchObject({
    code: 'schedule.unknown-job',
    hint: 'Did you mean “rfm”?',
  })
  expect((await room.show('daily')).text).toBe(changed.text)
  await expect(room.save('Not a name', { text: TEXT })).rejects.toMatchObject({ code: 'schedule.bad-name' })
  await room.remove('daily')
  await room.settled()
  expect(time.armed()).toEqual(['30 * * * * * UTC'])
  await expect(room.show('daily')).rejects.toMatchObject({ code: 'schedule.unknown' })
})

test('a text is validated with its words and next times, or with what is wrong, and nothing is written', async () => {
  const { room } = shop.machine()
  const good = await room.validate(TEXT)
  expect(scheduleValidationSchema.parse(good)).toEqual(good)
  expect(good).toMatchObject({ ok: true, problem: null, words: 'every day at 02:00 Europe/Paris; next Sat 21 Nov 02:00 (01:00 UTC)' })
  expect(good.next).toHaveLength(5)
  expect(await room.validate('title: x\n', 'daily')).toEqual({
    ...{ ok: false, words: null, next: [] },
    problem: { code: 'schedule.bad-file', message: 'schedules/daily.yaml:1: cron is missing', hint: 'Add “cron”.' },
  })
  expect(await room.list()).toEqual([])
})

test('the ledger of one schedule is read newest first, and an unknown one is refused with the nearest name', async () => {
  await shop.write('daily', TEXT)
  const { room } = shop.machine()
  await shop.sql(
    `INSERT INTO quintile.schedule_ticks (schedule, due_at, outcome, machine, decided_at, note) VALUES ('daily', '2026-11-01T01:00Z', 'missed', 'far', '2026-11-01T08:00Z', 'asleep'), ('daily', '2026-11-02T01:00Z', 'ran', 'far', now(), NULL)`,
  )
  const { ticks, source } = await room.ledger('daily', 100)
  expect(source).toBe('warehouse')
  expect(ticks.map(({ outcome }) => outcome)).toEqual(['ran', 'missed'])
  expect(ticks[1]).toEqual({
    ...{ schedule: 'daily', due_at: '2026-11-01T01:00:00.000Z', outcome: 'missed', run_id: null, machine: 'far' },
    ...{ decided_at: '2026-11-01T08:00:00.000Z', note: 'asleep' },
  })
  await expect(room.ledger('dayly', 5)).rejects.toMatchObject({ hint: 'Did you mean “daily”?' })
})

test('jobs have succeeded since the run that began first among their last successes, and never while one lacks a success', async () => {
  const { warehouse } = shop.machine()
  await book(1, 'one', 'succeeded')
  await book(1, 'two', 'succeeded')
  await book(2, 'one', 'warning')
  await book(3, 'two', 'failed')
  expect(await latestSuccess(warehouse, ['one'])).toEqual({ run_id: runId(2), started_at: '2026-11-20T02:00:00.000Z' })
  expect(await latestSuccess(warehouse, ['one', 'two'])).toEqual({ run_id: runId(1), started_at: '2026-11-20T01:00:00.000Z' })
  expect(await latestSuccess(warehouse, ['one', 'three'])).toBeNull()
})

test('runs of other schedules do not make up for a tick, nor a short run for a full reload', async () => {
  const { warehouse } = shop.machine()
  const asked = (schedule: string, options: { full_reload?: boolean; since?: string } = {}) =>
    latestSuccess(warehouse, ['one'], { schedule, arguments: options }).then((found) => found?.run_id)
  await book(1, 'one', 'succeeded', { full_reload: true })
  await book(2, 'one', 'succeeded')
  await book(3, 'one', 'succeeded', {}, 'hourly')
  expect(await asked('daily')).toBe(runId(2))
  expect(await asked('hourly')).toBe(runId(3))
  expect(await asked('daily', { full_reload: true })).toBe(runId(1))
  expect(await asked('daily', { since: '2026-01-01' })).toBeUndefined()
})

test('the ledger forgets what is older than 90 days, but not the newest tick of a schedule', async () => {
  await shop.write('daily', TEXT)
  await shop.sql(`
    INSERT INTO quintile.schedule_ticks (schedule, due_at, outcome, machine, decided_at) VALUES
      ('daily', '2026-07-01T01:00Z', 'ran', 'far', now()), ('daily', '2026-08-01T01:00Z', 'ran', 'far', now()), ('gone', '2026-01-01T01:00Z', 'ran', 'far', now())`)
  const { room } = shop.machine()
  await room.start()
  expect(await shop.sql('SELECT schedule, due_at::date::text AS due FROM quintile.schedule_ticks ORDER BY 1')).toEqual([
    { schedule: 'daily', due: '2026-08-01' },
    { schedule: 'gone', due: '2026-01-01' },
  ])
})

test('the door of the room can be opened and closed without loading what lies behind it', async () => {
  const never = (): never => {
    throw new Error('nothing of this is needed')
  }
  const door = openSchedules({
    ...{ folder: shop.folder, workspace: 'shop', warehouse: shop.machine().warehouse, local: shop.machine().local, clock: time.clock },
    ...{
      identity: { machine: 'near', user: 'anna' },
      environment: {},
      startRun: never,
      health: never,
      lastSuccess: never,
      closeInterrupted: never,
    },
    ...{ showRun: never, selectionWords: () => Promise.resolve(['all']), log: () => undefined },
  })
  await door.stop()
  await shop.write('daily', TEXT)
  expect((await door.list()).map(({ name }) => name)).toEqual(['daily'])
  expect(await door.next('daily', 2)).toHaveLength(2)
  expect((await door.notifications.channels()).map(({ channel }) => channel)).toEqual(['desktop'])
  await door.tellShell({ type: 'resume' })
  await door.stop()
})
