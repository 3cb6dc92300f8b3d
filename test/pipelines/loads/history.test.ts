/** SCD Type 2, one change after the other. Random histories are held against a slow reference in test/properties. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadHistory } from '../../../server/pipelines/loads/history.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import type { StepCounts } from '../../../shared/run.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse

interface Observation {
  key: string
  day: number
  country: string | null
  spent: number
}

interface Version {
  key: string
  country: string | null
  segment: string | null
  from: number
  to: number | null
}

const dayToTime = (day: number): string => new Date(Date.UTC(2026, 0, 1) + day * 86_400_000).toISOString()

beforeAll(async () => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await warehouse.withSession((session) =>
    session.script(`
      CREATE TABLE people (
        person_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, country text, segment text, spent numeric, score integer,
        effective_from timestamptz NOT NULL, effective_to timestamptz NOT NULL, is_current boolean NOT NULL, record_hash text NOT NULL,
        CHECK (effective_from < effective_to), UNIQUE (key, effective_from));
      CREATE UNIQUE INDEX people_current ON people (key) WHERE is_current`),
  )
})
afterAll(() => warehouse.close())
beforeEach(async () => {
  await warehouse.query('TRUNCATE people')
})

/** Loads a batch of one of the two feeders: countries come from one job, segments from another. */
async function load(batch: readonly Observation[], track: 'country' | 'segment' = 'country'): Promise<StepCounts> {
  return warehouse.withTransaction(async (session) => {
    await session.script(`CREATE TEMP TABLE batch (key text, at timestamptz, ${track} text, spent numeric) ON COMMIT DROP`)
    for (const { key, day, country, spent } of batch)
      await session.query('INSERT INTO batch VALUES ($1, $2, $3, $4)', [key, dayToTime(day), country, spent])
    const { counts } = await loadHistory(session, {
      target: 'people',
      from: 'batch',
      key: ['key'],
      track: [track],
      tracked: ['country', 'segment'],
      update: ['spent'],
      effective: 'at',
    })
    return counts
  })
}

async function versions(): Promise<Version[]> {
  const { rows } = await warehouse.query<Version>(`
    SELECT key, country, segment, (effective_from::date - '2026-01-01'::date) AS from,
      CASE WHEN effective_to >= '9999-01-01' THEN NULL ELSE effective_to::date - '2026-01-01'::date END AS to
    FROM people ORDER BY key, effective_from`)
  return rows
}

describe('one change after the other', () => {
  test('a new customer gets a first version, open at its end', async () => {
    const counts = await load([{ key: 'near', day: 0, country: 'UK', spent: 1 }])
    expect(counts).toMatchObject({ inserted: 1, versions_closed: 0, unchanged: 0 })
    expect(await versions()).toEqual([{ key: 'near', country: 'UK', segment: null, from: 0, to: null }])
  })

  test('a changed country closes the version where the new one begins, without gap or overlap', async () => {
    await load([{ key: 'near', day: 0, country: 'UK', spent: 1 }])
    expect(await load([{ key: 'near', day: 5, country: 'France', spent: 2 }])).toMatchObject({ inserted: 0, versions_closed: 1 })
    expect(await versions()).toEqual([
      { key: 'near', country: 'UK', segment: null, from: 0, to: 5 },
      { key: 'near', country: 'France', segment: null, from: 5, to: null },
    ])
  })

  test('the same batch twice changes nothing', async () => {
    const batch = [
      { key: 'near', day: 0, country: 'UK', spent: 1 },
      { key: 'near', day: 3, country: 'France', spent: 1 },
      { key: 'far', day: 1, country: null, spent: 2 },
    ]
    await load(batch)
    const before = await warehouse.query('SELECT * FROM people ORDER BY person_sk')
    expect(await load(batch)).toEqual({ read: 0, inserted: 0, updated: 0, versions_closed: 0, unchanged: 3, rejected: 0 })
    expect((await warehouse.query('SELECT * FROM people ORDER BY person_sk')).rows).toEqual(before.rows)
  })

  test('a value that becomes null, and null that becomes a value, are changes', async () => {
    await load([{ key: 'near', day: 0, country: 'UK', spent: 1 }])
    await load([{ key: 'near', day: 1, country: null, spent: 1 }])
    await load([{ key: 'near', day: 2, country: 'UK', spent: 1 }])
    expect((await versions()).map((version) => version.country)).toEqual(['UK', null, 'UK'])
  })

  test('an empty text and a missing one are different versions', async () => {
    await load([{ key: 'near', day: 0, country: '', spent: 1 }])
    expect(await load([{ key: 'near', day: 1, country: null, spent: 1 }])).toMatchObject({ versions_closed: 1 })
  })

  test('a total overwrites the current version and opens none', async () => {
    await load([{ key: 'near', day: 0, country: 'UK', spent: 1 }])
    expect(await load([{ key: 'near', day: 2, country: 'UK', spent: 7 }])).toMatchObject({ updated: 1, versions_closed: 0, unchanged: 0 })
    expect((await warehouse.query('SELECT spent, effective_to > now() AS open FROM people')).rows).toEqual([{ spent: '7', open: true }])
  })

  test('a value that another job overwrites goes along through several new versions at once', async () => {
    await load([{ key: 'near', day: 0, country: 'UK', spent: 1 }])
    await warehouse.query('UPDATE people SET score = 555')
    await load([
      { key: 'near', day: 3, country: 'France', spent: 1 },
      { key: 'near', day: 6, country: 'Spain', spent: 1 },
    ])
    expect((await warehouse.query('SELECT country, score FROM people ORDER BY effective_from')).rows).toEqual([
      { country: 'UK', score: 555 },
      { country: 'France', score: 555 },
      { country: 'Spain', score: 555 },
    ])
  })

  test('a late change is put into the middle of the history', async () => {
    await load([{ key: 'near', day: 0, country: 'UK', spent: 1 }])
    await load([{ key: 'near', day: 10, country: 'France', spent: 1 }])
    await load([{ key: 'near', day: 4, country: 'Spain', spent: 1 }])
    expect((await versions()).map(({ country, from, to }) => [country, from, to])).toEqual([
      ['UK', 0, 4],
      ['Spain', 4, 10],
      ['France', 10, null],
    ])
  })

  test('two jobs feed one history: what one says is carried over by the other', async () => {
    await load([{ key: 'near', day: 0, country: 'UK', spent: 1 }])
    await load([{ key: 'near', day: 3, country: 'Champions', spent: 1 }], 'segment')
    await load([{ key: 'near', day: 6, country: 'France', spent: 1 }])
    expect((await versions()).map(({ country, segment, from }) => [country, segment, from])).toEqual([
      ['UK', null, 0],
      ['UK', 'Champions', 3],
      ['France', 'Champions', 6],
    ])
  })

  test('a late country flows on into a later version that had only carried the old one over', async () => {
    await load([{ key: 'near', day: 0, country: 'UK', spent: 1 }])
    await load([{ key: 'near', day: 6, country: 'Champions', spent: 1 }], 'segment')
    await load([{ key: 'near', day: 3, country: 'France', spent: 1 }])
    expect((await versions()).map(({ country, segment, from }) => [country, segment, from])).toEqual([
      ['UK', null, 0],
      ['France', null, 3],
      ['France', 'Champions', 6],
    ])
  })
})
