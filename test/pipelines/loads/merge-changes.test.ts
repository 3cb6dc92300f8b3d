/** Changes in their order: the target ends as the source is, however often a key changed in one batch. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LoadContext, LoadOutcome } from '../../../server/pipelines/load-kind.ts'
import type { Job } from '../../../server/pipelines/load-kinds.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import { createEngine, loadStaged, parseDeclaration, stage } from '../../tools/load-by-hand.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse

const JOB = parseDeclaration({ kind: 'merge', target: 'people', key: ['id'], changes: true })
const TYPES = {
  ...{ id: 'int', name: 'text', story: 'text' },
  ...{ change: 'text', commit_lsn: 'pg_lsn', committed_at: 'timestamptz', change_order: 'bigint', unchanged_columns: 'text[]' },
}

interface Change {
  change: 'insert' | 'update' | 'delete' | 'truncate'
  id?: number | null
  name?: string | null
  story?: string | null
  /** `story` did not change and was not sent. */
  unsent?: boolean
}

beforeAll(async () => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await warehouse.withTransaction(createEngine)
  await warehouse.query('CREATE TABLE people (id int PRIMARY KEY, name text, story text)')
})
afterAll(() => warehouse.close())
beforeEach(async () => {
  await warehouse.query('TRUNCATE people')
})

async function load(changes: readonly Change[], context: Partial<LoadContext<Job>> = {}): Promise<LoadOutcome> {
  return warehouse.withTransaction(async (session) => {
    const rows = changes.map(({ unsent = false, ...values }, index) => ({
      ...values,
      ...{ change_order: index + 1, commit_lsn: '0/1', committed_at: '2026-01-01', unchanged_columns: unsent ? ['story'] : [] },
    }))
    await stage(session, TYPES, rows)
    return loadStaged(session, JOB, { extent: 'partial', ...context })
  })
}

async function people(): Promise<string[]> {
  const { rows } = await warehouse.query<{ text: string }>(`SELECT concat_ws('|', id, name, story) AS text FROM people ORDER BY id`)
  return rows.map(({ text }) => text)
}

const sum = ({ counts }: LoadOutcome): number => counts.inserted + counts.updated + counts.unchanged

describe('a batch of changes', () => {
  test('of one key has its last state as its effect; the others are counted as overtaken', async () => {
    const outcome = await load([
      { change: 'insert', id: 1, name: 'a', story: 's' },
      { change: 'update', id: 1, name: 'b', story: 's' },
      { change: 'insert', id: 2, name: 'x' },
      { change: 'delete', id: 2 },
    ])
    expect(await people()).toEqual(['1|b|s'])
    expect(outcome).toMatchObject({ counts: { inserted: 1, updated: 0, unchanged: 3 }, note: '2 changes overtaken by later ones' })
  })

  test('deletes rows, and a key that is inserted again afterwards is there', async () => {
    await load([{ change: 'insert', id: 1, name: 'a' }, { change: 'insert', id: 2, name: 'b' }]) // prettier-ignore
    const outcome = await load([
      { change: 'delete', id: 1 },
      { change: 'delete', id: 2 },
      { change: 'insert', id: 2, name: 'new' },
      { change: 'delete', id: 3 },
    ])
    expect(await people()).toEqual(['2|new'])
    expect(outcome).toMatchObject({ counts: { inserted: 0, updated: 2, unchanged: 2 }, deleted: 1, note: '1 row deleted; 1 change overtaken by a later one' }) // prettier-ignore
  })

  test('with a truncate has only what came behind it', async () => {
    await load([{ change: 'insert', id: 1, name: 'a' }, { change: 'insert', id: 2, name: 'b' }]) // prettier-ignore
    const outcome = await load([
      { change: 'insert', id: 3, name: 'c' },
      { change: 'truncate', id: null },
      { change: 'insert', id: 2, name: 'b' },
    ])
    expect(await people()).toEqual(['2|b'])
    expect(outcome).toMatchObject({ counts: { inserted: 0, updated: 0, unchanged: 3 }, removed: 1, deleted: 1 })
    expect(outcome.note).toBe('1 row removed: the table was emptied at the source; 1 change overtaken by a later one')
  })

  test('loaded twice changes nothing', async () => {
    const batch: Change[] = [{ change: 'insert', id: 1, name: 'a' }, { change: 'update', id: 1, name: 'b' }, { change: 'delete', id: 9 }] // prettier-ignore
    await load(batch)
    expect(await load(batch)).toMatchObject({ counts: { inserted: 0, updated: 0, unchanged: 3 } })
  })
})

