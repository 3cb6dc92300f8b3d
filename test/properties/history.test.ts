/**
 * Random histories of a source leave exactly the versions and facts that a slow reference works out, whatever breaks on the
 * way.
 */
import fc from 'fast-check'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HistoryOutcome } from '../../server/pipelines/loads/history.ts'
import type { HistoryRequest } from '../../server/pipelines/loads/history-request.ts'
import type { VersionsSeen } from '../../server/pipelines/loads/versions.ts'
import { openWarehouse, upgrade, type Warehouse } from '../../server/warehouse/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { story, type Step, type Story } from './history-cases.ts'
import * as engine from './history-engine.ts'
import { statementsOf } from './history-feed-model.ts'
import * as model from './history-model.ts'
import { propertyRuns } from './property-runs.ts'

const { options, timeout } = propertyRuns(80)

const database = withDatabase()
let warehouse: Warehouse

beforeAll(async () => {
  await upgrade(database.connection, { name: 'engine', folder: join(import.meta.dirname, '..', '..', 'resources', 'warehouse') })
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await engine.createTables(warehouse)
})
afterAll(() => warehouse.close())

const COUNTRIES: model.Feeder = { track: 'country', update: 'spent', revives: true }
const SEGMENTS: model.Feeder = { track: 'segment', update: 'score', revives: false }

/** What has happened so far, in the model. */
interface World {
  people: model.State
  visits: engine.Visit[]
  /** As the job's state has it after a commit. */
  seen: VersionsSeen
}

type Load = Exclude<Step, { kind: 'visits' }>

function requestOf({ times, deletes, isShared }: Story, { kind, load }: Load): Omit<HistoryRequest, 'target' | 'from' | 'key'> {
  const tracked = isShared ? ['country', 'segment'] : ['country']
  const extent = load.isFull ? 'full' : 'partial'
  const shared = { tracked, boundary: engine.toTime(load.boundary), rebuild: load.isRebuilt }
  if (kind === 'segments') return { ...shared, track: ['segment'], update: ['score'], effective: 'at', revives: false, rebuild: false }
  const own = { ...shared, track: ['country'], update: ['spent'], deletes, extent } as const
  if (kind === 'changes') return { ...own, changes: true }
  return { ...own, deleted: 'gone', effective: times === 'effective' ? 'at' : undefined }
}

/** Undefined when the engine must refuse the batch. */
function modelLoad({ people }: World, { times, deletes, isShared }: Story, step: Load): model.State | undefined {
  const { isFull, boundary, isRebuilt } = step.load
  const tracked = isShared ? (['country', 'segment'] as const) : (['country'] as const)
  const common = { boundary, tracked, hasTimes: times !== 'boundary' }
  if (step.kind === 'segments')
    return model.load(people, {
      ...common,
      feeder: SEGMENTS,
      deletes: 'ignore',
      isFull: false,
      hasTimes: true,
      statements: step.statements,
    })
  const statements = step.kind === 'changes' ? statementsOf(people, step.changes, COUNTRIES) : step.statements
  if (statements === undefined) return undefined
  const isSeeing = isFull && (step.kind === 'changes' || deletes !== 'ignore')
  return model.load(people, { ...common, feeder: COUNTRIES, deletes, isFull: isSeeing, isRebuilt, statements })
}

async function engineLoad(told: Story, step: Load, crashAt: number | null) {
  return engine.transact(warehouse, crashAt, async (session) => {
    await (step.kind === 'changes' ? engine.stageChanges(session, step.changes) : engine.stageStatements(session, step.statements))
    return engine.loadBatch(session, requestOf(told, step))
  })
}

