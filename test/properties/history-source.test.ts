/**
 * A source that changes at random, and the history that is loaded from it in whatever pieces: at each time the history says
 * what the source had then. No reference is needed for that, only the source itself.
 */
import fc from 'fast-check'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWarehouse, upgrade, type Warehouse } from '../../server/warehouse/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import * as engine from './history-engine.ts'
import type { Change } from './history-feed-model.ts'
import { FOREVER, type Statement } from './history-model.ts'
import { propertyRuns } from './property-runs.ts'

const { options, timeout } = propertyRuns(24)

const database = withDatabase()
let warehouse: Warehouse

beforeAll(async () => {
  await upgrade(database.connection, { name: 'engine', folder: join(import.meta.dirname, '..', '..', 'resources', 'warehouse') })
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await engine.createTables(warehouse)
})
afterAll(() => warehouse.close())

interface Customer {
  country: string
  spent: number
  updatedAt: number
}
type Source = ReadonlyMap<string, Customer>

/** One thing that happens at the source; what it does depends on whether the customer is there. */
const event = fc.record({
  key: fc.constantFrom('ann', 'ben', 'cat', 'dan', 'eve'),
  country: fc.constantFrom('UK', 'France', 'Spain'),
  spent: fc.nat(5),
  isDeletion: fc.nat(3).map((number) => number === 3),
})
type Happening = typeof event extends fc.Arbitrary<infer T> ? T : never

/** The source after each event, and what its replication feed says of it. Each event has a commit of its own. */
function live(events: readonly Happening[]): { states: Source[]; changes: Change[] } {
  const states: Source[] = []
  const changes: Change[] = []
  let source: Source = new Map()
  events.forEach(({ key, country, spent, isDeletion }, index) => {
    const at = timeOf(index)
    const next = new Map(source)
    if (isDeletion) next.delete(key)
    else next.set(key, { country, spent, updatedAt: at })
    if (isDeletion && source.has(key)) changes.push({ change: 'delete', key, at, unchanged: [] })
    if (!isDeletion) changes.push({ change: source.has(key) ? 'update' : 'insert', key, at, country, spent, unchanged: [] })
    source = next
    states.push(source)
  })
  return { states, changes }
}

const timeOf = (index: number): number => 10 * (index + 1)

async function historyAt(at: number): Promise<Record<string, string | null>> {
  const people = await engine.readPeople(warehouse)
  const valid = [...people].map(([key, versions]) => [key, versions.find((one) => one.from <= at && at < one.to)?.country] as const)
  return Object.fromEntries(valid.filter(([, country]) => country !== undefined).map(([key, country]) => [key, country ?? null]))
}

const countriesOf = (source: Source): Record<string, string> => Object.fromEntries([...source].map(([key, { country }]) => [key, country]))

async function currentTotals(): Promise<Record<string, number | null>> {
  const people = await engine.readPeople(warehouse)
  return Object.fromEntries(
    [...people].flatMap(([key, versions]) => versions.filter((one) => one.to === FOREVER).map((one) => [key, one.spent])),
  )
}

const totalsOf = (source: Source): Record<string, number> => Object.fromEntries([...source].map(([key, { spent }]) => [key, spent]))

const COMMON = { track: ['country'], update: ['spent'], tracked: ['country'] } as const

const load = (statements: readonly Statement[], request: Omit<Parameters<typeof engine.loadBatch>[1], 'track' | 'tracked' | 'update'>) =>
  engine.transact(warehouse, null, async (session) => {
    await engine.stageStatements(session, statements)
    return engine.loadBatch(session, { ...COMMON, ...request })
  })

const rowsOf = (source: Source): Statement[] =>
  [...source].map(([key, { country, spent, updatedAt }]) => ({ key, country, spent, at: updatedAt, gone: false }))

const events = fc.array(event, { minLength: 6, maxLength: 24, size: 'max' })
/** Where one batch ends and the next begins. */
const cuts = fc.array(fc.nat(24), { maxLength: 4 }).map((all) => [0, ...all.sort((a, b) => a - b), 24])

describe('a source that changes at random', () => {
  test(
    'fed by its replication slot, the history says for every moment what the source had then',
    async () => {
      await fc.assert(
        fc.asyncProperty(events, cuts, async (happened, bounds) => {
          await engine.emptyTables(warehouse)
          const { states, changes } = live(happened)
          for (const [place, end] of bounds.slice(1).entries()) {
            const batch = changes.slice(bounds[place] ?? 0, end)
            await engine.transact(warehouse, null, async (session) => {
              await engine.stageChanges(session, batch)
              return engine.loadBatch(session, { ...COMMON, changes: true })
            })
          }
          for (const [index, state] of states.entries()) expect(await historyAt(timeOf(index))).toEqual(countriesOf(state))
          expect(await currentTotals()).toEqual(totalsOf(states.at(-1) ?? new Map()))
        }),
        options,
      )
    },
    timeout,
  )

  test(
    'extracted whole now and then, the history says for each extract what the source had',
    async () => {
      await fc.assert(
        fc.asyncProperty(events, cuts, fc.boolean(), async (happened, bounds, hasTimes) => {
          await engine.emptyTables(warehouse)
          const { states } = live(happened)
          const seen: [number, Source][] = bounds.flatMap((bound) => {
            const state = states[bound]
            // An empty extract is not believed.
            return state === undefined || state.size === 0 ? [] : [[timeOf(bound) + 5, state]]
          })
          for (const [boundary, state] of seen) {
            await load(rowsOf(state), {
              ...{ deletes: 'close', extent: 'full', boundary: engine.toTime(boundary) },
              effective: hasTimes ? 'at' : undefined,
            })
            expect(await historyAt(boundary)).toEqual(countriesOf(state))
            expect(await currentTotals()).toEqual(totalsOf(state))
          }
          // Earlier extracts are still remembered, unless rows had times: then a later one may know better of times before it.
          if (!hasTimes) for (const [boundary, state] of seen) expect(await historyAt(boundary)).toEqual(countriesOf(state))
        }),
        options,
      )
    },
    timeout,
  )

  test(
    'extracted by its stamp with a look-back, the history ends with what the source has',
    async () => {
      await fc.assert(
        fc.asyncProperty(events, cuts, async (happened, bounds) => {
          await engine.emptyTables(warehouse)
          const { states } = live(happened.map((one) => ({ ...one, isDeletion: false })))
          let watermark = -Infinity
          for (const bound of [...bounds, states.length - 1]) {
            const state = states[bound]
            if (state === undefined) continue
            const fresh = rowsOf(state).filter((row) => row.at >= watermark - 30)
            await load(fresh, { effective: 'at' })
            watermark = Math.max(watermark, ...fresh.map((row) => row.at))
          }
          const last = states.at(-1) ?? new Map<string, Customer>()
          expect(await historyAt(timeOf(states.length))).toEqual(countriesOf(last))
          expect(await currentTotals()).toEqual(totalsOf(last))
        }),
        options,
      )
    },
    timeout,
  )
})
