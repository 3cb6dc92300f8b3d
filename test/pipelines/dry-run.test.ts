/** A dry run predicts what the real run then does, and leaves every table and every sequence as it was. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DryRun, RunOptionsInput } from '../../shared/plan.ts'
import { rehearse } from '../../server/warehouse/index.ts'
import { openTestJobs, type TestJobs } from '../tools/open-jobs.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestJobs

beforeAll(async () => {
  shop = await openTestJobs(database.connection, {
    tables: `
      CREATE TABLE people (id int, name text, city text, changed_at timestamptz);
      CREATE TABLE purchases (id int, person int, amount numeric, at timestamptz);
      CREATE TABLE dim_people (person_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id int NOT NULL, name text, city text,
        effective_from timestamptz NOT NULL, effective_to timestamptz NOT NULL, is_current boolean NOT NULL, record_hash text NOT NULL);
      CREATE INDEX dim_people_by_name ON dim_people (name);
      CREATE TABLE fact_purchases (purchase_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id int UNIQUE, person_sk bigint, amount numeric);
      CREATE INDEX fact_purchases_by_person ON fact_purchases (person_sk);
      INSERT INTO people VALUES (1, 'Ann', 'Oslo', '2026-01-01'), (2, 'Bo', 'Rome', '2026-01-01'), (NULL, 'Nobody', 'Nowhere', '2026-01-01');
      INSERT INTO purchases VALUES (1, 1, 10, '2026-01-05'), (2, 2, 20, '2026-01-06'), (3, 2, -5, '2026-01-07')`,
    jobs: {
      'dimensions/people': `/*
kind: history
target: dim_people
key: [id]
track: [city]
update: [name]
effective: changed_at
*/
SELECT id, name, city, changed_at FROM people`,
      'facts/purchases': `/*
kind: merge
target: fact_purchases
key: [id]
needs: [people]
checks:
  - range: { column: amount, min: 0 }
*/
SELECT p.id, d.person_sk, p.amount FROM purchases p
LEFT JOIN dim_people d ON d.id = p.person AND d.effective_from <= p.at AND p.at < d.effective_to`,
    },
  })
})
afterAll(() => shop.close())

/** Contents of every table and the state of every sequence, as one text. */
async function digest(): Promise<string> {
  const tables = await shop.rows<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_temp%' AND n.nspname NOT LIKE 'pg_toast%' ORDER BY 1`,
  )
  const parts: string[] = []
  for (const { name } of tables) {
    const [row] = await shop.rows<{ digest: string }>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text || xmin::text || ctid::text, '|' ORDER BY t::text)), '') AS digest FROM ${name} t`,
    )
    parts.push(`${name} ${row?.digest ?? ''}`)
  }
  const sequences = await shop.rows<{ name: string }>(
    `SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences ORDER BY 1`,
  )
  for (const { name } of sequences) {
    const [row] = await shop.rows<{ state: string }>(`SELECT last_value || ' ' || is_called AS state FROM ${name}`)
    parts.push(`${name} ${row?.state ?? ''}`)
  }
  return parts.join('\n')
}

async function predict(options: RunOptionsInput = { jobs: ['all'] }): Promise<DryRun> {
  return (await shop.rooms.pipelines.dryRun({ options, signal: new AbortController().signal })).done
}

test('a dry run of a first load predicts it exactly, seeing what its earlier steps would have loaded, and writes nothing', async () => {
  const before = await digest()
  const predicted = await predict()
  expect(await digest()).toBe(before)
  expect(predicted.status).toBe('warning')
  const run = await shop.run()
  for (const step of run.steps) {
    const { read, inserted, updated, versions_closed, unchanged, rejected } = step
    const { steps } = predicted
    expect(steps.find((one) => one.job === step.job)).toMatchObject({ read, inserted, updated, versions_closed, unchanged, rejected })
  }
  expect(run.prediction?.map(({ job, same }) => [job, same])).toEqual([
    ['people', true],
    ['purchases', true],
  ])
})

test('predicts changes, and the run that differs from the prediction says where', async () => {
  await shop.rows(`INSERT INTO people VALUES (1, 'Ann', 'Paris', '2026-02-01'), (3, 'Cy', 'Bonn', '2026-02-01')`)
  const before = await digest()
  const predicted = await predict({ jobs: ['people'] })
  expect(await digest()).toBe(before)
  expect(predicted.steps).toMatchObject([{ job: 'people', inserted: 1, versions_closed: 1, rejected: 1 }])
  await shop.rows(`INSERT INTO people VALUES (4, 'Di', 'Kiev', '2026-02-02')`)
  const run = await shop.run({ jobs: ['people'] })
  expect(run.prediction).toMatchObject([{ job: 'people', same: false, predicted: { inserted: 1 }, actual: { inserted: 2 } }])
  expect(run.log.map((line) => line.message)).toContain('people: the dry run predicted 5 read, 1 inserted; it was 6 read, 2 inserted')
})

test('a step that would fail is predicted to fail, its dependants to be skipped, and still nothing is written', async () => {
  await shop.writeJob('dimensions/broken', '/*\nkind: merge\ntarget: dim_people\nkey: [id]\n*/\nSELECT 1 / 0 AS id')
  await shop.writeJob('facts/behind', '/*\nkind: merge\ntarget: fact_purchases\nkey: [id]\nneeds: [broken]\n*/\nSELECT 1 AS id')
  const before = await digest()
  const predicted = await predict()
  expect(await digest()).toBe(before)
  expect(predicted.steps.map(({ job, status, error }) => [job, status, error?.code ?? null])).toEqual([
    ['broken', 'failed', 'warehouse.bad-value'],
    ['behind', 'skipped', null],
    ['people', 'warning', null],
    ['purchases', 'warning', null],
  ])
})

test('while a run holds a job is refused with who has it', async () => {
  const held = await shop.rooms.warehouse.withTransaction(async (session) => {
    await session.query(`SELECT pg_advisory_xact_lock(1364543822, hashtext('people'))`)
    return predict({ jobs: ['people'] }).catch((thrown: unknown) => thrown)
  })
  expect(held).toMatchObject({ code: 'lease.held' })
})

test('a rehearsal cannot commit, even by its own COMMIT', async () => {
  const before = await digest()
  const committed = rehearse(shop.rooms.warehouse, { locks: [], tables: [] }, async (session) => {
    await session.query(`INSERT INTO people VALUES (9, 'Eve', 'Ulm', now())`)
    await session.query('COMMIT')
  })
  await expect(committed).rejects.toMatchObject({ details: { sqlstate: '23505' } })
  expect(await digest()).toBe(before)
})
