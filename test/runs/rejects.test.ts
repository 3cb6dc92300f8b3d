/** Rejects over all runs: found, streamed, taken in. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook
let [first, second] = ['', '']

beforeAll(async () => {
  book = await openTestBook(database.connection)
  first = await book.start(['one', 'two'])
  book.time.now += 3_600_000
  second = await book.start(['one'])
  const add = (run: string, job: string, { reason, rows }: { reason: string; rows: number }) =>
    book.rows(
      `INSERT INTO quintile.rejects (run_id, job, row_number, reason, row_text) SELECT $1, $2, n, $3, '{"n":' || n || '}' FROM generate_series(1, $4::int) n`,
      [run, job, reason, rows],
    )
  await add(first, 'one', { reason: 'country is missing', rows: 3 })
  await add(first, 'two', { reason: 'too dear', rows: 2 })
  await add(second, 'one', { reason: 'too dear', rows: 1_200 })
})
afterAll(() => book.close())

const PAGE = { offset: 0, limit: 10 }

test('rejects of all runs are found by run, job and reason, newest first', async () => {
  expect((await book.runs.rejected.list({}, PAGE)).total).toBe(1_205)
  expect((await book.runs.rejected.list({ job: 'one', reason: 'too dear' }, PAGE)).rejects[0]).toMatchObject({
    ...{ run_id: second, job: 'one', row_number: 1_200, reason: 'too dear', row: '{"n":1200}', at: '2026-03-01T11:00:00.000Z' },
    ...{ replayed_at: null, replayed_run_id: null },
  })
  expect(await book.runs.rejected.list({ run_id: first, job: 'two' }, PAGE)).toMatchObject({ total: 2 })
  expect((await book.runs.rejects(first, { offset: 1, limit: 2 })).rejects.map(({ row_number }) => row_number)).toEqual([2, 3])
})

test('any number of rejects streams in batches, each row once and in order', async () => {
  const numbers: (number | null)[] = []
  let largest = 0
  for await (const batch of book.runs.rejected.stream({ run_id: second })) {
    largest = Math.max(largest, batch.length)
    numbers.push(...batch.map(({ row_number }) => row_number))
  }
  expect(numbers).toEqual(Array.from({ length: 1_200 }, (_, index) => index + 1))
  expect(largest).toBe(500)
})

test('rejects that a run takes in are closed once, and who comes second sees that they were not open', async () => {
  const ids = (await book.runs.rejected.list({ run_id: first, job: 'one' }, PAGE)).rejects.map(({ reject_id }) => reject_id)
  const take = () => book.warehouse.withTransaction((session) => book.runs.rejected.markReplayed(session, ids, second))
  expect(await take()).toBe(3)
  expect(await take()).toBe(0)
  expect((await book.runs.rejected.list({ run_id: first, open: true }, PAGE)).total).toBe(2)
  const [taken] = await book.runs.rejected.byIds([...ids, 999_999_999])
  expect(taken).toMatchObject({ replayed_run_id: second })
  expect(await book.runs.rejected.byIds([])).toEqual([])
})
