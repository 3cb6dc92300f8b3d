/** Results of checks: with the step they belong to, after its rollback, and over time. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Failure } from '../../shared/failure.ts'
import type { CheckResult } from '../../shared/run.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook

beforeAll(async () => {
  book = await openTestBook(database.connection)
})
afterAll(() => book.close())

const PASSED: CheckResult = {
  ...{ check: 'country not null', stage: 'staged', severity: 'error', status: 'pass' },
  ...{ bad_rows: 4, measured: null, expected: 'at most 10 bad rows', sample: [{ user_id: 1 }] },
}
const LATE: CheckResult = {
  ...{ check: 'freshness', stage: 'target', severity: 'warn', status: 'warn' },
  ...{ bad_rows: null, measured: '3 days', expected: '1 day', sample: [] },
}

test('results written in a step stand with it, the passed ones with their number, and others are an event', async () => {
  const runId = await book.start(['one'])
  await book.runs.book.startStep(runId, 'one', 1)
  await book.warehouse.withTransaction((session) => book.runs.book.checks(session, runId, { job: 'one', results: [PASSED, LATE] }))
  const run = await book.runs.show(runId)
  expect(run.checks).toEqual([
    { job: 'one', ...PASSED },
    { job: 'one', ...LATE },
  ])
  expect(run.events.filter(({ kind }) => kind === 'check.finished')).toMatchObject([
    { job: 'one', detail: { check: 'freshness', stage: 'target', severity: 'warn', status: 'warn', bad_rows: null } },
  ])
})

test('results of a step that they made fail survive its rollback, with at most five bad rows', async () => {
  const runId = await book.start(['one'])
  await book.runs.book.startStep(runId, 'one', 1)
  const failed: CheckResult = {
    ...PASSED,
    status: 'fail',
    bad_rows: 99,
    sample: Array.from({ length: 9 }, (_, n) => ({ n, text: '\u0000' })),
  }
  const rolledBack = book.warehouse.withTransaction(async (session) => {
    await book.runs.book.checks(session, runId, { job: 'one', results: [failed] })
    throw new Error('the check aborts')
  })
  await expect(rolledBack).rejects.toThrow('the check aborts')
  expect((await book.runs.show(runId)).checks).toEqual([])
  const failure = new Failure({ kind: 'stop', code: 'check.failed', message: '99 rows' })
  await book.runs.book.endStep(runId, { job: 'one', status: 'failed', note: null, failure, checks: [failed] })
  const { checks, events } = await book.runs.show(runId)
  expect(checks).toMatchObject([{ status: 'fail', bad_rows: 99 }])
  expect(checks[0]?.sample).toHaveLength(5)
  expect(events.map(({ kind }) => kind)).toEqual(['run.started', 'step.started', 'check.finished', 'attempt.failed', 'step.ended'])
})

test('the history of a check is its results over the runs, newest first', async () => {
  for (const bad of [1, 2, 3]) {
    const runId = await book.start(['two'])
    book.time.now += 86_400_000
    await book.warehouse.withTransaction((session) =>
      book.runs.book.checks(session, runId, { job: 'two', results: [{ ...PASSED, bad_rows: bad }, LATE] }),
    )
  }
  const history = await book.runs.checkHistory('two', 'country not null', 2)
  expect(history.map(({ bad_rows, at }) => [bad_rows, at.slice(0, 10)])).toEqual([
    [3, '2026-03-04'],
    [2, '2026-03-03'],
  ])
  expect(await book.runs.checkHistory('one', 'nothing of the kind', 5)).toEqual([])
})

test('what a dry run foretold is shown with the run that was held against it', async () => {
  const counts = { read: 5, inserted: 5, updated: 0, versions_closed: 0, unchanged: 0, rejected: 0 }
  const runId = await book.start(['one'])
  expect((await book.runs.show(runId)).prediction).toBeNull()
  const steps = [{ job: 'one', predicted: counts, actual: { ...counts, inserted: 4, unchanged: 1 }, same: false }]
  await book.runs.book.event(runId, { kind: 'prediction.compared', detail: { dry_run_id: 'd', steps } })
  expect((await book.runs.show(runId)).prediction).toEqual(steps)
})
