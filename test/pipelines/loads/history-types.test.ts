/** What is compared is what will be stored, and a target that does not fit is refused with its reason. */
import { expect, test } from 'vitest'
import { day, withPeople } from './history-people.ts'

const people = withPeople()

async function withTable(columns: string, story: () => Promise<void>): Promise<void> {
  const version =
    'effective_from timestamptz NOT NULL, effective_to timestamptz NOT NULL, is_current boolean NOT NULL, record_hash text NOT NULL'
  await people.warehouse.query(`CREATE TABLE places (${columns}, ${version}, UNIQUE (key, effective_from))`)
  try {
    await story()
  } finally {
    await people.warehouse.query('DROP TABLE places')
  }
}

const PLACES = { target: 'places', track: ['value'] }
const value = (text: string, at = 0): string => `SELECT 'near' AS key, ${text} AS value, ${day(at)} AS at`

test('a number is compared with the decimals that the target keeps', async () => {
  await withTable('key text, value numeric(10,2)', async () => {
    await people.load(value('1.23456'), PLACES)
    expect((await people.load(value('1.23456', 1), PLACES)).counts).toMatchObject({ versions_closed: 0, unchanged: 1 })
    expect((await people.load(value('1.24', 2), PLACES)).counts).toMatchObject({ versions_closed: 1 })
    const { rows } = await people.warehouse.query('SELECT record_hash = md5(ROW(value)::text) AS is_true FROM places')
    expect(rows).toEqual([{ is_true: true }, { is_true: true }])
  })
})

test('a text that is too long for its column is refused and not cut off', async () => {
  await withTable('key text, value varchar(4)', async () => {
    await expect(people.load(value(`'France'`), PLACES)).rejects.toMatchObject({ code: 'warehouse.bad-value' })
  })
})

test('text that reads as the target’s type is taken, as feeds of files bring it', async () => {
  await withTable('key text, value date', async () => {
    await people.load(value(`'2026-02-03'`), PLACES)
    expect((await people.load(value(`'2026-02-03'::text`, 1), PLACES)).counts).toMatchObject({ unchanged: 1 })
  })
})

test('a surrogate key that comes from a default is new for each version', async () => {
  await withTable('sk bigserial PRIMARY KEY, key text, value text', async () => {
    await people.load(value(`'UK'`), PLACES)
    await people.load(value(`'France'`, 1), PLACES)
    expect((await people.warehouse.query('SELECT sk, value FROM places ORDER BY sk')).rows).toEqual([
      { sk: '1', value: 'UK' },
      { sk: '2', value: 'France' },
    ])
  })
})

test('a target without the columns of a version, or none at all, is refused', async () => {
  await people.warehouse.query('CREATE TABLE bare (key text, country text)')
  const rows = `('near', 'UK', ${day(0)})`
  await expect(people.load(rows, { target: 'bare' })).rejects.toMatchObject({ code: 'load.no-column', kind: 'mistake' })
  await expect(people.load(rows, { target: 'nowhere' })).rejects.toMatchObject({ code: 'load.no-target', kind: 'mistake' })
  await people.warehouse.query('DROP TABLE bare')
})

test('a column that the job’s SQL does not give is refused before anything is written', async () => {
  await expect(people.load(`('near', 'UK', ${day(0)})`, { deleted: 'is_gone' })).rejects.toMatchObject({ code: 'load.no-column' })
  expect(await people.versions()).toEqual([])
})
