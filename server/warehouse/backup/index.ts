/**
 * Backup and restore of the whole database with PostgreSQL’s own pg_dump and pg_restore, in their custom format. Written
 * under another name and renamed when it is whole; restored in one transaction.
 */
import { access, open, rename, rm, stat } from 'node:fs/promises'
import { mistake } from '../../../shared/failure.ts'
import { labelOf, type Connection } from '../connection.ts'
import { withMigrationLock } from '../migrations/lock.ts'
import type { Actor } from '../migrations/index.ts'
import { withClient, type Session } from '../session.ts'
import { runTool } from './child.ts'
import { listArchive, migrationsIn } from './archive.ts'
import { findTool, type Tool } from './tools.ts'

export interface BackupNeeds {
  locate(): Promise<Connection>
  actor: Actor
  /** Folders to look for the programs in, as in PATH. */
  path: string | undefined
  /** The record tables of our sets, as `migrations_engine`. */
  recordTables: readonly string[]
}

export interface BackupOptions {
  signal?: AbortSignal | undefined
  say(text: string): void
}

export interface BackupReport {
  file: string
  bytes: number
  /** Tables whose rows are in it. */
  tables: number
  program: string
  version: string
}

/** Writes a backup. Errors: `warehouse.file-exists`, `warehouse.no-tools`, `warehouse.tool-failed`; no file is left behind then. */
export async function backUp(needs: BackupNeeds, file: string, options: BackupOptions & { force: boolean }): Promise<BackupReport> {
  const { force, signal, say } = options
  if (!force) await refuseExisting(file)
  const connection = await needs.locate()
  const server = { major: await majorOf(connection), path: needs.path }
  const dump = await findTool('pg_dump', server)
  const restore = await findTool('pg_restore', server)
  const unfinished = `${file}.unfinished-${String(process.pid)}`
  say(`Backing up ${labelOf(connection)} with ${dump.path} (${dump.version})`)
  try {
    // Made before pg_dump writes into it: nobody else shall read the customers’ data.
    await (await open(unfinished, 'wx', 0o600)).close()
    const args = ['--format=custom', '--verbose', `--file=${unfinished}`]
    await runTool({ tool: dump, connection, args, signal, onLine: (line) => sayProgress(line, say) })
    // Reads the table of contents back: a file that cannot be listed cannot be restored.
    const tables = (await listArchive(restore, unfinished)).filter((entry) => entry.kind === 'TABLE DATA').length
    await syncFile(unfinished)
    if (!force) await refuseExisting(file)
    await rename(unfinished, file)
    return { file, bytes: (await stat(file)).size, tables, program: dump.path, version: dump.version }
  } finally {
    await rm(unfinished, { force: true })
  }
}

async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (exists) throw mistake('warehouse.file-exists', `${file} exists already`, 'Choose another name, or overwrite it with --force.')
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  await handle.sync().finally(() => handle.close())
}

/** pg_dump tells each table before its rows, pg_restore likewise; the rest of their talk is not for people. */
function sayProgress(line: string, say: (text: string) => void): void {
  const table = /(?:dumping contents of|processing data for) table "([^"]+)"/.exec(line)?.[1]
  if (table !== undefined) say(`  ${table}`)
}

async function majorOf(connection: Connection): Promise<number> {
  return withClient(connection, 'quintile backup', async (session) => {
    const { rows } = await session.query<{ number: number }>(`SELECT current_setting('server_version_num')::int AS number`)
    return Math.floor((rows[0]?.number ?? 0) / 10_000)
  })
}

export interface RestoreReport {
  file: string
  tables: number
  program: string
  version: string
}

/**
 * Restores a backup, all of it or nothing. Errors: `warehouse.not-empty` (without `clean`), `warehouse.busy` (a run is under
 * way), `warehouse.backup-older` (the warehouse has migrations that the backup lacks), `warehouse.no-backup`,
 * `warehouse.no-tools`, `warehouse.tool-failed`.
 */
export async function restore(needs: BackupNeeds, file: string, options: BackupOptions & { clean: boolean }): Promise<RestoreReport> {
  const { clean, signal, say } = options
  await access(file).catch(() => {
    throw mistake('warehouse.no-backup', `There is no file ${file}`)
  })
  const connection = await needs.locate()
  const tool = await findTool('pg_restore', { major: await majorOf(connection), path: needs.path })
  const tables = (await listArchive(tool, file)).filter((entry) => entry.kind === 'TABLE DATA').length
  return withMigrationLock({ connection, actor: needs.actor, wait: 30_000, say }, async () => {
    await withClient(connection, 'quintile backup', (session) => refuseRestore(session, { needs, file, tool, clean }))
    say(`Restoring ${file} into ${labelOf(connection)} with ${tool.path} (${tool.version})`)
    const args = [
      '--single-transaction',
      '--exit-on-error',
      '--no-owner',
      '--no-privileges',
      '--verbose',
      ...(clean ? ['--clean', '--if-exists'] : []),
      file,
    ]
    await runTool({ tool, connection, args, signal, onLine: (line) => sayProgress(line, say) })
    return { file, tables, program: tool.path, version: tool.version }
  })
}

interface RestorePlan {
  needs: BackupNeeds
  file: string
  tool: Tool
  clean: boolean
}

const OBJECTS = `
  SELECT count(*)::int AS count FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

/** Two-key advisory locks with our first key: leases of running jobs. */
const LEASES = `
  SELECT count(*)::int AS count FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 2 AND classid = ${String(0x51_55_49_4e)}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

async function refuseRestore(session: Session, { needs, file, tool, clean }: RestorePlan): Promise<void> {
  const count = async (sql: string): Promise<number> => (await session.query<{ count: number }>(sql)).rows[0]?.count ?? 0
  const objects = await count(OBJECTS)
  if (objects > 0 && !clean) {
    throw mistake(
      'warehouse.not-empty',
      `The database is not empty: it has ${String(objects)} tables and views`,
      'Restore into an empty database, or replace what is there: --clean --yes',
    )
  }
  if ((await count(LEASES)) > 0)
    throw mistake('warehouse.busy', 'A run is under way in this warehouse', 'Wait until it has ended; “quintile runs list” shows it.')
  const beyond = await migrationsBeyond(session, { needs, file, tool })
  if (beyond.length === 0) return
  throw mistake('warehouse.backup-older', `The warehouse has migrations that the backup lacks: ${beyond.join(', ')}`, {
    hint: 'Their tables would be left over. Take them back first: quintile warehouse downgrade',
    details: { migrations: beyond },
  })
}

/** Applied here and unknown to the backup: what they made would survive the restore and stand in the way of the next upgrade. */
async function migrationsBeyond(session: Session, { needs, file, tool }: Omit<RestorePlan, 'clean'>): Promise<string[]> {
  const beyond: string[] = []
  for (const table of needs.recordTables) {
    const { rows: there } = await session.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [`quintile.${table}`])
    if (there[0]?.found !== true) continue
    const { rows } = await session.query<{ name: string }>(`SELECT name FROM quintile.${table} ORDER BY id`)
    const inBackup = await migrationsIn(tool, file, table)
    beyond.push(...rows.map((row) => row.name).filter((name) => !inBackup.includes(name)))
  }
  return beyond
}
