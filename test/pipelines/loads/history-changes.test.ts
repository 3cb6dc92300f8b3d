/** Histories fed by a replication slot: every change of a key is a version of its own. */
import { describe, expect, test } from 'vitest'
import { history, historySchema } from '../../../server/pipelines/loads/history.ts'
import { day, withPeople } from './history-people.ts'

const people = withPeople()
const FEED = { effective: undefined, changes: true, update: ['spent'] }

interface Change {
  change: string
  key?: string
  country?: string
  spent?: number
  /** Day of the commit. */
  at: number
  /** Number of the commit; by the place in the batch when left out. */
  commit?: number
  unchanged?: string[]
}

function feed(changes: readonly Change[]): string {
  const rows = changes.map(({ change, key, country, spent, at, commit, unchanged = [] }, index) => {
    const text = (value: string | undefined): string => (value === undefined ? 'NULL' : `'${value}'`)
    const values = [
      `'${change}'`,
      text(key),
      text(country),
      `${String(spent ?? 'NULL')}::numeric`,
      `'0/${String(100 + (commit ?? index))}'`,
      day(at),
      String(index),
    ]
    return `(${values.join(', ')}, '{${unchanged.join(',')}}'::text[])`
  })
  return `SELECT * FROM (VALUES ${rows.join(', ')}) AS v(change, key, country, spent, commit_lsn, committed_at, change_order, unchanged_columns)`
}

const insert = { change: 'insert', key: 'near', country: 'UK', spent: 1, at: 0 }

describe('changes of a replication feed', () => {
  test('several changes of a customer in one batch are each a version from their commit on', async () => {
    const batch = feed([
      insert,
      { ...insert, change: 'update', country: 'France', at: 2 },
      { ...insert, change: 'update', country: 'Spain', at: 5 },
    ])
    expect((await people.load(batch, FEED)).counts).toMatchObject({ inserted: 1, versions_closed: 2 })
    expect(await people.versions()).toEqual(['near UK 0–2', 'near France 2–5', 'near Spain 5–'])
    expect((await people.load(batch, FEED)).counts).toMatchObject({ inserted: 0, versions_closed: 0, updated: 0, unchanged: 3 })
  })

  test('of several changes in one commit the last counts', async () => {
    await people.load(
      feed([
        { ...insert, commit: 1 },
        { ...insert, change: 'update', country: 'France', commit: 1 },
      ]),
      FEED,
    )
    expect(await people.versions()).toEqual(['near France 0–'])
  })

  test('a deletion ends the version, and a customer inserted again begins another', async () => {
    await people.load(feed([insert, { change: 'delete', key: 'near', at: 3 }, { ...insert, at: 6 }]), FEED)
    expect(await people.versions()).toEqual(['near UK 0–3', 'near UK 6–'])
  })

  test('a customer inserted and deleted in one commit never was', async () => {
    const { counts } = await people.load(
      feed([
        { ...insert, commit: 1 },
        { change: 'delete', key: 'near', at: 0, commit: 1 },
      ]),
      FEED,
    )
    expect(counts).toMatchObject({ inserted: 0, unchanged: 2 })
    expect(await people.versions()).toEqual([])
  })

  test('a deletion at the very beginning of a version leaves it a microsecond', async () => {
    await people.load(feed([insert]), FEED)
    await people.load(feed([{ change: 'delete', key: 'near', at: 0 }]), FEED)
    const { rows } = await people.warehouse.query('SELECT (effective_to - effective_from)::text AS length, is_current FROM people')
    expect(rows).toEqual([{ length: 'PT0.000001S', is_current: false }])
  })

  test('a truncation ends every open version, also those that the batch began before it', async () => {
    await people.load(feed([insert, { ...insert, key: 'far' }]), FEED)
    const outcome = await people.load(
      feed([
        { ...insert, key: 'new', at: 1 },
        { change: 'truncate', at: 2 },
        { ...insert, at: 4 },
      ]),
      FEED,
    )
    expect(outcome).toMatchObject({ removed: 3, note: '3 versions closed: truncated at the source', deleted: 1 })
    expect(outcome.counts).toMatchObject({ inserted: 1, versions_closed: 2, unchanged: 0 })
    expect(await people.versions()).toEqual(['far UK 0–2', 'near UK 0–2', 'near UK 4–', 'new UK 1–2'])
  })

  test('a column that the source did not send again keeps its earlier value', async () => {
    await people.load(feed([insert]), FEED)
    const partly = { change: 'update', key: 'near', unchanged: ['country'] }
    await people.load(
      feed([
        { ...partly, spent: 2, at: 1 },
        { ...insert, change: 'update', country: 'France', spent: 3, at: 2 },
        { ...partly, spent: 4, at: 3 },
      ]),
      FEED,
    )
    expect(await people.versions()).toEqual(['near UK 0–2', 'near France 2–'])
    expect((await people.warehouse.query('SELECT spent FROM people ORDER BY effective_from')).rows).toEqual([
      { spent: '1.00' },
      { spent: '4.00' },
    ])
  })

  test('a customer inserted again has nothing from before its deletion', async () => {
    await people.load(feed([insert, { change: 'delete', key: 'near', at: 3 }]), FEED)
    await people.load(feed([{ change: 'insert', key: 'near', spent: 2, at: 6, unchanged: ['country'] }]), FEED)
    expect(await people.versions()).toEqual(['near UK 0–3', 'near – 6–'])
  })

  test('an update that leaves out values which the history does not have is refused', async () => {
    const partly = feed([{ change: 'update', key: 'near', spent: 2, at: 1, unchanged: ['country'] }])
    await expect(people.load(partly, FEED)).rejects.toMatchObject({ code: 'load.change-without-row', kind: 'stop' })
  })

  test('a feed that had to read its table as a whole again tells of deletions by what it lacks', async () => {
    await people.load(feed([insert, { ...insert, key: 'far' }]), FEED)
    const outcome = await people.load(feed([{ ...insert, at: 5 }]), FEED, { extent: 'full' })
    expect(outcome).toMatchObject({ removed: 1, note: '1 version closed: gone at the source', counts: { unchanged: 1 } })
  })

  test('when the source’s clock steps back, the later commit still counts last', async () => {
    await people.load(
      feed([
        { ...insert, at: 5 },
        { ...insert, change: 'update', country: 'France', at: 3 },
      ]),
      FEED,
    )
    expect(await people.versions()).toEqual(['near France 5–'])
  })

  test('a change that does not say of whom is refused', async () => {
    const nameless = feed([insert, { change: 'update', country: 'France', at: 2 }])
    await expect(people.load(nameless, FEED)).rejects.toMatchObject({ code: 'load.change-without-key' })
  })

  test('rows of a feed are no doubles of each other, and a truncation needs no key', () => {
    const job = historySchema.parse({ kind: 'history', target: 'people', key: ['key'], track: ['country'], changes: true })
    expect([history.identity(job), history.required(job)]).toEqual([[], []])
  })

  test('a job cannot give changes another time than their commit’s', () => {
    const declared = { kind: 'history', target: 'people', key: ['key'], track: ['country'], changes: true, effective: 'at' }
    expect(historySchema.safeParse(declared).error?.issues[0]).toMatchObject({ path: ['changes'] })
  })
})
