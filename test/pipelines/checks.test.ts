/** Checks: what they find is told with its number, bad rows are kept out whole, and a severe finding leaves no trace of the load. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunDetail } from '../../shared/run.ts'
import { openTestJobs, type TestJobs } from '../tools/open-jobs.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestJobs

beforeAll(async () => {
  shop = await openTestJobs(database.connection, {
    tables: `CREATE TABLE orders (id int, person int, country text, amount numeric, at timestamptz);
      CREATE TABLE people (id int PRIMARY KEY);
      CREATE TABLE sales (id int PRIMARY KEY, person int, country text, amount numeric, at timestamptz)`,
    jobs: {},
  })
})
afterAll(() => shop.close())
beforeEach(async () => {
  await shop.rooms.warehouse.withSession((session) =>
    session.script(`TRUNCATE orders, people, sales; DELETE FROM quintile.job_state;
      INSERT INTO people VALUES (1), (2);
      INSERT INTO orders SELECT n, 1 + n % 2, 'UK', n, timestamptz '2026-01-01' + n * interval '1 day' FROM generate_series(1, 20) n`),
  )
})

async function runWith(checks: string): Promise<RunDetail> {
  await shop.writeJob('facts/sales', `/*\nkind: merge\ntarget: sales\nkey: [id]\nchecks:\n${checks}\n*/\nSELECT * FROM orders`)
  return shop.run()
}

const resultsOf = (run: RunDetail) => run.checks.map(({ check, stage, status, bad_rows }) => [check, stage, status, bad_rows])

describe('on staged rows', () => {
  test('an error check keeps bad rows out, whole and with the reason, and counts them', async () => {
    await shop.rows(`INSERT INTO orders VALUES (21, NULL, 'UK', 5, now()), (22, 7, 'Atlantis', -1, now())`)
    const run = await runWith(`  - not_null: person
  - relationship: { column: person, to: people, field: id }
  - accepted_values: { column: country, values: [UK, France] }
    name: known_country
  - range: { column: amount, min: 0, max: 1000 }`)
    expect(run.steps).toMatchObject([{ status: 'warning', read: 22, inserted: 20, rejected: 2, reconciles: true }])
    expect(resultsOf(run)).toEqual([
      ['not_null(person)', 'staged', 'fail', 1],
      ['relationship(person)', 'staged', 'fail', 1],
      // The row with the unknown person is out already.
      ['known_country', 'staged', 'pass', 0],
      ['range(amount)', 'staged', 'pass', 0],
    ])
    const { rejects } = await shop.rooms.runs.rejects(run.run_id, { offset: 0, limit: 10 })
    expect(rejects.map(({ reason }) => reason)).toEqual(['person is missing', 'person is not in people'])
    expect(JSON.parse(rejects[1]?.row ?? '')).toMatchObject({ id: 22, person: 7, country: 'Atlantis', amount: -1 })
  })

  test('a warning only tells, above its threshold, and the number is kept below it too', async () => {
    await shop.rows(`UPDATE orders SET country = 'Atlantis' WHERE id <= 3`)
    const check = (above: string): string =>
      `  - accepted_values: { column: country, values: [UK] }\n    severity: warn\n    warn_above: ${above}`
    const quiet = await runWith(check('3'))
    expect([quiet.status, ...resultsOf(quiet)]).toEqual(['succeeded', ['accepted_values(country)', 'staged', 'pass', 3]])
    await shop.rows('DELETE FROM quintile.job_state')
    const told = await runWith(check('10 %'))
    expect([told.status, ...resultsOf(told)]).toEqual(['warning', ['accepted_values(country)', 'staged', 'warn', 3]])
    expect(told.steps).toMatchObject([{ read: 20, unchanged: 20, rejected: 0 }])
  })

  test('too many bad rows give the step up: nothing is loaded, and what was found stays in the book', async () => {
    await shop.rows('UPDATE orders SET amount = -1 WHERE id <= 6')
    const run = await runWith('  - range: { column: amount, min: 0 }\n    error_above: 25 %')
    expect(run.steps).toMatchObject([{ status: 'failed', error: { code: 'check.failed' } }])
    expect(resultsOf(run)).toEqual([['range(amount)', 'staged', 'fail', 6]])
    expect(run.checks[0]?.sample).toHaveLength(5)
    expect(await shop.rows('SELECT count(*)::int AS n FROM sales')).toEqual([{ n: 0 }])
    expect(run.rejects).toEqual([])
  })

  test('a batch far from the usual size is told once there is something usual', async () => {
    const check = '  - volume: { min: 0.5, max: 2 }\n    severity: warn'
    for (let round = 0; round < 3; round += 1) {
      await shop.rows('DELETE FROM quintile.job_state')
      expect((await runWith(check)).status).toBe('succeeded')
    }
    await shop.rows('DELETE FROM orders WHERE id > 5')
    const run = await shop.run({ full_reload: false, since: '1' })
    expect(run.checks).toMatchObject([{ check: 'volume', status: 'warn', measured: '5 rows', expected: '10 to 40 rows (usual: 20)' }])
  })
})

describe('on the target', () => {
  test('a failing error check undoes the load and names every check that failed', async () => {
    await shop.rows(`INSERT INTO sales VALUES (99, 1, 'UK', 1, '2020-01-01')`)
    await shop.rows(`INSERT INTO orders VALUES (50, 1, 'UK', 3, '2026-01-04')`)
    const run = await runWith(`  - unique: [amount]
  - sql: SELECT * FROM sales WHERE at < '2021-01-01'
    name: no_old_sales
  - not_null: country
    on: target`)
    expect(run.steps[0]?.error?.message).toBe('The load of “sales” was undone: amount is not unique; no_old_sales')
    expect(resultsOf(run)).toEqual([
      ['unique(amount)', 'target', 'fail', 4],
      ['no_old_sales', 'target', 'fail', 1],
      ['not_null(country)', 'target', 'pass', 0],
    ])
    expect(await shop.rows('SELECT count(*)::int AS n FROM sales')).toEqual([{ n: 1 }])
  })

  test('freshness looks at the newest row', async () => {
    const old = await runWith('  - freshness: { column: at, max_age: 2 days }\n    severity: warn')
    expect(old.checks).toMatchObject([{ check: 'freshness(at)', status: 'warn', bad_rows: null, expected: 'not older than 2 days' }])
    await shop.rows('INSERT INTO orders VALUES (30, 1, NULL, 1, now())')
    await shop.rows('DELETE FROM quintile.job_state')
    expect((await runWith('  - freshness: { column: at, max_age: 2 days }\n    severity: warn')).status).toBe('succeeded')
  })

  test('a check that cannot be judged is an error of its own, and stops the step only when it is severe', async () => {
    const lenient = await runWith('  - sql: SELECT * FROM nowhere\n    name: odd\n    severity: warn')
    expect(lenient.status).toBe('warning')
    expect(lenient.checks).toMatchObject([{ check: 'odd', status: 'error', measured: 'relation "nowhere" does not exist' }])
    await shop.rows('DELETE FROM quintile.job_state')
    expect((await runWith('  - sql: SELECT * FROM nowhere\n    name: odd')).steps).toMatchObject([{ status: 'failed' }])
  })
})

test('results are kept over time, so that a trend can be seen', async () => {
  await shop.rows('DELETE FROM quintile.check_results')
  for (const bad of [1, 4]) {
    await shop.rows('DELETE FROM quintile.job_state')
    await shop.rows(`UPDATE orders SET amount = CASE WHEN id <= ${String(bad)} THEN -1 ELSE id END`)
    await runWith('  - range: { column: amount, min: 0 }\n    severity: warn')
  }
  expect((await shop.rooms.runs.checkHistory('sales', 'range(amount)', 10)).map(({ bad_rows }) => bad_rows)).toEqual([4, 1])
})
