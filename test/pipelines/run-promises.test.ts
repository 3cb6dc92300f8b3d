/** What a run promises when it is stopped, too slow, overtaken or repeated. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RunDetail } from '../../shared/run.ts'
import { holdLeases } from '../../server/warehouse/index.ts'
import { openTestJobs, type TestJobs } from '../tools/open-jobs.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestJobs

const job = (name: string, { header = '', sql = 'SELECT 1 AS id' } = {}): string =>
  `/*\nkind: merge\ntarget: ${name}\nkey: [id]\n${header}\n*/\n${sql}\n`

/** Waits inside the database for a lock that the test holds. */
const WAITING = 'SELECT 1 AS id FROM (SELECT pg_advisory_xact_lock(77)) AS gate'

/** Holds the lock that `WAITING` waits for while `work` goes on. */
function behindGate<T>(work: () => Promise<T>): Promise<T> {
  return shop.rooms.warehouse.withSession(async (session) => {
    await session.query('SELECT pg_advisory_lock(77)')
    try {
      return await work()
    } finally {
      await session.query('SELECT pg_advisory_unlock(77)')
    }
  })
}

beforeAll(async () => {
  shop = await openTestJobs(database.connection, {
    tables: 'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY)',
    jobs: { 'one/a': job('a'), 'one/b': job('b', { header: 'needs: [a]' }), 'two/c': job('c') },
  })
})
afterAll(() => shop.close())
beforeEach(async () => {
  await shop.rooms.warehouse.withSession((session) => session.script('TRUNCATE a, b, c; DELETE FROM quintile.job_state'))
  await shop.writeJob('one/a', job('a'))
})

/** Resolves when the statement with the text is under way. */
async function underWay(text: string): Promise<void> {
  const looking = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%${text}%' AND pid <> pg_backend_pid()`
  while ((await shop.rows(looking)).length === 0);
}

test('a step that takes longer than its timeout is stopped, leaves nothing and says what to do', async () => {
  await shop.writeJob('one/a', job('a', { header: 'timeout: 1 second', sql: 'SELECT 1 AS id FROM pg_sleep(30)' }))
  const run = await shop.run()
  expect(run.steps.map(({ job: name, status, attempts, error }) => [name, status, attempts, error?.code ?? null])).toEqual([
    ['a', 'failed', 1, 'step.timeout'],
    ['b', 'skipped', 0, null],
    ['c', 'succeeded', 1, null],
  ])
  expect(run.steps[1]?.note).toBe('a did not succeed')
})

test('a job goes behind those that it names with “after”, and runs also when they fail or are not asked for', async () => {
  const behind = job('c', { header: 'after: [a]', sql: 'SELECT id FROM a' })
  await shop.writeJob('two/c', behind)
  expect((await shop.run({ threads: 4 })).status).toBe('succeeded')
  expect(await shop.rows('SELECT id FROM c')).toEqual([{ id: 1 }])
  await shop.writeJob('one/a', job('a', { sql: 'SELECT 1 / 0 AS id' }))
  const broken = await shop.run()
  expect(broken.steps.map(({ job: name, status }) => [name, status])).toContainEqual(['c', 'succeeded'])
  expect((await shop.run({ jobs: ['two'] })).steps.map(({ job: name }) => name)).toEqual(['c'])
  await shop.writeJob('two/c', job('c'))
})

test('a run is stopped from another process, and the book says who asked', async () => {
  await shop.writeJob('one/a', job('a', { sql: 'SELECT 1 AS id FROM pg_sleep(30)' }))
  const running = shop.run()
  await underWay('pg_sleep(30)')
  const [{ run_id: runId } = { run_id: '' }] = await shop.rooms.runs.running()
  await shop.rooms.runs.requestCancel(runId, 'Eve on another-machine')
  const run = await running
  expect(run.status).toBe('cancelled')
  expect(run.steps.map(({ job: name, status }) => [name, status])).toContainEqual(['a', 'cancelled'])
  expect(await shop.rows('SELECT cancel_requested_by FROM quintile.runs WHERE cancel_requested_at IS NOT NULL')).toEqual([
    { cancel_requested_by: 'Eve on another-machine' },
  ])
  await expect(shop.rooms.runs.requestCancel(runId, 'Eve')).rejects.toMatchObject({ code: 'run.already-ended' })
})

test('a retry runs what failed and what was skipped because of it, and nothing else', async () => {
  await shop.writeJob('one/a', job('a', { sql: 'SELECT 1 / 0 AS id' }))
  const failed = await shop.run({ threads: 2 })
  expect(failed.status).toBe('failed')
  await shop.writeJob('one/a', job('a'))
  const retried = await shop.run({ from_failure: 'latest' })
  expect(retried).toMatchObject({ status: 'succeeded', retry_of: failed.run_id, arguments: { threads: 2, jobs: ['a', 'b'] } })
  expect(retried.steps.map((step) => step.job)).toEqual(['a', 'b'])
  await expect(shop.run({ from_failure: 'latest' })).rejects.toMatchObject({ code: 'run.nothing-to-retry' })
})

test('a run whose lease was taken over commits nothing more and says so', async () => {
  await shop.writeJob('one/a', job('a', { sql: WAITING }))
  const rival = { machine: 'rival', user: 'rival', pid: 1, run_id: '01a1fcd4-3766-71db-8608-6ae9a510640c' }
  let running: Promise<RunDetail> | undefined
  const lease = await behindGate(async () => {
    running = shop.run({ jobs: ['a'] })
    await underWay('AS gate')
    // A machine that slept: its lease has not beaten for minutes, and another machine takes the job.
    await shop.rows(`UPDATE quintile.leases SET heartbeat_at = now() - interval '5 minutes'`)
    return holdLeases(database.connection, ['a'], rival)
  })
  expect(lease.takenOver).toMatchObject([{ job: 'a' }])
  const run = await running
  expect([run?.status, run?.error?.code ?? run?.steps[0]?.error?.code]).toEqual(['failed', 'lease.lost'])
  expect(await shop.rows('SELECT * FROM a')).toEqual([])
  await lease.release()
})

test('two runs of one job at once: the second is told who has it, and nothing is loaded twice', async () => {
  await shop.writeJob('one/a', job('a', { sql: WAITING }))
  const first = await behindGate(async () => {
    const running = shop.run({ jobs: ['a'] })
    await underWay('AS gate')
    await expect(shop.run({ jobs: ['a'] })).rejects.toMatchObject({ code: 'lease.held' })
    return { running }
  })
  expect((await first.running).steps).toMatchObject([{ status: 'succeeded', inserted: 1 }])
})

test('a full reload takes out what the source no longer has, and an empty extract takes out nothing', async () => {
  await shop.rows('INSERT INTO a VALUES (1), (2), (3)')
  await shop.writeJob('one/a', job('a', { sql: 'SELECT n AS id FROM generate_series(1, 2) n' }))
  expect((await shop.run({ jobs: ['a'], full_reload: true })).status).toBe('succeeded')
  expect(await shop.rows('SELECT id FROM a ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
  await shop.writeJob('one/a', job('a', { sql: 'SELECT 1 AS id WHERE false' }))
  expect((await shop.run({ jobs: ['a'], full_reload: true })).steps).toMatchObject([
    { status: 'failed', error: { code: 'load.empty-extract' } },
  ])
  expect(await shop.rows('SELECT count(*)::int AS n FROM a')).toEqual([{ n: 2 }])
})
