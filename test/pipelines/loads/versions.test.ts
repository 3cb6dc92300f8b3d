/** Facts that carry the version valid at their time, and follow when the history is told otherwise. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { moveToValidVersions, type VersionsSeen } from '../../../server/pipelines/loads/versions.ts'
import { day, withPeople } from './history-people.ts'

const people = withPeople()
const REFERENCE = { column: 'person_sk', dimension: 'people', at: 'at', on: { key: 'key' } }

beforeAll(async () => {
  await people.warehouse.query(
    'CREATE TABLE visits (visit_id int PRIMARY KEY, key text, at timestamptz, person_sk bigint REFERENCES people)',
  )
  await people.warehouse.query('CREATE TABLE known_visits (visit_id int PRIMARY KEY, key text, at timestamptz, person_sk bigint NOT NULL)')
})
beforeEach(async () => {
  await people.warehouse.query('TRUNCATE visits, known_visits')
})

function move(seen: VersionsSeen, reference: Record<string, unknown> = {}, target = 'visits') {
  return people.warehouse.withTransaction((session) =>
    moveToValidVersions(session, { target, versions: [{ ...REFERENCE, ...reference }] }, seen),
  )
}

/** Visits of near, each on its day, as their own load would join them. */
async function visit(...days: number[]): Promise<void> {
  for (const at of days) {
    await people.warehouse.query(
      `INSERT INTO visits SELECT $1::int, 'near', ${day(at)}, (SELECT person_sk FROM people WHERE key = 'near' AND effective_from <= ${day(at)} AND ${day(at)} < effective_to)`,
      [at],
    )
  }
}

async function countries(table = 'visits'): Promise<(string | null)[]> {
  const { rows } = await people.warehouse.query<{ country: string | null }>(
    `SELECT country FROM ${table} LEFT JOIN people USING (person_sk) ORDER BY visit_id`,
  )
  return rows.map((row) => row.country)
}

const gone = (at: number): string => `SELECT 'near' AS key, NULL AS country, ${day(at)} AS at, true AS is_deleted`

describe('facts and the versions of their time', () => {
  test('a late change takes over the facts of its time, and only those', async () => {
    await people.load(`('near', 'UK', ${day(0)}), ('near', 'France', ${day(8)})`)
    await visit(1, 5, 9)
    const { seen } = await move({})
    await people.load(`('near', 'Spain', ${day(4)})`)
    expect((await move(seen)).moved).toBe(1)
    expect(await countries()).toEqual(['UK', 'Spain', 'France'])
  })

  test('a fact that came before its customer follows when the customer arrives', async () => {
    await visit(3)
    const { seen } = await move({})
    await people.load(`('near', 'UK', ${day(0)})`)
    expect((await move(seen)).moved).toBe(1)
    expect(await countries()).toEqual(['UK'])
  })

  test('facts behind a customer’s end carry no version, and theirs again when the end is taken back', async () => {
    const job = { deletes: 'reopen', deleted: 'is_deleted' }
    await people.load(`SELECT 'near' AS key, 'UK' AS country, ${day(0)} AS at, false AS is_deleted`, job)
    await visit(1, 5, 9)
    const first = await move({})
    await people.load(gone(4), job)
    const second = await move(first.seen)
    expect([second.moved, await countries()]).toEqual([2, ['UK', null, null]])
    await people.load(`SELECT 'near' AS key, 'UK' AS country, ${day(7)} AS at, false AS is_deleted`, job)
    expect([(await move(second.seen)).moved, await countries()]).toEqual([2, ['UK', 'UK', 'UK']])
  })

  test('a customer who vanished between two full extracts and came back has its facts of the gap again', async () => {
    const job = { deletes: 'reopen', effective: undefined }
    const full = { extent: 'full' } as const
    const [near, far] = [`('near', 'UK', ${day(0)})`, `('far', 'UK', ${day(0)})`]
    await people.load(`${near}, ${far}`, job, full)
    const first = await move({})
    await people.load(far, job, full)
    await people.warehouse.query(`INSERT INTO visits VALUES (1, 'near', clock_timestamp(), NULL)`)
    const second = await move(first.seen)
    await people.load(`${near}, ${far}`, job, full)
    expect([second.moved, (await move(second.seen)).moved]).toEqual([0, 1])
    expect(await countries()).toEqual(['UK'])
  })

  test('where a member stands for the unknown, facts without a version carry it', async () => {
    await people.load(`('near', 'UK', ${day(0)})`)
    await people.warehouse.query(`INSERT INTO known_visits SELECT 1, 'near', ${day(5)}, person_sk FROM people`)
    const { seen } = await move({}, { unknown: -1 }, 'known_visits')
    await people.load(gone(4), { deleted: 'is_deleted' })
    await move(seen, { unknown: -1 }, 'known_visits')
    expect((await people.warehouse.query('SELECT person_sk FROM known_visits')).rows).toEqual([{ person_sk: '-1' }])
  })

  test('a column that must not be empty keeps its version when none is valid any more', async () => {
    await people.load(`('near', 'UK', ${day(0)})`)
    await people.warehouse.query(`INSERT INTO known_visits SELECT 1, 'near', ${day(5)}, person_sk FROM people`)
    const { seen } = await move({}, {}, 'known_visits')
    await people.load(gone(4), { deleted: 'is_deleted' })
    expect((await move(seen, {}, 'known_visits')).moved).toBe(0)
    expect(await countries('known_visits')).toEqual(['UK'])
  })

  test('nothing is written while nothing changed, and a fact of somebody else is left alone', async () => {
    await people.load(`('near', 'UK', ${day(0)})`)
    await visit(1)
    await people.warehouse.query(`INSERT INTO visits VALUES (2, 'far', ${day(1)}, NULL), (3, NULL, ${day(1)}, NULL)`)
    const { seen } = await move({})
    const rows = async () => (await people.warehouse.query('SELECT xmin::text, ctid::text FROM visits ORDER BY visit_id')).rows
    const before = await rows()
    expect(await move(seen)).toEqual({ moved: 0, seen })
    await people.load(`('near', 'France', ${day(8)})`)
    expect((await move(seen)).moved).toBe(0)
    expect(await rows()).toEqual(before)
  })

  test('facts that were loaded before their job declared the reference are all brought in line', async () => {
    await people.load(`('near', 'UK', ${day(0)}), ('near', 'France', ${day(4)})`)
    await people.warehouse.query(`INSERT INTO visits SELECT 1, 'near', ${day(5)}, min(person_sk) FROM people`)
    expect((await move({})).moved).toBe(1)
    expect(await countries()).toEqual(['France'])
  })
})