describe('a large value that was not sent', () => {
  test('stays what the target has', async () => {
    await load([{ change: 'insert', id: 1, name: 'a', story: 'long' }])
    await load([{ change: 'update', id: 1, name: 'b', unsent: true }])
    expect(await people()).toEqual(['1|b|long'])
  })

  test('is the one of the change before, when that is in the same batch', async () => {
    await load([{ change: 'insert', id: 1, name: 'old', story: 'older' }])
    await load([
      { change: 'update', id: 1, name: 'a', story: 'long' },
      { change: 'update', id: 1, name: 'b', unsent: true },
      { change: 'update', id: 1, name: 'c', unsent: true },
    ])
    expect(await people()).toEqual(['1|c|long'])
  })

  test('that was set to null stays null', async () => {
    await load([{ change: 'insert', id: 1, name: 'a', story: 'long' }])
    await load([{ change: 'update', id: 1, name: 'b', story: null }, { change: 'update', id: 1, name: 'c', unsent: true }]) // prettier-ignore
    expect(await people()).toEqual(['1|c'])
  })

  test('of a row that was deleted in between is not taken from the row before', async () => {
    await load([{ change: 'insert', id: 1, name: 'a', story: 'of the first' }])
    await load([{ change: 'delete', id: 1 }, { change: 'insert', id: 1, name: 'b', unsent: true }]) // prettier-ignore
    expect(await people()).toEqual(['1|b'])
  })

  test('of a row that the target does not have stops the load', async () => {
    await expect(load([{ change: 'update', id: 7, name: 'b', unsent: true }])).rejects.toMatchObject({ kind: 'stop', code: 'load.change-without-row' }) // prettier-ignore
  })
})

test('a change without its key stops the load: nobody knows which row it means', async () => {
  await expect(load([{ change: 'delete', id: null }])).rejects.toMatchObject({ kind: 'stop', code: 'load.change-without-key' })
})

test('a table that was read as a whole again loses the keys that are gone', async () => {
  await load([{ change: 'insert', id: 1, name: 'a' }, { change: 'insert', id: 2, name: 'b' }]) // prettier-ignore
  const outcome = await load([{ change: 'insert', id: 2, name: 'b' }], { extent: 'full' })
  expect(outcome).toMatchObject({ counts: { unchanged: 1 }, removed: 1, note: '1 row removed: gone at the source' })
  expect(await people()).toEqual(['2|b'])
  await expect(load([], { extent: 'full' })).rejects.toMatchObject({ code: 'load.empty-extract' })
})

test('any order of changes over any division into batches ends as the source does', { timeout: 120_000 }, async () => {
  const step = fc.record({ kind: fc.constantFrom('put', 'put', 'put', 'touch', 'delete', 'truncate'), id: fc.integer({ min: 1, max: 4 }), value: fc.constantFrom('p', 'q', null) }) // prettier-ignore
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 8 }), { minLength: 1, maxLength: 4 }), async (batches) => {
      await warehouse.query('TRUNCATE people')
      const source = new Map<number, { name: string | null; story: string | null }>()
      for (const batch of batches) {
        const changes = batch.flatMap(({ kind, id, value }): Change[] => {
          const before = source.get(id)
          if (kind === 'truncate') {
            source.clear()
            return [{ change: 'truncate', id: null }]
          }
          if (kind === 'delete') return source.delete(id) ? [{ change: 'delete', id }] : []
          if (kind === 'touch') {
            if (before === undefined) return []
            source.set(id, { ...before, name: value })
            return [{ change: 'update', id, name: value, unsent: true }]
          }
          source.set(id, { name: value, story: value })
          return [{ change: before === undefined ? 'insert' : 'update', id, name: value, story: value }]
        })
        const outcome = await load(changes)
        expect(sum(outcome)).toBe(changes.length)
      }
      const expected = [...source].sort(([a], [b]) => a - b).map(([id, { name, story }]) => [id, name, story].filter((part) => part !== null).join('|')) // prettier-ignore
      expect(await people()).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})