/** Loads, again if it broke, and a second time if it is to be repeated; then everything must be as the model has it. */
async function carryOutLoad(world: World, told: Story, step: Load): Promise<void> {
  const before = await engine.readRows(warehouse)
  const { crashAt, isRepeated } = step.load
  const expected = modelLoad(world, told, step)
  if (expected === undefined || (await isReferenced(expected))) {
    await expect(engineLoad(told, step, null)).rejects.toThrow(engine.Refused)
    return
  }
  const broken = crashAt === null ? null : await engineLoad(told, step, crashAt)
  if (crashAt !== null && broken === null) expect(await engine.readRows(warehouse)).toEqual(before)
  const outcome = broken ?? (await engineLoad(told, step, null))
  expect(await engine.readPeople(warehouse)).toEqual(new Map(expected))
  const after = await engine.readRows(warehouse)
  expectTrueCounts(outcome, {
    rows: step.kind === 'changes' ? step.changes.length : step.statements.length,
    grown: versionsIn(expected) - versionsIn(world.people),
    isChanged: JSON.stringify(after) !== JSON.stringify(before),
  })
  world.people = expected
  if (!isRepeated) return
  await engineLoad(told, step, null)
  expect(await engine.readRows(warehouse), 'the same batch again writes nothing').toEqual(after)
}

/** True when facts point at versions that would be no more; only a rebuilt past has fewer. */
async function isReferenced(expected: model.State): Promise<boolean> {
  const visits = await engine.readVisits(warehouse)
  return visits.some(({ key, from }) => key !== null && from !== null && !expected.get(key)?.some((version) => version.from === from))
}

function expectTrueCounts(outcome: HistoryOutcome | null, truth: { rows: number; grown: number; isChanged: boolean }): void {
  if (outcome === null) throw new Error('the load ended without an outcome')
  const { counts, missing, truncated, removed, grown } = outcome
  const numbers = Object.values(counts)
  expect(numbers.every((number) => number >= 0)).toBe(true)
  expect(numbers.reduce((sum, number) => sum + number, 0)).toBe(truth.rows)
  expect(grown).toBe(truth.grown)
  const changes = counts.inserted + counts.updated + counts.versions_closed + missing + truncated + removed
  expect(changes > 0, 'a load tells whether it changed anything').toBe(truth.isChanged)
}

const versionsIn = (people: model.State): number => [...people.values()].flat().length

async function carryOutVisits(world: World, { visits, crashAt }: Extract<Step, { kind: 'visits' }>): Promise<void> {
  const attempt = (at: number | null): Promise<VersionsSeen | null> =>
    engine.transact(warehouse, at, (session) => engine.loadVisits(session, visits, world.seen))
  world.seen = (crashAt === null ? null : await attempt(crashAt)) ?? (await attempt(null)) ?? {}
  world.visits.push(...visits)
  const expected = world.visits.map(({ key, at }) => {
    const from = key === null ? null : model.versionAt(world.people, key, at)
    return { key, at, from, known: from }
  })
  expect(await engine.readVisits(warehouse)).toEqual(expected)
}

async function expectSoundTable(isShared: boolean): Promise<void> {
  const tracked = isShared ? 'country, segment' : 'country'
  const { rows } = await warehouse.query(`
    SELECT * FROM people p WHERE record_hash <> md5(ROW(${tracked})::text)
      OR EXISTS (SELECT 1 FROM people o WHERE o.key = p.key AND o.person_sk <> p.person_sk AND o.effective_from < p.effective_to AND p.effective_from < o.effective_to)`)
  expect(rows).toEqual([])
}

async function tell(told: Story): Promise<void> {
  await engine.emptyTables(warehouse)
  const world: World = { people: new Map(), visits: [], seen: {} }
  for (const step of told.steps) {
    if (step.kind === 'visits') await carryOutVisits(world, step)
    else await carryOutLoad(world, told, step)
  }
  await carryOutVisits(world, { kind: 'visits', visits: [{ key: 'near', at: 12 }], crashAt: null })
  await expectSoundTable(told.isShared)
}

describe('random histories of a source', () => {
  test(
    'leave exactly the versions and facts of the reference, whatever breaks on the way',
    async () => {
      await fc.assert(fc.asyncProperty(story, tell), options)
    },
    timeout,
  )
})
