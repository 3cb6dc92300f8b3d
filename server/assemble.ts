/**
 * Opens every room by hand, in the order in which the data flows, and closes them in reverse. The only file that knows
 * them all; long on purpose, so that the start of the product can be read in one place.
 */
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { mistake, toFailure } from '../shared/failure.ts'
import type { Clock } from '../shared/time.ts'
import { openFeatures } from './features/index.ts'
import { openLocal } from './local/index.ts'
import { openPipelines, type JobSource } from './pipelines/index.ts'
import { openReports } from './reports/index.ts'
import { openRuns } from './runs/index.ts'
import { openSegments } from './segments/index.ts'
import {
  ensureDatabase,
  migrationState,
  openWarehouse,
  upgrade,
  watchChannel,
  type Connection,
  type MigrationSet,
  type MigrationState,
} from './warehouse/index.ts'
import {
  openEmbeddedServer,
  readWorkspace,
  resourcesFolder,
  type EmbeddedServer,
  type SourceSettings,
  type SpawnKeeper,
  type WorkspaceFolder,
} from './workspaces/index.ts'
import { runSync, type SyncRequest } from './sync.ts'
import { VERSION } from './version.ts'

export { createWorkspace, listWorkspaces, readWorkspace, resolveHome, writeDemoOrders, type WorkspaceSettings } from './workspaces/index.ts'
export { LIVE_CHANNEL } from './runs/index.ts'
export { matches } from './segments/index.ts'

export interface AssembleOptions {
  home: string
  workspace: string
  clock: Clock
  environment: NodeJS.ProcessEnv
  /** A sentence worth telling, e.g. that the embedded database recovers. */
  log(text: string): void
  spawnKeeper?: SpawnKeeper | undefined
}

/** How to find the warehouse: a server given by the settings, or the embedded one, started at the first use. */
function locateWarehouse({ settings }: WorkspaceFolder, { home, environment, log, spawnKeeper }: AssembleOptions) {
  const { warehouse } = settings
  if (warehouse.engine === 'postgres') {
    const { host, port, user, database, tls, password_env } = warehouse
    const password = password_env === undefined ? undefined : environment[password_env]
    if (password_env !== undefined && password === undefined) {
      log(`The environment variable ${password_env}, which should hold the warehouse’s password, is not set.`)
    }
    const connection: Connection = { host, port, user, database, tls, password }
    return { label: `${host}:${String(port)}/${database}`, locate: () => Promise.resolve(connection), close: () => Promise.resolve() }
  }
  let opened: Promise<EmbeddedServer> | undefined
  const open = async (): Promise<EmbeddedServer> => {
    const server = await openEmbeddedServer({ home, log, ...(spawnKeeper === undefined ? {} : { spawnKeeper }) })
    await ensureDatabase(server.connection(warehouse.database))
    return server
  }
  const locate = async (): Promise<Connection> => {
    opened ??= open()
    try {
      return (await opened).connection(warehouse.database)
    } catch (thrown) {
      // The next use may find the cause mended.
      opened = undefined
      throw thrown
    }
  }
  return { label: `embedded/${warehouse.database}`, locate, close: async () => (await opened?.catch(() => undefined))?.close() }
}

/** The password is looked up when a job reads: a workspace can be opened without the secrets of all its sources. */
function toJobSource(name: string, settings: SourceSettings, environment: NodeJS.ProcessEnv): JobSource {
  if (settings.kind === 'imported') return { tables: settings.tables }
  const { kind: _kind, password_env, statement_timeout, ...server } = settings
  return {
    connection: () => {
      const password = password_env === undefined ? undefined : environment[password_env]
      if (password_env !== undefined && password === undefined)
        throw mistake(
          'source.no-password',
          `The password of the source “${name}” is not known`,
          `Set the environment variable ${password_env} to it.`,
        )
      return { ...server, password, statementTimeout: statement_timeout }
    },
  }
}

/** Opens a workspace. Errors: `workspace.unknown`, a bad settings file; never because the warehouse is away. */
// eslint-disable-next-line max-lines-per-function -- the whole start of the product, room after room, is read in one place
export async function openRooms(options: AssembleOptions) {
  const { clock } = options
  const workspace = await readWorkspace(options.home, options.workspace)
  const { folder, pack } = workspace
  const sources = Object.fromEntries(
    Object.entries(pack.sources).map(([name, source]) => [name, toJobSource(name, source, options.environment)]),
  )
  const identity = { machine: hostname(), user: userInfo().username, pid: process.pid }

  const place = locateWarehouse(workspace, options)
  const warehouse = openWarehouse({ label: place.label, locate: place.locate })
  const local = openLocal({ file: workspace.cacheFile, clock })
  if (local.setAside !== null)
    options.log(`The local cache was damaged; it was set aside as ${local.setAside} and will be filled again by the next sync.`)
  const runs = openRuns({ warehouse, local, clock, identity, codeVersion: VERSION })
  const pipelines = openPipelines({ warehouse, clock, recorder: runs.book, identity, folder, sources })
  const features = openFeatures({ warehouse, local, clock, table: pack.features.table })
  const segments = openSegments({ folder: join(folder, 'segments'), features, local, warehouse })
  const reports = openReports({ folder: join(folder, 'reports'), warehouse, local, clock })

  const migrationSets: MigrationSet[] = [
    { name: 'engine', folder: join(resourcesFolder(), 'warehouse') },
    { name: workspace.settings.pack, folder: join(folder, 'migrations') },
  ]

  return {
    workspace,
    warehouse,
    local,
    runs,
    pipelines,
    features,
    segments,
    reports,
    clock,

    /** Applies what is pending; returns the files by set. */
    upgradeWarehouse: async (): Promise<Record<string, string[]>> => {
      const connection = await place.locate()
      const done: Record<string, string[]> = {}
      for (const set of migrationSets) done[set.name] = await upgrade(connection, set)
      return done
    },
    migrations: async (): Promise<MigrationState[]> => {
      const connection = await place.locate()
      return Promise.all(migrationSets.map((set) => migrationState(connection, set)))
    },
    /** Copies the features into the snapshot, as a run of its own in the book, and keeps every report beside it. */
    sync: (request: SyncRequest) => runSync({ warehouse, runs, features, reports, identity }, request),
    /** Follows what any process tells of runs on this warehouse. */
    watch: async (channel: string, listener: { onMessage(payload: string): void; onLost(): void }) =>
      watchChannel(await place.locate(), channel, listener),

    close: async (): Promise<void> => {
      await warehouse.close().catch((thrown: unknown) => options.log(toFailure(thrown).message))
      await local.close()
      await place.close()
    },
  }
}

export type Rooms = Awaited<ReturnType<typeof openRooms>>

/** Refuses to work on a warehouse that lacks tables, instead of failing later with a missing one. */
export async function requireCurrent(rooms: Rooms): Promise<void> {
  const pending = (await rooms.migrations()).flatMap((state) => state.pending)
  if (pending.length > 0) {
    throw mistake(
      'warehouse.not-current',
      `The warehouse of “${rooms.workspace.settings.name}” lacks ${String(pending.length)} migrations: ${pending.join(', ')}`,
      `Run: quintile warehouse upgrade --workspace ${rooms.workspace.settings.name}`,
    )
  }
}
