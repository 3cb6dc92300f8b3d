/**
 * Opens every room by hand, in the order in which the data flows, and closes them in reverse. The only file that knows
 * them all; long on purpose, so that the start of the product can be read in one place.
 */
import { existsSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { mistake, toFailure } from '../shared/failure.ts'
import type { RunOptionsInput } from '../shared/plan.ts'
import type { Clock } from '../shared/time.ts'
import { openFeatures, stampOfData, stampOfLoads } from './features/index.ts'
import { openLocal } from './local/index.ts'
import { describePlan, openPipelines, type JobSources, type Pipelines } from './pipelines/index.ts'
import { openReports } from './reports/index.ts'
import { openRuns, type Runs } from './runs/index.ts'
import type { SchedulesNeeds } from './schedules/index.ts'
import { openSegments } from './segments/index.ts'
import {
  newerFailure,
  openSchema,
  openWarehouse,
  readOnlyReason,
  watchChannel,
  type Warehouse,
  type MigrationSet,
  type MigrationState,
} from './warehouse/index.ts'
import {
  engineSet,
  locateWarehouse,
  openDemoData,
  openEmbedded,
  openMapping,
  openOwnRecords,
  readWorkspace,
  toWorkspaceSource,
  type PlaceOptions,
} from './workspaces/index.ts'
import { openScheduling } from './scheduling.ts'
import { runSync, type SyncRequest } from './sync.ts'
import { VERSION } from './version.ts'

export {
  createWorkspace,
  listWorkspaces,
  PARTS,
  readWorkspace,
  resolveHome,
  SCALES,
  writeDemoOrders,
  type DemoNote,
  type Finding,
  type FoundTable,
  type MappingReport,
  type PartName,
  type Scale,
  type WorkspaceSettings,
} from './workspaces/index.ts'
export { LIVE_CHANNEL } from './runs/index.ts'
export { matches } from './segments/index.ts'

export interface AssembleOptions extends PlaceOptions {
  workspace: string
  clock: Clock
  /** Shows a notification on the desktop; left out where there is none. */
  showDesktop?: SchedulesNeeds['showDesktop']
}

/** Opens a workspace. Errors: `workspace.unknown`, a bad settings file; never because the warehouse is away. */
// eslint-disable-next-line max-lines-per-function -- the whole start of the product, room after room, is read in one place
export async function openRooms(options: AssembleOptions) {
  const { clock } = options
  const workspace = await readWorkspace(options.home, options.workspace)
  const { folder, pack } = workspace
  const identity = { machine: hostname(), user: userInfo().username, pid: process.pid }

  const embedded = openEmbedded(options)
  const place = locateWarehouse(workspace, options, embedded)
  const warehouse = openWarehouse({ label: place.label, locate: place.locate })
  const { kept, records, readOnly } = openOwnRecords(workspace, { place, warehouse, embedded })
  const local = openLocal({ file: workspace.cacheFile, clock })
  if (local.setAside !== null)
    options.log(`The local cache was damaged; it was set aside as ${local.setAside} and will be filled again by the next sync.`)
  const runs = openRuns({ warehouse: records, local, clock, identity, codeVersion: VERSION, retention: workspace.settings.retention })
  const sourcePlace = {
    folder,
    environment: options.environment,
    clock,
    positions: (source: string) => positionsOf(records, pipelines, source),
    embedded: embedded.connection,
    isDemoFilled: async () => (await demo.note())?.filled === true,
  }
  const sources: JobSources = Object.fromEntries(
    Object.entries(pack.sources).map(([name, source]) => [name, toWorkspaceSource(name, source, sourcePlace)]),
  )
  const pipelines: Pipelines = openPipelines({
    ...{ warehouse: records, clock, recorder: runs.book, identity, sources, shelf: local, readOnly },
    workspace: { folder },
    findRun: async (run) => runs.show(run === 'latest' ? await latestOfJobs(runs) : await runs.find(run)),
    stepsOf: async (runId) => (await runs.show(runId)).steps,
  })
  // Where others load the tables, our run book says nothing of how new they are.
  const stampOfOthers = readOnly || pack.data_as_of !== undefined ? stampOfData(pack.data_as_of) : undefined
  const features = openFeatures({
    warehouse,
    local,
    clock,
    settings: pack.features,
    stamp: stampOfOthers ?? stampOfLoads,
  })
  const segments = openSegments({
    folder: join(folder, 'segments'),
    features,
    local,
    warehouse,
    filterFeature: pack.filter?.feature ?? null,
  })
  const reports = openReports({
    ...{ folder: join(folder, 'reports'), warehouse, local, clock },
    stampOfOthers,
  })

  const ofPack: MigrationSet = { name: workspace.settings.pack, folder: join(folder, 'migrations') }
  const migrationSets = readOnly || !existsSync(ofPack.folder) ? [engineSet()] : [engineSet(), ofPack]
  const schema = openSchema({
    locate: kept.locate,
    readOnly: readOnly ? place : undefined,
    sets: migrationSets,
    actor: { ...identity, codeVersion: VERSION },
    clock,
    path: options.environment['PATH'],
  })

  const demo = openDemoData({
    ...{ folder, name: workspace.settings.pack, pack, connection: embedded.connection, environment: options.environment },
    warehouse: workspace.settings.warehouse.engine === 'embedded' ? workspace.settings.warehouse.database : null,
  })

  const changes = new Set<(what: 'schedules' | 'notifications') => void>()
  const schedules = openScheduling({
    ...{
      folder,
      workspace: workspace.settings.name,
      identity,
      environment: options.environment,
      warehouse: records,
      local,
      clock,
      pipelines,
      runs,
    },
    showDesktop: options.showDesktop ?? null,
    changed: (what) => changes.forEach((listener) => listener(what)),
    log: (thrown) => options.log(toFailure(thrown).message),
  })

  return {
    workspace,
    warehouse,
    /** Where runs, leases and schedules are written down: the warehouse, unless that is only read. */
    records,
    local,
    runs,
    pipelines,
    features,
    segments,
    reports,
    schedules,
    clock,
    /** What the tables of a warehouse mean that others fill. */
    mapping: openMapping({ folder, warehouse }),
    /** The demo's sources. */
    demo,
    /** Told when schedules or the inbox changed. */
    onChange: (listener: (what: 'schedules' | 'notifications') => void) => void changes.add(listener),
    /** User and machine, for the run book. */
    who: `${identity.user} on ${identity.machine}`,
    /** The steps that a run would take. Errors: `plan.*`, `job.*`. */
    planOf: async (asked: RunOptionsInput) => describePlan((await pipelines.plan(asked)).plan),

    /** The warehouse’s tables: migrations, drift, doctor, backup. */
    schema,
    /** Applies what is pending; returns the files by set. */
    upgradeWarehouse: async (): Promise<Record<string, string[]>> => {
      const steps = await schema.move({ verb: 'upgrade' }, { say: options.log })
      const namesOf = (set: string): string[] => steps.flatMap((step) => (step.set === set ? [step.migration] : []))
      return Object.fromEntries(migrationSets.map(({ name }) => [name, namesOf(name)]))
    },
    migrations: (): Promise<MigrationState[]> => schema.states(),
    /** Why nothing may be written; null when everything may. */
    readOnly: async (): Promise<string | null> => readOnlyReason(await schema.states(), VERSION),
    /** Copies the features into the snapshot, as a run of its own in the book, and keeps every report beside it. */
    sync: (request: SyncRequest) => runSync({ warehouse: records, runs, features, reports, identity }, request),
    /** Follows what any process tells of runs on this warehouse. */
    watch: async (channel: string, listener: { onMessage(payload: string): void; onLost(): void }) =>
      watchChannel(await kept.locate(), channel, listener),

    close: async (): Promise<void> => {
      await schedules.stop()
      for (const one of new Set([records, warehouse])) await one.close().catch((thrown: unknown) => options.log(toFailure(thrown).message))
      await local.close()
      await demo.close()
      await embedded.close()
    },
  }
}

/** How far the jobs that still exist have read a source: a job that was removed must not hold a replication slot back for ever. */
async function positionsOf(warehouse: Warehouse, pipelines: Pipelines, source: string): Promise<Record<string, unknown>[]> {
  const { jobs } = await pipelines.catalogue()
  const { rows } = await warehouse.query<{ position: Record<string, unknown> }>(
    'SELECT position FROM quintile.source_positions WHERE source = $1 AND job = ANY($2)',
    [source, [...jobs.keys()]],
  )
  return rows.map(({ position }) => position)
}

/** The newest run of jobs; imports, syncs and replays have no jobs to retry. */
async function latestOfJobs(runs: Runs): Promise<string> {
  const { runs: found } = await runs.list({ offset: 0, limit: 1, kind: 'pipeline' })
  if (found[0] === undefined) throw mistake('run.unknown', 'No jobs were run yet', 'Run them: quintile run --jobs all')
  return found[0].run_id
}

export type Rooms = Awaited<ReturnType<typeof openRooms>>

/** Refuses to write to a warehouse that lacks tables, or that a newer Quintile has upgraded. Errors: as `requireReadable`, `warehouse.newer`. */
export async function requireCurrent(rooms: Rooms): Promise<void> {
  const states = await requireReadable(rooms)
  const newer = newerFailure(states, VERSION)
  if (newer !== null) throw newer
}

/** Refuses to work on a warehouse that lacks tables, instead of failing later with a missing one. Errors: `warehouse.not-current`. */
export async function requireReadable(rooms: Rooms): Promise<MigrationState[]> {
  const states = await rooms.migrations()
  const pending = states.flatMap((state) => state.pending)
  if (pending.length === 0) return states
  throw mistake(
    'warehouse.not-current',
    `The warehouse of “${rooms.workspace.settings.name}” lacks ${String(pending.length)} migrations: ${pending.join(', ')}`,
    `Run: quintile warehouse upgrade --workspace ${rooms.workspace.settings.name}`,
  )
}
