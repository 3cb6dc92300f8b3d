/** The log of a run: by pages, whole, and as it is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogFilter } from '../../server/runs/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook
let runId: string

beforeAll(async () => {
  book = await openTestBook(database.connection)
  runId = await book.start(['one', 'two'])
  await book.rows(
    `INSERT INTO quintile.run_log (run_id, at, level, job, message)
     SELECT $1, now(), CASE n % 3 WHEN 0 THEN 'error' WHEN 1 THEN 'warn' ELSE 'info' END, CASE n % 2 WHEN 0 THEN 'one' END, 'Line ' || n || '%'
     FROM generate_series(1, 2500) n`,
    [runId],
  )
})
afterAll(() => book.close())

async function whole(filter: LogFilter): Promise<string[]> {
  const messages: string[] = []
  for await (const lines of await book.runs.log(runId, filter)) messages.push(...lines.map(({ message }) => message))
  return messages
}

test.each([
  ['nothing', {}, 2_500],
  ['a job', { job: 'one' }, 1_250],
  ['a level and what is graver', { level: 'warn' }, 1_667],
  ['a text in any case', { search: 'LINE 24' }, 111],
  ['a text that would be a pattern elsewhere', { search: '7%' }, 250],
  ['the name of a job as text', { search: 'ONE' }, 1_250],
  ['all of it', { job: 'one', level: 'error', search: '6%' }, 84],
] as [string, LogFilter, number][])('narrowed by %s the log has as many lines, whole and by pages', async (_what, filter, expected) => {
  const lines = await whole(filter)
  expect(lines).toHaveLength(expected)
  const page = await book.runs.logPage(runId, filter, { offset: 10, limit: 5 })
  expect(page).toMatchObject({ total: expected })
  expect(page.lines.map(({ message }) => message)).toEqual(lines.slice(10, 15))
})

test('a run is shown with its newest lines, and a log of no run is refused', async () => {
  const { log } = await book.runs.show(runId)
  expect(log).toHaveLength(2_000)
  expect(log.at(-1)).toMatchObject({ message: 'Line 2500%', level: 'warn', job: 'one' })
  await expect(book.runs.log('01a1fcd4-3766-71db-8608-6ae9a510640c', {})).rejects.toMatchObject({ code: 'run.unknown' })
})

describe('following a log', () => {
  const forever = new AbortController().signal

  test('tells each line once, those of a step that commits later too, and ends with the run', async () => {
    const id = await book.start(['slow', 'quick'])
    const lease = await book.hold(id)
    const seen: string[] = []
    const waiting = new Map<string, () => void>()
    const until = (text: string): Promise<void> => new Promise((resolve) => (seen.includes(text) ? resolve() : waiting.set(text, resolve)))
    const following = (async () => {
      for await (const lines of book.runs.followLog(id, {}, forever)) {
        for (const { message } of lines) {
          seen.push(message)
          waiting.get(message)?.()
        }
      }
    })()
    await book.runs.book.log(id, { level: 'info', job: null, message: 'first' })
    await until('first')
    await book.warehouse.withTransaction(async (session) => {
      // Numbered before the next line, seen after it.
      await session.query(
        `INSERT INTO quintile.run_log (run_id, at, level, job, message) VALUES ($1, now(), 'info', 'slow', 'overtaken')`,
        [id],
      )
      await book.runs.book.log(id, { level: 'info', job: 'quick', message: 'overtaking' })
      await until('overtaking')
    })
    await until('overtaken')
    await book.runs.book.finishRun(id, { status: 'succeeded', failure: null })
    await following
    expect(seen).toEqual(['first', 'overtaking', 'overtaken'])
    await lease.release()
  })

  test('ends when its reader has seen enough, and at once for a run that has ended', async () => {
    const id = await book.start(['one'])
    const lease = await book.hold(id)
    const controller = new AbortController()
    const lines = book.runs.followLog(id, {}, controller.signal)
    const next = lines.next()
    controller.abort()
    expect(await next).toMatchObject({ done: true })
    await book.runs.book.log(id, { level: 'warn', job: null, message: 'seen' })
    await book.runs.book.log(id, { level: 'info', job: null, message: 'not asked for' })
    await book.runs.book.finishRun(id, { status: 'succeeded', failure: null })
    await lease.release()
    const all: string[] = []
    for await (const batch of book.runs.followLog(id, { level: 'warn' }, forever)) all.push(...batch.map(({ message }) => message))
    expect(all).toEqual(['seen'])
  })

  test('ends for a run whose process is gone, because it is closed then', async () => {
    const id = await book.start(['one'])
    const all: string[] = []
    for await (const batch of book.runs.followLog(id, {}, forever)) all.push(...batch.map(({ message }) => message))
    expect(all).toEqual(['run.interrupted: The process that ran it ended before the run did'])
  })
})
