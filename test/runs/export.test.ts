/** One run as one document: whole, as of one moment, in constant memory. */
import { text } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CheckResult, RunDetail, RunReject } from '../../shared/run.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook

beforeAll(async () => {
  book = await openTestBook(database.connection)
})
afterAll(() => book.close())

const CHECK: CheckResult = {
  ...{ check: 'price', stage: 'target', severity: 'warn', status: 'warn' },
  ...{ bad_rows: 1, measured: null, expected: null, sample: [{ a: '"' }] },
}

const addLines = (runId: string, lines: number) =>
  book.rows(
    `INSERT INTO quintile.run_log (run_id, at, level, job, message) SELECT $1, now(), 'info', NULL, 'line "' || n || '"' FROM generate_series(1, $2::int) n`,
    [runId, lines],
  )
const addRejects = (runId: string, rows: number) =>
  book.rows(
    `INSERT INTO quintile.rejects (run_id, job, row_number, reason, row_text) SELECT $1, 'one', n, 'bad', repeat('x', 1000) || n FROM generate_series(1, $2::int) n`,
    [runId, rows],
  )

test('the document has everything of the run, on one line, and what is written meanwhile is not in it', async () => {
  const runId = await book.runThrough(['one', 'two'], { done: { counts: { read: 4, inserted: 4 }, watermark: '7' } })
  await book.warehouse.withTransaction((session) => book.runs.book.checks(session, runId, { job: 'one', results: [CHECK] }))
  await addLines(runId, 2_500)
  await addRejects(runId, 1_100)
  const shown = await book.runs.show(runId)
  const stream = await book.runs.export(runId)
  await addRejects(runId, 5)
  const document = await text(stream)
  expect(document.trimEnd()).not.toContain('\n')
  const whole = JSON.parse(document) as RunDetail & { rejects: RunReject[]; document: string; version: number; exported_at: string }
  const { log, rejects, ...head } = shown
  expect(whole).toMatchObject({ ...head, document: 'quintile run', version: 1, exported_at: '2026-03-01T10:00:02.000Z' })
  expect(whole.log).toHaveLength(2_502)
  expect(whole.log.slice(-log.length)).toEqual(log)
  expect(whole.rejects).toHaveLength(1_100)
  expect(rejects).toEqual([{ reason: 'bad', count: 1_105 - 5 }])
  expect(whole.rejects[1_099]).toMatchObject({ row_number: 1_100, reason: 'bad', replayed_run_id: null })
})

test('a run that nobody knows is refused before the first text', async () => {
  await expect(book.runs.export('01a1fcd4-3766-71db-8608-6ae9a510640c')).rejects.toMatchObject({ code: 'run.unknown' })
  await expect(book.runs.export('latest')).rejects.toMatchObject({ code: 'run.unknown' })
})

/** What is alive, garbage left out. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

test('a document of 50 MB passes through with only a few batches of it in memory', async () => {
  const runId = await book.runThrough(['one'])
  await addRejects(runId, 50_000)
  const before = liveBytes()
  let [bytes, looks, largest] = [0, 0, 0]
  for await (const chunk of (await book.runs.export(runId)) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes / 5_000_000 < looks) continue
    looks += 1
    largest = Math.max(largest, liveBytes() - before)
  }
  expect(bytes).toBeGreaterThan(50_000_000)
  expect(looks).toBeGreaterThan(5)
  // A batch is 500 rows, 0.6 MB here; as rows, as text and as bytes in the pipes some stand there several times.
  expect(largest).toBeLessThan(15_000_000)
})

test('a reader that goes away in the middle frees the connection', async () => {
  const runId = await book.runThrough(['one'])
  await addRejects(runId, 20_000)
  const stream = await book.runs.export(runId)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    expect(chunk.length).toBeGreaterThan(0)
    break
  }
  const idle = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`
  while ((await book.rows<{ n: number }>(idle))[0]?.n !== 0);
})
