/** What the book says of a step, attempt by attempt, and what it refuses. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../../shared/failure.ts'
import { NO_COUNTS } from '../../shared/run.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook

beforeAll(async () => {
  book = await openTestBook(database.connection)
})
afterAll(() => book.close())

const cut = (message = 'Connection terminated'): Failure =>
  new Failure({ kind: 'retry', code: 'warehouse.connection-lost', message, cause: new Error('read ECONNRESET', { cause: 'cable' }) })

const RESULT = {
  counts: { ...NO_COUNTS, read: 5, inserted: 3, unchanged: 2 },
  findings: [{ reason: 'country is missing', rows: 4, severity: 'warn' as const }],
  watermark_before: '2026-01-01',
  watermark: '2026-02-01',
  note: 'a note',
}

describe('attempts of a step', () => {
  test('stand in the book one by one: failed ones with their cause, the last one as the step', async () => {
    const runId = await book.start(['one'])
    await book.runs.book.startStep(runId, 'one', 1)
    book.time.now += 2_000
    await book.runs.book.failAttempt(runId, { job: 'one', attempt: 1, failure: cut() })
    book.time.now += 500
    await book.runs.book.startStep(runId, 'one', 2)
    book.time.now += 1_000
    await book.warehouse.withTransaction((session) =>
      book.runs.book.finishStep(session, runId, { job: 'one', status: 'warning', result: RESULT }),
    )
    await book.runs.book.finishRun(runId, { status: 'warning', failure: null })
    const run = await book.runs.show(runId)
    expect(run.attempts).toEqual([
      {
        ...{
          job: 'one',
          attempt: 1,
          status: 'failed',
          started_at: '2026-03-01T10:00:00.000Z',
          ended_at: '2026-03-01T10:00:02.000Z',
          seconds: 2,
        },
        error: {
          ...{ code: 'warehouse.connection-lost', message: 'Connection terminated', hint: null, details: {} },
          ...{ kind: 'retry', causes: ['read ECONNRESET', 'cable'] },
        },
      },
      expect.objectContaining({ attempt: 2, status: 'warning', seconds: 1, error: null }),
    ])
    expect(run.steps[0]).toMatchObject({ source: 'shop', target: 'public.one', status: 'warning', attempts: 2, seconds: 3.5, error: null })
    expect(run.events.map(({ kind, job }) => [kind, job])).toEqual([
      ['run.started', null],
      ['step.started', 'one'],
      ['attempt.failed', 'one'],
      ['attempt.started', 'one'],
      ['watermark.moved', 'one'],
      ['step.ended', 'one'],
      ['run.ended', null],
    ])
    expect(run.events[4]?.detail).toEqual({ before: '2026-01-01', after: '2026-02-01' })
    expect(run.log.map(({ message }) => message)).toEqual([
      'attempt 1 failed: warehouse.connection-lost: Connection terminated',
      '5 read: 3 inserted, 2 unchanged (a note)',
      '4 rows noted: country is missing',
    ])
  })

  test('that fail for good end with the step, and the run names both', async () => {
    const runId = await book.start(['one', 'two'])
    await book.runs.book.startStep(runId, 'one', 1)
    await book.runs.book.endStep(runId, { job: 'one', status: 'failed', note: null, failure: cut() })
    await book.runs.book.endStep(runId, { job: 'two', status: 'skipped', note: 'one did not succeed', failure: null })
    await book.runs.book.finishRun(runId, { status: 'failed', failure: null })
    const run = await book.runs.show(runId)
    expect(run.attempts).toMatchObject([{ job: 'one', attempt: 1, status: 'failed', error: { code: 'warehouse.connection-lost' } }])
    expect(run.steps).toMatchObject([
      { job: 'one', status: 'failed', error: { code: 'warehouse.connection-lost' } },
      { job: 'two', status: 'skipped', started_at: null, attempts: 0, error: null },
    ])
    expect(run.events.filter(({ kind }) => kind === 'step.ended').map(({ detail }) => detail['status'])).toEqual(['failed', 'skipped'])
  })

  test('that were cancelled are cancelled and not failed', async () => {
    const runId = await book.start(['one'])
    await book.runs.book.startStep(runId, 'one', 1)
    await book.runs.book.endStep(runId, { job: 'one', status: 'cancelled', note: 'the run was cancelled', failure: null })
    expect((await book.runs.show(runId)).attempts).toMatchObject([{ status: 'cancelled', error: null }])
  })
})

describe('a step that commits', () => {
  test('is told whole when only the answer to its COMMIT was lost, so that it is not run again', async () => {
    const runId = await book.start(['one'])
    expect(await book.runs.book.startStep(runId, 'one', 1)).toBeNull()
    await book.warehouse.withTransaction((session) =>
      book.runs.book.finishStep(session, runId, { job: 'one', status: 'succeeded', result: RESULT }),
    )
    await book.runs.book.failAttempt(runId, { job: 'one', attempt: 1, failure: cut() })
    expect(await book.runs.book.startStep(runId, 'one', 2)).toMatchObject({
      status: 'succeeded',
      read: 5,
      inserted: 3,
      watermark: '2026-02-01',
    })
    await book.runs.book.endStep(runId, { job: 'one', status: 'failed', note: null, failure: cut() })
    const run = await book.runs.show(runId)
    expect(run.steps[0]).toMatchObject({ status: 'succeeded', attempts: 1, error: null })
    expect(run.attempts).toMatchObject([{ attempt: 1, status: 'succeeded', error: null }])
  })

  test('leaves nothing in the book when its transaction is rolled back', async () => {
    const runId = await book.start(['one'])
    await book.runs.book.startStep(runId, 'one', 1)
    const before = await book.runs.show(runId)
    const rolledBack = book.warehouse.withTransaction(async (session) => {
      await book.runs.book.finishStep(session, runId, { job: 'one', status: 'succeeded', result: RESULT })
      throw new Error('no commit')
    })
    await expect(rolledBack).rejects.toThrow('no commit')
    expect(await book.runs.show(runId)).toEqual(before)
  })

  test('after another process has closed its run is refused together with its data', async () => {
    const runId = await book.start(['one'])
    await book.runs.book.startStep(runId, 'one', 1)
    await book.warehouse.query('CREATE TABLE loaded (n int)')
    const late = book.warehouse.withTransaction(async (session) => {
      await session.query('INSERT INTO loaded VALUES (1)')
      expect(await book.runs.book.closeInterrupted()).toContain(runId)
      await book.runs.book.finishStep(session, runId, { job: 'one', status: 'succeeded', result: RESULT })
    })
    await expect(late).rejects.toMatchObject({ code: 'run.lost', kind: 'stop' })
    expect(await book.rows('SELECT * FROM loaded')).toEqual([])
    await expect(book.runs.book.startStep(runId, 'one', 2)).rejects.toMatchObject({ code: 'run.lost' })
    expect(await book.runs.book.finishRun(runId, { status: 'succeeded', failure: null })).toMatchObject({
      status: 'failed',
      error: { code: 'run.interrupted' },
    })
  })
})

test('a failure that quotes bytes which no database takes is written all the same', async () => {
  const runId = await book.start(['one'])
  await book.runs.book.startStep(runId, 'one', 1)
  const failure = new Failure({ kind: 'stop', code: 'import.broken', message: 'a\u0000b \ud800 c', details: { line: 'x\u0000\udfff' } })
  await book.runs.book.log(runId, { level: 'warn', job: null, message: 'seen \u0000' })
  await book.runs.book.event(runId, { kind: 'source.note', job: 'one', detail: { text: '\u0000' } })
  await book.runs.book.endStep(runId, { job: 'one', status: 'failed', note: 'n\u0000', failure })
  const run = await book.runs.show(runId)
  expect(run.steps[0]).toMatchObject({ note: 'n\uFFFD', error: { message: 'a\uFFFDb \uFFFD c', details: { line: 'x\uFFFD\uFFFD' } } })
  expect(run.events.find(({ kind }) => kind === 'source.note')?.detail).toEqual({ text: '\uFFFD' })
})

test('an event written with a session goes with its transaction', async () => {
  const runId = await book.start(['one'])
  const rolledBack = book.warehouse.withTransaction(async (session) => {
    await book.runs.book.event(runId, { kind: 'source.note', detail: { gone: true } }, session)
    throw new Error('rolled back')
  })
  await expect(rolledBack).rejects.toThrow('rolled back')
  await book.runs.book.event(runId, { kind: 'lease.taken-over', detail: { machine: 'other' } })
  expect((await book.runs.show(runId)).events.map(({ kind }) => kind)).toEqual(['run.started', 'lease.taken-over'])
})
