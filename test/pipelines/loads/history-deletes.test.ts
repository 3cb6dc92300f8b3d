/** Customers who are gone at the source, and those who come back. */
import { describe, expect, test } from 'vitest'
import { loadHistory } from '../../../server/pipelines/loads/history.ts'
import { day, RUN_ID, withPeople } from './history-people.ts'

const people = withPeople()
const FULL = { extent: 'full' } as const
const CLOSE = { deletes: 'close' }
const NEAR = `('near', 'UK', ${day(0)})`
const FAR = `('far', 'UK', ${day(0)})`
/** Without times of their own rows hold from the load on. */
const AT_ONCE = { effective: undefined }

async function currentKeys(): Promise<string[]> {
  const { rows } = await people.warehouse.query<{ key: string }>('SELECT key FROM people WHERE is_current ORDER BY key')
  return rows.map((row) => row.key)
}

describe('gone at the source', () => {
  test('a full extract closes the versions of the customers whom it does not have', async () => {
    await people.load(`${NEAR}, ${FAR}`, CLOSE, FULL)
    const outcome = await people.load(NEAR, CLOSE, FULL)
    expect(outcome).toMatchObject({
      removed: 1,
      note: '1 version closed: gone at the source',
      counts: { versions_closed: 0, unchanged: 1 },
    })
    expect(await currentKeys()).toEqual(['near'])
    expect((await people.load(NEAR, CLOSE, FULL)).removed).toBe(0)
  })

  test('a partial extract closes nobody, and neither does a full one where the job does not say so', async () => {
    await people.load(`${NEAR}, ${FAR}`, CLOSE, FULL)
    expect((await people.load(NEAR, CLOSE)).removed).toBe(0)
    expect((await people.load(NEAR, {}, FULL)).removed).toBe(0)
    expect(await currentKeys()).toEqual(['far', 'near'])
  })

  test('an empty full extract closes nobody and says so', async () => {
    await people.load(NEAR, CLOSE, FULL)
    const nobody = `SELECT 'x' AS key, 'x' AS country, now() AS at WHERE false`
    expect(await people.load(nobody, CLOSE, FULL)).toMatchObject({ removed: 0, note: 'the extract was empty: nothing was closed' })
    expect(await currentKeys()).toEqual(['near'])
  })

  test('mended rows that come again are not taken for a full extract', async () => {
    await people.load(`${NEAR}, ${FAR}`, CLOSE, FULL)
    expect((await people.load(NEAR, CLOSE, { ...FULL, isReplay: true })).removed).toBe(0)
  })

  test('a version that begins after the load ends a microsecond after its beginning', async () => {
    await people.load(`('near', 'UK', timestamptz '2100-01-01'), ${FAR}`, CLOSE, FULL)
    await people.load(FAR, CLOSE, FULL)
    const { rows } = await people.warehouse.query(`SELECT (effective_to - effective_from)::text AS length FROM people WHERE key = 'near'`)
    expect(rows).toEqual([{ length: 'PT0.000001S' }])
  })

  test('a customer whose row was rejected is still there', async () => {
    await people.load(`${NEAR}, ${FAR}`, CLOSE, FULL)
    await people.warehouse.query(
      `INSERT INTO quintile.rejects (run_id, job, reason, row_text) VALUES ($1, 'people', 'country is missing', '{"key": "far", "country": null}')`,
      [RUN_ID],
    )
    expect(await people.load(NEAR, CLOSE, FULL)).toMatchObject({ removed: 0, note: null })
  })

  test('while a rejected line cannot be read nobody is closed, for it may be theirs', async () => {
    await people.load(`${NEAR}, ${FAR}`, CLOSE, FULL)
    await people.warehouse.query(
      `INSERT INTO quintile.rejects (run_id, job, reason, row_text) VALUES ($1, 'people', 'a quote is open', 'far,"UK')`,
      [RUN_ID],
    )
    expect(await people.load(NEAR, CLOSE, FULL)).toMatchObject({ removed: 0, note: 'some rows could not be read: nothing was closed' })
  })

  test('a column can say that a customer is gone, from its row’s time on', async () => {
    await people.load(NEAR)
    const gone = `SELECT 'near' AS key, NULL AS country, ${day(4)} AS at, true AS is_deleted`
    expect((await people.load(gone, { deleted: 'is_deleted' })).counts).toMatchObject({ versions_closed: 1, unchanged: 0 })
    expect((await people.load(gone, { deleted: 'is_deleted' })).counts).toMatchObject({ versions_closed: 0, unchanged: 1 })
    expect(await people.versions()).toEqual(['near UK 0–4'])
  })

  test('gone in the middle of what is known, a customer is missing until the next change', async () => {
    await people.load(`${NEAR}, ('near', 'France', ${day(8)})`)
    await people.load(`SELECT 'near' AS key, NULL AS country, ${day(4)} AS at, true AS is_deleted`, { deleted: 'is_deleted' })
    expect(await people.versions()).toEqual(['near UK 0–4', 'near France 8–'])
  })
})

