/** Two runs side by side. */
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

const check = (name: string, bad_rows: number): CheckResult => ({
  ...{ check: name, stage: 'staged', severity: 'warn', status: 'warn', bad_rows, measured: null, expected: null, sample: [] },
})

test('a run is held against the one before it: counts, durations, watermarks, findings and how it was asked for', async () => {
  const before = await book.start(['one', 'two', 'gone'], { arguments: { jobs: ['all'], threads: 4 } })
  await book.commit(before, 'one', { counts: { read: 100, inserted: 100 }, watermark: '2026-01-01' })
  await book.commit(before, 'two', { counts: { read: 5, unchanged: 5 } })
  await book.warehouse.withTransaction((session) =>
    book.runs.book.checks(session, before, { job: 'one', results: [check('price in range', 3), check('country known', 1)] }),
  )
  await book.runs.book.finishRun(before, { status: 'succeeded', failure: null })
  book.time.now += 60_000
  const after = await book.start(['one', 'two', 'new'], { arguments: { jobs: ['all'], threads: 8, since: '2026-01-01' }, packHash: 'def' })
  await book.runs.book.startStep(after, 'one', 1)
  book.time.now += 500
  await book.commit(after, 'one', { counts: { read: 150, inserted: 50, unchanged: 100 }, before: '2026-01-01', watermark: '2026-02-01' })
  await book.runs.book.startStep(after, 'two', 1)
  const failure = new Failure({ kind: 'stop', code: 'warehouse.bad-value', message: 'division by zero' })
  const checks = [check('price in range', 9)]
  await book.runs.book.endStep(after, { job: 'two', status: 'failed', note: null, failure })
  await book.warehouse.withTransaction((session) => book.runs.book.checks(session, after, { job: 'one', results: checks }))
  await book.rows(
    `INSERT INTO quintile.rejects (run_id, job, reason, row_text) SELECT $1, 'one', 'too dear', n::text FROM generate_series(1, 2) n`,
    [after],
  )
  await book.runs.book.finishRun(after, { status: 'failed', failure: null })

  const diff = await book.runs.diff(after)
  expect(diff).toMatchObject({
    before: { run_id: before },
    after: { run_id: after },
    findings: {
      came: [
        { job: 'two', finding: 'warehouse.bad-value: division by zero', before: null, after: null },
        { job: null, finding: 'rejected: too dear', before: null, after: 2 },
      ],
      went: [{ job: 'one', finding: 'country known (staged): warn', before: 1, after: null }],
      moved: [{ job: 'one', finding: 'price in range (staged): warn', before: 3, after: 9 }],
    },
    origin: [
      { name: 'pack hash', before: 'abc', after: 'def' },
      { name: 'argument threads', before: '4', after: '8' },
      { name: 'argument since', before: null, after: '"2026-01-01"' },
    ],
  })
  const step = (job: string) => diff?.steps.find((one) => one.job === job)
  expect(step('one')).toMatchObject({
    stands_in: 'both',
    status: { changed: false },
    counts: {
      read: { before: 100, after: 150, difference: 50, percent: 0.5 },
      inserted: { difference: -50, percent: -0.5 },
      unchanged: { before: 0, after: 100, difference: 100, percent: null },
    },
    seconds: { before: 1, after: 1.5, difference: 0.5, percent: 0.5 },
    watermark: { before: '2026-01-01', after: '2026-02-01', changed: true },
  })
  expect(step('two')).toMatchObject({ status: { before: 'succeeded', after: 'failed', changed: true } })
  expect(step('new')).toMatchObject({ stands_in: 'after', status: { before: null, after: 'skipped' }, seconds: { difference: null } })
  expect(step('gone')).toMatchObject({ stands_in: 'before', counts: { read: { after: null } } })
})

test('the run before it is the last with the same jobs, then the last with one of them, of its own kind', async () => {
  const narrow = await book.runThrough(['alpha'])
  const wide = await book.runThrough(['alpha', 'beta'])
  const imported = await book.runThrough(['alpha', 'beta'], { kind: 'import' })
  const again = await book.runThrough(['alpha'])
  const widest = await book.runThrough(['alpha', 'beta', 'delta'])
  expect(await book.runs.previous(again)).toBe(narrow)
  expect(await book.runs.previous(widest)).toBe(again)
  expect(await book.runs.previous(wide)).toBe(narrow)
  expect(await book.runs.previous(imported)).toBeUndefined()
  expect(await book.runs.diff(imported)).toBeNull()
  expect(await book.runs.diff(imported, wide)).toMatchObject({ before: { run_id: wide } })
})
