/** How long the book is kept, and what must never go. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook

beforeEach(async () => {
  book = await openTestBook(database.connection, { days: 10 })
  await book.rows('TRUNCATE quintile.runs CASCADE')
})
afterEach(() => book.close())

const DAY = 86_400_000

/** One run a day of these jobs, oldest first. */
async function days(count: number, jobs: readonly string[] = ['one']): Promise<string[]> {
  const [ids, first] = [[] as string[], book.time.now]
  for (let day = 1; day <= count; day += 1) {
    ids.push(await book.runThrough(jobs))
    book.time.now = first + day * DAY
  }
  return ids
}

const left = async (): Promise<string[]> =>
  (await book.rows<{ run_id: string }>('SELECT run_id::text FROM quintile.runs ORDER BY started_at')).map(({ run_id }) => run_id)

const addRejects = (runId: string, rows: number) =>
  book.rows(
    `INSERT INTO quintile.rejects (run_id, job, reason, row_text) SELECT $1, 'one', 'bad', repeat(md5(n::text), 10) FROM generate_series(1, $2::int) n`,
    [runId, rows],
  )

describe('by age', () => {
  test('runs older than the days go with all that is theirs, and it is said what went', async () => {
    const ids = await days(15)
    await addRejects(ids[0] ?? '', 7)
    expect(await book.runs.prune()).toMatchObject({
      done: true,
      dry_run: false,
      runs: 5,
      runs_by_age: 5,
      runs_by_size: 0,
      rejects: 7,
      newest_deleted: '2026-03-05T10:00:00.000Z',
    })
    expect(await left()).toEqual(ids.slice(5))
    for (const table of ['run_steps', 'run_attempts', 'run_events', 'run_log', 'rejects', 'check_results'])
      expect(await book.rows(`SELECT 1 FROM quintile.${table} WHERE run_id = $1`, [ids[0] ?? ''])).toEqual([])
    expect(await book.runs.prune()).toMatchObject({ runs: 0 })
  })

  test('the last success of each job stays however old, and so does what has not ended', async () => {
    const alone = await book.runThrough(['rare'], { status: 'warning', done: { status: 'warning' } })
    const failed = await book.runThrough(['rare'], { status: 'failed', done: { status: 'failed' } })
    const open = await book.start(['one'])
    const lease = await book.hold(open)
    const ids = await days(15)
    expect(await book.runs.prune()).toMatchObject({ runs: 6 })
    expect(await left()).toEqual([alone, open, ...ids.slice(5)])
    expect(await left()).not.toContain(failed)
    await lease.release()
  })

  test('runs with open rejects stay when that is asked for, until the rejects are taken in', async () => {
    const [first = '', second = ''] = await days(15)
    await addRejects(first, 2)
    expect(await book.runs.prune({ keepOpenRejects: true })).toMatchObject({ runs: 4 })
    expect(await left()).toContain(first)
    await book.rows('UPDATE quintile.rejects SET replayed_at = now(), replayed_run_id = $1', [second])
    expect(await book.runs.prune({ keepOpenRejects: true })).toMatchObject({ runs: 1 })
  })

  test('what is asked for stands in place of the settings, and a dry run deletes nothing', async () => {
    const ids = await days(15)
    expect(await book.runs.prune({ days: 3, dryRun: true })).toMatchObject({ dry_run: true, runs: 12 })
    expect(await book.runs.prune({ days: null })).toMatchObject({ runs: 0 })
    expect(await left()).toEqual(ids)
  })
})

describe('by size', () => {
  test('the oldest go until the rest fits, and not more on the next look, though the files stay as long as they are', async () => {
    const ids = await days(6)
    for (const id of ids) await addRejects(id, 2_000)
    // About 0.8 MB each: rows of 320 characters and their share of the indexes.
    const pruned = await book.runs.prune({ days: null, megabytes: 3 })
    expect(pruned).toMatchObject({ runs_by_age: 0, runs: pruned.runs_by_size })
    expect(pruned.runs).toBeGreaterThan(0)
    expect(pruned.bytes_before).toBeGreaterThan(3 * 1_048_576)
    expect(pruned.bytes_after).toBeLessThanOrEqual(3 * 1_048_576)
    expect(await left()).toEqual(ids.slice(pruned.runs))
    expect((await left()).length).toBeGreaterThan(1)
    expect(await book.runs.prune({ days: null, megabytes: 3 })).toMatchObject({ runs: 0 })
  })

  test('the last success of a job stays although it alone is too large', async () => {
    const [only = ''] = await days(1)
    await addRejects(only, 5_000)
    expect(await book.runs.prune({ days: null, megabytes: 1 })).toMatchObject({ runs: 0 })
    expect(await left()).toEqual([only])
  })
})

test('two processes do not prune at once: the second leaves it to the first', async () => {
  await days(15)
  await book.warehouse.withSession(async (session) => {
    await session.query(`SELECT pg_advisory_lock(hashtextextended('quintile: retention of the run book', 0))`)
    expect(await book.runs.prune()).toMatchObject({ done: false, runs: 0 })
    await session.query('SELECT pg_advisory_unlock_all()')
  })
  expect(await book.runs.prune()).toMatchObject({ done: true, runs: 5 })
})

test('tidying up by itself happens once an hour', async () => {
  await days(15)
  expect(await book.runs.tidyUp()).toMatchObject({ runs: 5 })
  book.time.now += 3_599_000
  expect(await book.runs.tidyUp()).toBeNull()
  book.time.now += 1_000
  expect(await book.runs.tidyUp()).toMatchObject({ done: true })
})
