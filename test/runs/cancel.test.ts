/** Cancelling from another process: a second connection pool asks, the first one runs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let runner: TestBook
let other: TestBook

beforeAll(async () => {
  runner = await openTestBook(database.connection)
  other = await openTestBook(database.connection)
})
afterAll(() => Promise.all([runner.close(), other.close()]))

/** A promise of the call, and the watch. */
function watch(runId: string) {
  const called = Promise.withResolvers<'cancelled'>()
  return { called: called.promise, watch: runner.runs.book.watchCancel(runId, () => called.resolve('cancelled')) }
}

/** The backend that listens for cancel requests. */
const LISTENER = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN "quintile_cancel"'`

describe('a run that another process is asked to stop', () => {
  test('is told at once, and the book says who asked', async () => {
    const runId = await runner.start(['one'])
    const lease = await runner.hold(runId)
    const { called, watch: open } = watch(runId)
    while ((await other.rows(LISTENER)).length === 0);
    const asked = await other.runs.requestCancel(runId, 'eva on laptop')
    expect(asked).toMatchObject({ status: 'running', cancel_requested_at: '2026-03-01T10:00:00.000Z' })
    expect(await called).toBe('cancelled')
    await open.close()
    await runner.runs.book.finishRun(runId, { status: 'cancelled', failure: null })
    await lease.release()
    const run = await runner.runs.show(runId)
    expect(run).toMatchObject({ status: 'cancelled', cancel_requested_at: '2026-03-01T10:00:00.000Z' })
    expect(run.events.find(({ kind }) => kind === 'cancel.requested')?.detail).toEqual({ by: 'eva on laptop' })
    expect(await runner.rows('SELECT cancel_requested_by FROM quintile.runs WHERE run_id = $1', [runId])).toEqual([
      { cancel_requested_by: 'eva on laptop' },
    ])
  })

  test('is told although the request came before it listened', async () => {
    const runId = await runner.start(['one'])
    const lease = await runner.hold(runId)
    await other.runs.requestCancel(runId, 'eva')
    const { called, watch: open } = watch(runId)
    expect(await called).toBe('cancelled')
    await open.close()
    await lease.release()
  })

  test('is told although its connection was cut when the request came', async () => {
    const runId = await runner.start(['one'])
    const lease = await runner.hold(runId)
    const { called, watch: open } = watch(runId)
    for (let cut = 0; cut === 0;) cut = (await other.rows(`SELECT pg_terminate_backend(pid) FROM (${LISTENER}) t`)).length
    while ((await other.rows(LISTENER)).length > 0);
    await other.runs.requestCancel(runId, 'eva')
    expect(await called).toBe('cancelled')
    await open.close()
    await lease.release()
  })

  test('is asked once: the second request changes neither time nor name', async () => {
    const runId = await runner.start(['one'])
    const lease = await runner.hold(runId)
    await other.runs.requestCancel(runId, 'eva')
    other.time.now += 60_000
    expect(await other.runs.requestCancel(runId, 'max')).toMatchObject({ cancel_requested_at: '2026-03-01T10:00:00.000Z' })
    expect((await other.runs.show(runId)).events.filter(({ kind }) => kind === 'cancel.requested')).toHaveLength(1)
    await lease.release()
  })
})

test('a run that has ended cannot be cancelled, and one that nobody knows even less', async () => {
  const runId = await runner.runThrough(['one'])
  await expect(other.runs.requestCancel(runId, 'eva')).rejects.toMatchObject({
    code: 'run.already-ended',
    kind: 'mistake',
    details: { status: 'succeeded' },
  })
  await expect(other.runs.requestCancel('01a1fcd4-3766-71db-8608-6ae9a510640c', 'eva')).rejects.toMatchObject({ code: 'run.unknown' })
})

test('a run whose process is gone is closed instead of waiting for a stop that never comes', async () => {
  const runId = await runner.start(['one'])
  await expect(other.runs.requestCancel(runId, 'eva')).rejects.toMatchObject({ code: 'run.already-ended', details: { status: 'failed' } })
  expect(await other.runs.show(runId)).toMatchObject({ status: 'failed', error: { code: 'run.interrupted' } })
})

test('a process whose run was closed by another is told to stop too', async () => {
  const runId = await runner.start(['one'])
  const { called, watch: open } = watch(runId)
  await other.runs.book.closeInterrupted()
  expect(await called).toBe('cancelled')
  await open.close()
})
