import { afterAll, beforeAll, expect, test } from 'vitest'
import { watchChannel } from '../../server/warehouse/index.ts'
import { liveEventSchema, type LiveEvent } from '../../shared/contract/events.ts'
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

/** Five texts of the worst kind: every character takes six bytes of the message. */
const WORST = '\u0001'.repeat(20_000)

test('a failure longer than a notification may be is told short and kept whole', async () => {
  const told: LiveEvent[] = []
  const watch = await watchChannel(database.connection, 'quintile_live', {
    onMessage: (payload) => told.push(liveEventSchema.parse(JSON.parse(payload))),
    onLost: () => undefined,
  })
  const runId = await book.start(['one', 'two'], { request: WORST })
  const failure = new Failure({ kind: 'stop', code: 'test.long', message: WORST, hint: WORST, details: { detail: WORST } })
  const result = { counts: NO_COUNTS, findings: [], watermark_before: WORST, watermark: WORST, note: WORST }
  await book.runs.book.startStep(runId, 'one', 1)
  await book.warehouse.withTransaction((session) => book.runs.book.finishStep(session, runId, { job: 'one', status: 'succeeded', result }))
  await book.runs.book.startStep(runId, 'two', 1)
  await book.runs.book.endStep(runId, { job: 'two', status: 'failed', note: WORST, failure })
  await book.runs.book.finishRun(runId, { status: 'failed', failure })
  // The channel is in order: when this one comes, all before it have come.
  while (!told.some((event) => event.type === 'run' && event.run.ended_at !== null)) await book.rows('SELECT 1')
  await watch.close()
  expect(told.filter((event) => event.type === 'step').map(({ step }) => [step.job, step.status])).toEqual([
    ['one', 'running'],
    ['one', 'succeeded'],
    ['two', 'running'],
    ['two', 'failed'],
  ])
  const run = await book.runs.show(runId)
  expect(run).toMatchObject({ request: WORST, error: { message: WORST, hint: WORST, details: { detail: WORST } } })
  expect(run.steps).toMatchObject([
    { note: WORST, watermark: WORST },
    { note: WORST, error: { message: WORST } },
  ])
})
