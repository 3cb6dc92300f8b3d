/** Runs whose process vanished. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook

beforeAll(async () => {
  book = await openTestBook(database.connection)
})
afterAll(() => book.close())

test('a run without its process is closed with its steps and attempts as of its last sign of life, found whenever', async () => {
  const runId = await book.start(['one', 'two', 'three'])
  await book.commit(runId, 'one')
  book.time.now += 5_000
  await book.runs.book.startStep(runId, 'two', 1)
  book.time.now += 2_000
  await book.runs.book.log(runId, { level: 'info', job: 'two', message: 'still here' })
  // Found two days later.
  book.time.now += 2 * 86_400_000
  expect(await book.runs.book.closeInterrupted()).toEqual([runId])
  const run = await book.runs.show(runId)
  expect(run).toMatchObject({
    status: 'failed',
    ended_at: '2026-03-01T10:00:08.000Z',
    seconds: 8,
    error: { code: 'run.interrupted', details: { found_at: '2026-03-03T10:00:08.000Z' } },
  })
  expect(run.steps).toMatchObject([
    { job: 'one', status: 'succeeded', seconds: 1 },
    { job: 'two', status: 'failed', seconds: 2, note: 'the run was interrupted' },
    { job: 'three', status: 'skipped', started_at: null, ended_at: null },
  ])
  expect(run.attempts).toMatchObject([
    { job: 'one', status: 'succeeded' },
    { job: 'two', status: 'failed', seconds: 2, error: { code: 'run.interrupted' } },
  ])
  expect(run.events.slice(-3).map(({ kind, job, detail }) => [kind, job, detail['status']])).toEqual([
    ['step.ended', 'two', 'failed'],
    ['step.ended', 'three', 'skipped'],
    ['run.ended', null, 'failed'],
  ])
  expect(await book.runs.book.closeInterrupted()).toEqual([])
})

test('a heartbeat is a sign of life, and the lease of the closed run is gone', async () => {
  const runId = await book.start(['one'])
  const lease = await book.hold(runId)
  expect(await book.runs.book.closeInterrupted()).toEqual([])
  await book.rows(`UPDATE quintile.leases SET heartbeat_at = '2026-03-20T12:00:00Z' WHERE run_id = $1`, [runId])
  // The row of a process that was killed stays; its lock does not.
  await book.rows('CREATE TABLE left_behind AS SELECT * FROM quintile.leases')
  await lease.release()
  await book.rows('INSERT INTO quintile.leases SELECT * FROM left_behind')
  expect(await book.runs.book.closeInterrupted()).toEqual([runId])
  expect((await book.runs.show(runId)).ended_at).toBe('2026-03-20T12:00:00.000Z')
  expect(await book.rows('SELECT * FROM quintile.leases')).toEqual([])
})

test('a run that ends takes its open steps and attempts with it', async () => {
  const runId = await book.start(['one', 'two'])
  await book.runs.book.startStep(runId, 'one', 1)
  await book.runs.book.finishRun(runId, { status: 'failed', failure: null })
  const run = await book.runs.show(runId)
  expect(run.steps.map(({ status, note }) => [status, note])).toEqual([
    ['failed', 'the run ended before it'],
    ['skipped', 'the run ended before it'],
  ])
  expect(run.attempts).toMatchObject([{ status: 'failed' }])
  expect(run.events.filter(({ kind }) => kind === 'step.ended').map(({ job }) => job)).toEqual(['one', 'two'])
})
