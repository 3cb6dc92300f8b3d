/** Staged rows of another database, which could not join the history: they get the version of their time before they are loaded. */
import { beforeAll, describe, expect, test } from 'vitest'
import { bringVersions } from '../../../server/pipelines/loads/bring-versions.ts'
import { day, withPeople } from './history-people.ts'

const people = withPeople()
const REFERENCE = { column: 'person_sk', dimension: 'people', at: 'at', on: { key: 'key' } }

beforeAll(async () => {
  await people.warehouse.query('CREATE TABLE visits (visit_id int PRIMARY KEY, key text, at timestamptz, person_sk bigint REFERENCES people)')
})

/** Stages the rows, brings the versions and answers with `visit country` of each row. */
function stage(rows: string, reference: Record<string, unknown> = {}): Promise<string[]> {
  return people.warehouse.withTransaction(async (session) => {
    await session.script(`
      CREATE TEMP TABLE staging (visit_id int, key varchar(20), at timestamptz, staging_row bigint GENERATED ALWAYS AS IDENTITY) ON COMMIT DROP;
      INSERT INTO staging (visit_id, key, at) VALUES ${rows}`)
    await bringVersions(session, { target: 'visits', versions: [{ ...REFERENCE, ...reference }] })
    const { rows: found } = await session.query<{ visit: string }>(
      `SELECT concat_ws(' ', visit_id, coalesce(country, s.person_sk::text, '–')) AS visit FROM pg_temp.staging s LEFT JOIN people p USING (person_sk) ORDER BY staging_row`,
    )
    return found.map(({ visit }) => visit)
  })
}

describe('versions for rows that do not bring them', () => {
  test('each staged row gets the version valid at its time, and none where there is none', async () => {
    await people.load(`('near', 'UK', ${day(2)}), ('near', 'France', ${day(8)})`)
    const rows = `(1, 'near', ${day(1)}), (2, 'near', ${day(2)}), (3, 'near', ${day(8)}), (4, 'far', ${day(9)}), (5, NULL, ${day(9)})`
    expect(await stage(rows)).toEqual(['1 –', '2 UK', '3 France', '4 –', '5 –'])
  })

  test('the member that stands for the unknown is put in where no version is valid', async () => {
    await people.load(`('near', 'UK', ${day(2)})`)
    expect(await stage(`(1, 'near', ${day(1)}), (2, 'near', ${day(3)})`, { unknown: -1 })).toEqual(['1 -1', '2 UK'])
  })

  test('a reference whose time the rows do not have is left to the load’s end', async () => {
    const lacking = people.warehouse.withTransaction(async (session) => {
      await session.script('CREATE TEMP TABLE staging (visit_id int, key text, staging_row bigint) ON COMMIT DROP')
      await bringVersions(session, { target: 'visits', versions: [REFERENCE] })
      return (await session.query('SELECT * FROM pg_temp.staging')).rows
    })
    expect(await lacking).toEqual([])
  })
})
