/** The past of a history made anew, when a person asks for it. */
import { beforeEach, describe, expect, test } from 'vitest'
import { day, RUN_ID, withPeople } from './history-people.ts'

const people = withPeople()
const REBUILD = { extent: 'full', reload: true, rebuildHistory: true } as const

beforeEach(async () => {
  await people.load(`('near', 'UK', ${day(0)}), ('near', 'Spain', ${day(3)}), ('near', 'France', ${day(6)}), ('far', 'UK', ${day(0)})`)
})

const keyAt = async (at: number): Promise<string | undefined> =>
  (await people.warehouse.query<{ person_sk: string }>(`SELECT person_sk FROM people WHERE key = 'near' AND effective_from = ${day(at)}`))
    .rows[0]?.person_sk

describe('rebuilding a history', () => {
  test('a full reload alone keeps the past and merges the extract into it', async () => {
    await people.load(`('near', 'Italy', ${day(8)})`, {}, { extent: 'full', reload: true })
    expect(await people.versions()).toEqual(['far UK 0–', 'near UK 0–3', 'near Spain 3–6', 'near France 6–8', 'near Italy 8–'])
  })

  test('the rebuilt past is what the extract tells; versions that begin with the same key and time keep their surrogate keys', async () => {
    const before = [await keyAt(0), await keyAt(6)]
    const outcome = await people.load(`('near', 'UK', ${day(0)}), ('near', 'Malta', ${day(4)}), ('near', 'France', ${day(6)})`, {}, REBUILD)
    expect(await people.versions()).toEqual(['far UK 0–', 'near UK 0–4', 'near Malta 4–6', 'near France 6–'])
    expect([await keyAt(0), await keyAt(6)]).toEqual(before)
    expect(outcome).toMatchObject({ removed: 1, note: '1 version removed: the rebuilt past does not have them' })
  })

  test('customers whom the extract lacks keep their past', async () => {
    await people.load(`('near', 'UK', ${day(0)})`, {}, REBUILD)
    expect(await people.versions()).toEqual(['far UK 0–', 'near UK 0–'])
  })

  test('without times of its own a customer keeps one version, from when it was first known', async () => {
    await people.load(`('near', 'Malta', ${day(0)})`, { effective: undefined }, REBUILD)
    expect(await people.versions()).toEqual(['far UK 0–', 'near Malta 0–'])
  })

  test('from a part of the source nothing is rebuilt, and neither is the past of a customer whose row was rejected', async () => {
    const one = `('near', 'UK', ${day(0)})`
    const outcome = await people.load(one, {}, { ...REBUILD, extent: 'partial' })
    expect(outcome).toMatchObject({ removed: 0, note: 'not every row was read: the past was kept' })
    await people.warehouse.query(
      `INSERT INTO quintile.rejects (run_id, job, reason, row_text) VALUES ($1, 'people', 'bad', '{"key": "near"}')`,
      [RUN_ID],
    )
    expect(await people.load(one, {}, REBUILD)).toMatchObject({ removed: 0, note: null })
    expect(await people.versions()).toHaveLength(4)
  })

  test('a version that facts point at is not removed: the rebuild is refused and names their table', async () => {
    await people.warehouse.query(`CREATE TABLE visits AS SELECT person_sk FROM people WHERE country = 'Spain'`)
    await people.warehouse.query('ALTER TABLE visits ADD FOREIGN KEY (person_sk) REFERENCES people ON DELETE CASCADE')
    const rebuilt = people.load(`('near', 'UK', ${day(0)})`, {}, REBUILD)
    await expect(rebuilt).rejects.toMatchObject({ code: 'load.history-referenced', details: { referrer: 'visits' } })
    expect(await people.versions()).toHaveLength(4)
    await people.warehouse.query('DROP TABLE visits')
  })

  test('what other jobs put on a customer survives, along the time at which they did', async () => {
    await people.warehouse.query(`UPDATE people SET score = 7 WHERE effective_from = ${day(3)}`)
    await people.load(`('near', 'UK', ${day(0)}), ('near', 'Malta', ${day(5)})`, {}, REBUILD)
    const { rows } = await people.warehouse.query(`SELECT country, score FROM people WHERE key = 'near' ORDER BY effective_from`)
    expect(rows).toEqual([
      { country: 'UK', score: 0 },
      { country: 'Malta', score: 7 },
    ])
  })
})
