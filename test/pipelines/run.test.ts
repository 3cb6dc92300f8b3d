/** Runs over the little shop: what moves, what does not, and what a failure leaves behind. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdLeases } from '../../server/warehouse/index.ts'
import { addOrderLines, openTestWorkspace, runJobs, type TestWorkspace } from '../tools/open-workspace.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestWorkspace

beforeAll(async () => {
  shop = await openTestWorkspace(database.connection)
  await addOrderLines(shop.rooms, [
    { document: '1', product: 'mug', name: 'Mug', quantity: 2, price: 5, at: '2026-01-10T10:00:00Z', customer: 'near', country: 'UK' },
    { document: '1', product: 'tea', name: 'Tea', quantity: 1, price: 7.5, at: '2026-01-10T10:00:00Z', customer: 'near', country: 'UK' },
    { document: '2', product: 'mug', name: 'Mug', quantity: 1, price: 5, at: '2026-02-01T10:00:00Z', customer: 'far', country: 'France' },
    {
      document: '3',
      product: 'tea',
      name: 'Tea',
      quantity: 4,
      price: 7.5,
      at: '2026-03-05T10:00:00Z',
      customer: 'near',
      country: 'France',
    },
    { document: 'C4', product: 'mug', quantity: -1, price: 5, at: '2026-03-06T10:00:00Z', customer: 'near', country: 'France' },
    { document: '5', product: 'mug', name: 'Mug', quantity: 3, price: 5, at: '2026-03-07T10:00:00Z', customer: null, country: null },
  ])
})
afterAll(() => shop.close())

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await shop.rooms.warehouse.query(sql)).rows
}

const CONTENTS = `
  SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest FROM (
    SELECT to_jsonb(x) AS t FROM dim_date x UNION ALL SELECT to_jsonb(x) FROM dim_geography x UNION ALL SELECT to_jsonb(x) FROM dim_customers x
    UNION ALL SELECT to_jsonb(x) FROM dim_products x UNION ALL SELECT to_jsonb(x) FROM fact_sales x UNION ALL SELECT to_jsonb(x) FROM rfm_analysis x) all_rows`

describe('the pipeline over the little shop', () => {
  test('loads every table and reconciles every step', async () => {
    const run = await runJobs(shop.rooms)
    expect(run.status).toBe('succeeded')
    const busy = run.steps.filter(({ read, job }) => read > 0 && !/^(product|customer|sales)_/.test(job))
    expect(
      busy.map(({ job, read, inserted, versions_closed, reconciles }) => ({ job, read, inserted, versions_closed, reconciles })),
    ).toEqual([
      { job: 'country_reference', read: 55, inserted: 0, versions_closed: 0, reconciles: true },
      { job: 'dim_customers', read: 3, inserted: 2, versions_closed: 1, reconciles: true },
      { job: 'dim_date', read: 365, inserted: 365, versions_closed: 0, reconciles: true },
      { job: 'dim_geography', read: 2, inserted: 2, versions_closed: 0, reconciles: true },
      { job: 'dim_products', read: 2, inserted: 2, versions_closed: 0, reconciles: true },
      { job: 'fact_sales', read: 6, inserted: 6, versions_closed: 0, reconciles: true },
      { job: 'rfm_analysis', read: 2, inserted: 2, versions_closed: 0, reconciles: true },
    ])
    expect(
      await rows('SELECT sum(total_revenue)::float8 AS revenue, count(*) FILTER (WHERE user_id IS NULL)::int AS guests FROM fact_sales'),
    ).toEqual([{ revenue: 62.5, guests: 1 }])
  })

  test('joins each sale to the version that was valid at its time', async () => {
    expect(
      await rows(
        `SELECT f.transaction_id, c.country FROM fact_sales f JOIN dim_customers c USING (customer_sk) WHERE f.user_id = 'near' ORDER BY f.line_id`,
      ),
    ).toEqual([
      { transaction_id: '1', country: 'UK' },
      { transaction_id: '1', country: 'UK' },
      { transaction_id: '3', country: 'France' },
      { transaction_id: 'C4', country: 'France' },
    ])
  })

  test('puts the segment into the dimension as a version, and leaves country alone', async () => {
    const current = await rows(
      `SELECT user_id, country, customer_segment IS NOT NULL AS has_segment FROM dim_customers WHERE is_current ORDER BY user_id`,
    )
    expect(current).toEqual([
      { user_id: 'far', country: 'France', has_segment: true },
      { user_id: 'near', country: 'France', has_segment: true },
    ])
  })

  test('run again changes nothing and says so', async () => {
    const before = await rows(CONTENTS)
    const run = await runJobs(shop.rooms)
    expect(run).toMatchObject({ status: 'succeeded', nothing_changed: true })
    // Calendars and files are looked at each time; what reads the warehouse is not even asked.
    expect(run.steps.filter((step) => step.note !== 'nothing new since the last run' && step.read !== step.unchanged)).toEqual([])
    expect(await rows(CONTENTS)).toEqual(before)
  })

  test('run again with forgotten state still changes nothing: the natural keys hold', async () => {
    const before = await rows(CONTENTS)
    await shop.rooms.warehouse.query('DELETE FROM quintile.job_state')
    const run = await runJobs(shop.rooms)
    expect(run.totals).toMatchObject({ inserted: 0, updated: 0, versions_closed: 0, rejected: 0 })
    expect(await rows(CONTENTS)).toEqual(before)
  })

  test('moves only what was added', async () => {
    await addOrderLines(shop.rooms, [
      { document: '6', product: 'mug', quantity: 1, price: 5, at: '2026-03-08T10:00:00Z', customer: 'hidden', country: 'Spain' },
    ])
    const run = await runJobs(shop.rooms)
    const step = (name: string) => run.steps.find(({ job }) => job === name)
    expect(step('fact_sales')).toMatchObject({ read: 1, inserted: 1, watermark_before: '6', watermark: '7' })
    expect(step('dim_customers')).toMatchObject({ read: 1, inserted: 1 })
    expect(step('dim_geography')).toMatchObject({ read: 1, inserted: 1 })
  })

  test('keeps the RFM of an earlier day as history', async () => {
    expect(await rows('SELECT analysis_date::text, count(*)::int AS customers FROM rfm_analysis GROUP BY 1 ORDER BY 1')).toEqual([
      { analysis_date: '2026-03-07', customers: 2 },
      { analysis_date: '2026-03-08', customers: 3 },
    ])
  })
})

/** The backend that a job of ours keeps waiting; its statement's text is cut too short to be found by. */
const SLEEPING = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`

describe('when something goes wrong', () => {
  test('a failed step leaves its target as it was, skips its dependants with the cause, and lets others go on', async () => {
    const file = join(shop.folder, 'jobs', 'dimensions', 'dim_products.sql')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('0.6 * p.base_price AS cost', '0.6 * p.base_price / 0 AS cost'))
    await addOrderLines(shop.rooms, [
      { document: '7', product: 'cup', name: 'Cup', at: '2026-03-09T10:00:00Z', customer: 'late', country: 'Italy' },
    ])
    const run = await runJobs(shop.rooms)
    await writeFile(file, text)
    expect(run.status).toBe('failed')
    const ended = ['dim_products', 'fact_sales', 'rfm_analysis']
    expect(run.steps.flatMap(({ job, status, note }) => (ended.includes(job) ? [{ job, status, note }] : []))).toEqual([
      { job: 'dim_products', status: 'failed', note: null },
      { job: 'fact_sales', status: 'skipped', note: 'dim_products did not succeed' },
      { job: 'rfm_analysis', status: 'skipped', note: 'fact_sales did not succeed' },
    ])
    expect(run.steps.find(({ job }) => job === 'dim_products')?.error).toMatchObject({
      code: 'warehouse.bad-value',
      message: 'division by zero',
    })
    expect(await rows(`SELECT * FROM dim_products WHERE product_id = 'cup'`)).toEqual([])
  })

  test('the next run brings in what the failed one left out', async () => {
    expect((await runJobs(shop.rooms)).status).toBe('succeeded')
    expect(await rows('SELECT (SELECT count(*) FROM fact_sales) = (SELECT count(*) FROM imported.order_lines) AS all_there')).toEqual([
      { all_there: true },
    ])
  })

  test('a row without its key is kept out with its reason, and the step says so', async () => {
    const file = join(shop.folder, 'jobs', 'dimensions', 'dim_geography.sql')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('line_id > :since AND country IS NOT NULL', 'line_id > 0'))
    const run = await runJobs(shop.rooms, ['dim_geography'])
    await writeFile(file, text)
    expect(run.steps[0]).toMatchObject({ status: 'warning', rejected: 1, reconciles: true })
    expect((await shop.rooms.runs.rejects(run.run_id, { offset: 0, limit: 10 })).rejects).toMatchObject([
      { job: 'dim_geography', reason: 'country is missing' },
    ])
  })

  test('a backend that is killed in mid-step is tried again and loses nothing', async () => {
    await addOrderLines(shop.rooms, [{ document: '8', product: 'mug', at: '2026-03-10T10:00:00Z', customer: 'near', country: 'UK' }])
    const file = join(shop.folder, 'jobs', 'facts', 'fact_sales.sql')
    const text = await readFile(file, 'utf8')
    // The first attempt waits long enough to be found and killed; the second finds the marker and does not wait.
    await shop.rooms.warehouse.query('CREATE TABLE attempt_marker (seen boolean)')
    await writeFile(
      file,
      text.replace(
        'WHERE o.line_id > :since',
        `WHERE o.line_id > :since AND (EXISTS (SELECT 1 FROM attempt_marker) OR pg_sleep(20) IS NOT NULL)`,
      ),
    )
    const { runId, done } = await shop.rooms.pipelines.start({ jobs: ['all'], request: 'test', signal: new AbortController().signal })
    let killed = 0
    while (killed === 0) {
      const { rows: found } = await shop.rooms.warehouse.query<{ pid: number }>(SLEEPING)
      if (found[0] === undefined) continue
      await shop.rooms.warehouse.query('INSERT INTO attempt_marker VALUES (true)')
      await shop.rooms.warehouse.query('SELECT pg_terminate_backend($1)', [found[0].pid])
      killed += 1
    }
    await done
    await writeFile(file, text)
    const run = await shop.rooms.runs.show(runId)
    expect(run.status).toBe('succeeded')
    expect(run.steps.find(({ job }) => job === 'fact_sales')).toMatchObject({ attempts: 2, inserted: 1 })
    expect(await rows('SELECT count(*)::int AS n, count(DISTINCT line_id)::int AS d FROM fact_sales')).toEqual([{ n: 9, d: 9 }])
  })

  test('cancelling stops the statement and rolls the step back', async () => {
    await addOrderLines(shop.rooms, [{ document: '9', product: 'mug', at: '2026-03-11T10:00:00Z', customer: 'near', country: 'UK' }])
    const file = join(shop.folder, 'jobs', 'facts', 'fact_sales.sql')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('WHERE o.line_id > :since', 'WHERE o.line_id > :since AND pg_sleep(30) IS NOT NULL'))
    const controller = new AbortController()
    const { runId, done } = await shop.rooms.pipelines.start({ jobs: ['all'], request: 'test', signal: controller.signal })
    for (let waiting = true; waiting;) {
      const { rows: found } = await shop.rooms.warehouse.query(SLEEPING)
      waiting = found.length === 0
    }
    controller.abort()
    await done
    await writeFile(file, text)
    const run = await shop.rooms.runs.show(runId)
    expect(run.status).toBe('cancelled')
    expect(run.steps.find(({ job }) => job === 'fact_sales')).toMatchObject({ status: 'cancelled', inserted: 0 })
    expect(await rows('SELECT count(*)::int AS n FROM fact_sales')).toEqual([{ n: 9 }])
  })

  test('a job that another machine runs is not run twice, and it says who has it', async () => {
    const lease = await holdLeases(database.connection, ['fact_sales'], {
      machine: 'other-machine',
      user: 'other',
      pid: 7,
      run_id: '01a1fcd4-3766-71db-8608-6ae9a510640c',
    })
    const { done } = await shop.rooms.pipelines.start({ jobs: ['all'], request: 'test', signal: new AbortController().signal })
    await expect(done).rejects.toMatchObject({
      code: 'lease.held',
      message: expect.stringContaining('“fact_sales” is in use by other on other-machine (process 7)') as string,
    })
    await lease.release()
  })

  test('a run whose process is gone is closed as interrupted by the next one', async () => {
    const orphan = '01a1fcd4-3766-71db-8608-6ae9a510640d'
    await shop.rooms.runs.book.startRun({
      runId: orphan,
      kind: 'pipeline',
      request: 'test',
      arguments: {},
      packHash: '',
      steps: [{ job: 'fact_sales', group: 'facts', position: 0 }],
    })
    await shop.rooms.runs.book.startStep(orphan, 'fact_sales', 1)
    await runJobs(shop.rooms)
    const closed = await shop.rooms.runs.show(orphan)
    expect(closed).toMatchObject({ status: 'failed', error: { code: 'run.interrupted' } })
    expect(closed.steps[0]?.status).toBe('failed')
  })
})