describe('back again', () => {
  const back = async (deletes: string, country: string): Promise<string[]> => {
    const job = { deletes, deleted: 'is_deleted' }
    const row = (value: string, at: number, gone: boolean): string =>
      `SELECT 'near' AS key, '${value}' AS country, ${day(at)} AS at, ${String(gone)} AS is_deleted`
    await people.load(row('UK', 0, false), job)
    await people.load(row('UK', 4, true), job)
    await people.load(row(country, 6, false), job)
    return people.versions()
  }

  test('with close the return makes a new version and the gap stays', async () => {
    expect(await back('close', 'UK')).toEqual(['near UK 0–4', 'near UK 6–'])
  })

  test('with reopen equal values open the closed version again, as if nothing had been', async () => {
    expect(await back('reopen', 'UK')).toEqual(['near UK 0–'])
  })

  test('with reopen other values make a new version and the gap stays', async () => {
    expect(await back('reopen', 'France')).toEqual(['near UK 0–4', 'near France 6–'])
  })

  test('closed because a full extract lacked it, a customer is there again from the next one that has it, whatever its row’s time', async () => {
    await people.load(`${NEAR}, ${FAR}`, CLOSE, FULL)
    await people.load(FAR, CLOSE, FULL)
    expect((await people.load(`${NEAR}, ${FAR}`, CLOSE, FULL)).counts).toMatchObject({ versions_closed: 1, unchanged: 1 })
    expect(await currentKeys()).toEqual(['far', 'near'])
    expect((await people.versions()).filter((version) => version.startsWith('near'))).toHaveLength(2)
  })

  test('without times of its own a customer comes and goes with the loads', async () => {
    const job = { ...AT_ONCE, deletes: 'reopen' }
    await people.load(`${NEAR}, ${FAR}`, job, FULL)
    await people.load(FAR, job, FULL)
    expect(await currentKeys()).toEqual(['far'])
    expect((await people.load(`${NEAR}, ${FAR}`, job, FULL)).counts).toMatchObject({ updated: 1, unchanged: 1 })
    expect(await currentKeys()).toEqual(['far', 'near'])
    const { rows } = await people.warehouse.query('SELECT count(*)::int AS versions FROM people')
    expect(rows).toEqual([{ versions: 2 }])
  })

  test('who only scores customers brings none of them back', async () => {
    await people.load(NEAR)
    await people.load(`SELECT 'near' AS key, NULL AS country, ${day(4)} AS at, true AS is_deleted`, { deleted: 'is_deleted' })
    await people.warehouse.withTransaction(async (session) => {
      await session.script(`CREATE TEMP TABLE scored ON COMMIT DROP AS SELECT 'near' AS key, 'Champions' AS segment, ${day(6)} AS at`)
      const request = {
        target: 'people',
        from: 'pg_temp.scored',
        key: ['key'],
        track: ['segment'],
        tracked: ['country', 'segment'],
        update: [],
      }
      const { counts } = await loadHistory(session, { ...request, effective: 'at', revives: false })
      expect(counts).toMatchObject({ versions_closed: 0, unchanged: 1 })
    })
    expect(await people.versions()).toEqual(['near UK 0–4'])
  })
})
