/** Where a workspace's databases are: its warehouse, the server that Quintile brings along, and its records. */
import { join } from 'node:path'
import { ensureDatabase, locateRecords, openWarehouse, type Connection, type MigrationSet, type Warehouse } from '../warehouse/index.ts'
import { openEmbeddedServer, type EmbeddedServer, type SpawnKeeper } from './embedded/index.ts'
import type { WorkspaceFolder } from './folder.ts'
import { resourcesFolder } from './places.ts'

export interface PlaceOptions {
  home: string
  environment: NodeJS.ProcessEnv
  /** A sentence worth telling, e.g. that the embedded database recovers. */
  log(text: string): void
  spawnKeeper?: SpawnKeeper | undefined
  /** Who provides databases of the embedded server, where it is not ours to start: tests share one. */
  embedded?: ((database: string) => Promise<Connection>) | undefined
}

export interface WarehousePlace {
  /** Safe to show. */
  label: string
  locate(): Promise<Connection>
}

/** Databases of the server that Quintile brings along. */
export interface EmbeddedDatabases {
  connection(database: string): Promise<Connection>
  close(): Promise<void>
}

/** How to find the warehouse: a server given by the settings, or the embedded one, started at the first use. */
export function locateWarehouse(
  { settings }: WorkspaceFolder,
  { environment, log }: PlaceOptions,
  embedded: EmbeddedDatabases,
): WarehousePlace {
  const { warehouse } = settings
  if (warehouse.engine === 'postgres') {
    const { host, port, user, database, tls, password_env } = warehouse
    const password = password_env === undefined ? undefined : environment[password_env]
    if (password_env !== undefined && password === undefined) {
      log(`The environment variable ${password_env}, which should hold the warehouse’s password, is not set.`)
    }
    const connection: Connection = { host, port, user, database, tls, password }
    return { label: `${host}:${String(port)}/${database}`, locate: () => Promise.resolve(connection) }
  }
  return { label: `embedded/${warehouse.database}`, locate: () => embedded.connection(warehouse.database) }
}

/** The server that Quintile brings along, started at the first use; databases are made when they are first asked for. */
export function openEmbedded({ home, log, spawnKeeper, embedded }: PlaceOptions): EmbeddedDatabases {
  let opened: Promise<EmbeddedServer> | undefined
  const made = new Set<string>()
  if (embedded !== undefined) return { connection: embedded, close: () => Promise.resolve() }
  const connection = async (database: string): Promise<Connection> => {
    opened ??= openEmbeddedServer({ home, log, ...(spawnKeeper === undefined ? {} : { spawnKeeper }) })
    try {
      const found = (await opened).connection(database)
      if (!made.has(database)) await ensureDatabase(found)
      made.add(database)
      return found
    } catch (thrown) {
      // The next use may find the cause mended.
      opened = undefined
      throw thrown
    }
  }
  return { connection, close: async () => (await opened?.catch(() => undefined))?.close() }
}

/** Tables of the engine, in every warehouse or among the records of one that is only read. */
export function engineSet(): MigrationSet {
  return { name: 'engine', folder: join(resourcesFolder(), 'warehouse') }
}

/** Where runs, leases and schedules are written down: in the warehouse, or on this machine where that is only read. */
export function openOwnRecords(
  { settings }: WorkspaceFolder,
  { place, warehouse, embedded }: { place: WarehousePlace; warehouse: Warehouse; embedded: EmbeddedDatabases },
): { kept: Pick<WarehousePlace, 'locate'>; records: Warehouse; readOnly: boolean } {
  if (settings.read_only !== true) return { kept: place, records: warehouse, readOnly: false }
  const database = `quintile_${settings.name.replaceAll('-', '_')}_records`
  const locate = locateRecords(() => embedded.connection(database), engineSet())
  return { kept: { locate }, records: openWarehouse({ label: `embedded/${database}`, locate }), readOnly: true }
}
