/** Which runs there are, and which one a person means; from the warehouse and from the mirror. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLocal, type LocalStore } from '../../server/local/index.ts'
import { openRuns, type Runs } from '../../server/runs/index.ts'
import { openWarehouse } from '../../server/warehouse/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openTestBook, RUN_BOOK, type TestBook } from './open-book.ts'

const database = withDatabase(RUN_BOOK)
let book: TestBook
let ids: string[]

beforeAll(async () => {
  book = await openTestBook(database.connection)
  ids = [await book.runThrough(['one', 'two']), await book.runThrough(['one'], { schedule: 'nightly', status: 'failed' })]
  book.time.now += 86_400_000
  ids.push(await book.runThrough(['three'], { kind: 'import' }), await book.runThrough(['snapshot'], { kind: 'sync' }))
})
afterAll(() => book.close())

const PAGE = { offset: 0, limit: 10 }

/** The same room, with a warehouse that cannot be reached and what was kept of it. */
async function offline(work: (runs: Runs, local: LocalStore) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'quintile-offline-'))
  const local = openLocal({ file: join(folder, 'cache.sqlite'), clock: () => 0 })
  const nowhere = { host: '127.0.0.1', port: 1, user: 'nobody', database: 'none', password: '' }
  const warehouse = openWarehouse({ label: 'away', locate: () => Promise.resolve(nowhere) })
  const identity = { machine: 'desk', user: 'ana', pid: 1 }
  for (const id of ids) local.keepRun(await book.runs.show(id))
  await work(openRuns({ warehouse, local, clock: () => 0, identity, codeVersion: '1' }), local)
  await warehouse.close()
  await local.close()
  rmSync(folder, { recursive: true })
}

const FILTERS: [string, object, number[]][] = [
  ['nothing', {}, [3, 2, 1, 0]],
  ['a status', { status: 'failed' }, [1]],
  ['a job', { job: 'one' }, [1, 0]],
  ['a kind', { kind: 'import' }, [2]],
  ['a schedule', { schedule: 'nightly' }, [1]],
  ['a day', { since: '2026-03-02' }, [3, 2]],
  ['a job and a status', { job: 'one', status: 'succeeded' }, [0]],
  ['what nothing is', { job: 'nobody' }, []],
]

describe('the list of runs', () => {
  test.each(FILTERS)('narrowed by %s has those runs alone and their number', async (_what, filter, expected) => {
    const { runs, total, source } = await book.runs.list({ ...PAGE, ...filter })
    expect({ ids: runs.map(({ run_id }) => ids.indexOf(run_id)), total, source }).toEqual({
      ids: expected,
      total: expected.length,
      source: 'warehouse',
    })
  })

  test('offline is narrowed in the same way', async () => {
    await offline(async (runs) => {
      for (const [, filter, expected] of FILTERS) {
        const answer = await runs.list({ ...PAGE, ...filter })
        expect(answer.runs.map(({ run_id }) => ids.indexOf(run_id))).toEqual(expected)
        expect(answer).toMatchObject({ total: expected.length, source: 'cache' })
      }
    })
  })

  test('has what a list needs: who asked for it, on which schedule, what it moved', async () => {
    const { runs } = await book.runs.list({ offset: 2, limit: 1 })
    expect(runs).toMatchObject([{ schedule: 'nightly', retry_of: null, cancel_requested_at: null, started_by: 'ana', steps_total: 1 }])
  })
})

describe('a run is meant by', () => {
  test('its id, whatever its case, and the beginning of it as long as only one begins so', async () => {
    const [first = ''] = ids
    expect(await book.runs.find(first.toUpperCase())).toBe(first)
    expect(await book.runs.find(first.slice(0, 35))).toBe(first)
    expect(await book.runs.find(first.replaceAll('-', '').slice(0, 31))).toBe(first)
  })

  test('“latest”, which is no feature sync as long as there is something else', async () => {
    expect(await book.runs.find('latest')).toBe(ids[2])
  })

  test('nothing that does not exist or is not clear', async () => {
    await expect(book.runs.find('01')).rejects.toMatchObject({ code: 'run.unknown', kind: 'mistake' })
    await expect(book.runs.find('nonsense')).rejects.toMatchObject({ code: 'run.unknown' })
    await expect(book.runs.find('ffffff')).rejects.toMatchObject({ code: 'run.unknown' })
    // All ids of some weeks begin alike.
    await expect(book.runs.find((ids[0] ?? '').slice(0, 4))).rejects.toMatchObject({ code: 'run.ambiguous' })
  })

  test('the same words offline', async () => {
    await offline(async (runs) => {
      const [first = ''] = ids
      expect(await runs.find('latest')).toBe(ids[2])
      expect(await runs.find(first.slice(0, 35))).toBe(first)
      await expect(runs.find('ffffff')).rejects.toMatchObject({ code: 'run.unknown' })
    })
  })
})

describe('the mirror', () => {
  test('has a run whole, with attempts, events and checks', async () => {
    await offline(async (runs) => {
      const id = ids[0] ?? ''
      expect(await runs.show(id)).toEqual(await book.runs.show(id))
    })
  })

  test('reads a run that an older Quintile kept', async () => {
    await offline(async (runs, local) => {
      const { attempts: _a, events: _e, checks: _c, prediction: _p, schedule: _s, ...older } = await book.runs.show(ids[0] ?? '')
      local.keepRun(older as never)
      expect(await runs.show(ids[0] ?? '')).toMatchObject({ attempts: [], events: [], checks: [], prediction: null, schedule: null })
    })
  })

  test('keeps of a very long run the newest lines, within its bound', async () => {
    await offline(async (runs, local) => {
      const detail = await book.runs.show(ids[0] ?? '')
      const log = Array.from({ length: 5_000 }, (_, n) => ({
        at: detail.started_at,
        level: 'info' as const,
        job: null,
        message: `line ${String(n)} ${'x'.repeat(200)}`,
      }))
      local.keepRun({ ...detail, log })
      const kept = await runs.show(detail.run_id)
      expect(JSON.stringify(kept).length).toBeLessThan(132_000)
      expect(kept.log.length).toBeGreaterThan(100)
      expect(kept.log.at(-1)).toEqual(log.at(-1))
      const { total } = await runs.logPage(detail.run_id, { search: 'LINE 4999' }, PAGE)
      expect(total).toBe(1)
    })
  })
})
