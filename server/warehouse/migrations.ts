/**
 * Migrations: numbered `NNNN_name.up.sql` / `NNNN_name.down.sql`, carried out by node-pg-migrate under its advisory lock,
 * each in one transaction, recorded in a table of their own set (`quintile.migrations` for the engine, one per pack).
 */
import { readdir } from 'node:fs/promises'
import type { RunnerOption } from 'node-pg-migrate'
import { mistake } from '../../shared/failure.ts'
import { openClient, type Connection } from './connection.ts'
import { toWarehouseFailure } from './sqlstate.ts'

export interface MigrationSet {
  /** `engine` or the pack's name; names its record table `quintile.migrations_<name>`. */
  name: string
  folder: string
}

export interface MigrationState {
  set: string
  applied: string[]
  pending: string[]
}

const SCHEMA = 'quintile'
const FILE = /^(\d{4}_[a-z0-9_]+)\.up\.sql$/

function recordTable(set: MigrationSet): string {
  return `migrations_${set.name.replaceAll('-', '_')}`
}

async function namesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder)
  return files.flatMap((file) => FILE.exec(file)?.[1] ?? []).sort()
}

/** What is applied and what is pending, without changing anything. */
export async function migrationState(connection: Connection, set: MigrationSet): Promise<MigrationState> {
  const client = await openClient(connection, 'quintile migrate')
  try {
    const table = `${SCHEMA}.${recordTable(set)}`
    const known = await client.query<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [table])
    const applied =
      known.rows[0]?.found == null
        ? []
        : (await client.query<{ name: string }>(`SELECT name FROM ${table} ORDER BY id`)).rows.map((row) => row.name)
    const pending = (await namesIn(set.folder)).filter((name) => !applied.includes(name))
    return { set: set.name, applied, pending }
  } catch (thrown) {
    throw toWarehouseFailure(thrown)
  } finally {
    await client.end()
  }
}

/**
 * Applies every pending migration of the set; returns their names, none when the warehouse is current.
 * Errors: `warehouse.migration-failed` with the file's name; that file's transaction is rolled back, earlier ones stay.
 */
export async function upgrade(connection: Connection, set: MigrationSet): Promise<string[]> {
  // One cheap look first: node-pg-migrate loads and compares every file, which costs a start about 60 ms.
  const before = await migrationState(connection, set)
  if (before.pending.length === 0) return []
  // Loaded when there is something to apply: it brings 1 MB that no other command needs.
  const { runner } = await import('node-pg-migrate')
  const client = await openClient(connection, 'quintile migrate')
  try {
    const done = await runner(runnerOptions(client, set))
    return done.map((migration) => migration.name)
  } catch (thrown) {
    const failure = toWarehouseFailure(thrown)
    const message = failure instanceof Error ? failure.message : String(failure)
    throw mistake(
      'warehouse.migration-failed',
      `A migration of “${set.name}” did not apply: ${message}`,
      'The warehouse is as it was before that file. Correct the file, then run “quintile warehouse upgrade”.',
    )
  } finally {
    await client.end()
  }
}

function runnerOptions(client: Awaited<ReturnType<typeof openClient>>, set: MigrationSet): RunnerOption {
  return {
    dbClient: client,
    dir: set.folder,
    direction: 'up',
    migrationsSchema: SCHEMA,
    createMigrationsSchema: true,
    migrationsTable: recordTable(set),
    singleTransaction: false,
    checkOrder: true,
    // Pairs NNNN_name.up.sql with NNNN_name.down.sql as one migration.
    migrationLoaderStrategies: [{ extensions: ['.sql'], loader: 'sql' }],
    log: () => undefined,
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  }
}
