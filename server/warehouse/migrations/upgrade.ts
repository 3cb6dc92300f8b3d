import { hostname, userInfo } from 'node:os'
import type { Connection } from '../connection.ts'
import { openMigrations, type MigrationSet } from './index.ts'

/** Applies every pending migration of one set alone, as for a benchmark; returns their names. Errors: as `Migrations.move`. */
export async function upgrade(connection: Connection, set: MigrationSet): Promise<string[]> {
  const actor = { machine: hostname(), user: userInfo().username, pid: process.pid, codeVersion: 'unknown' }
  const migrations = openMigrations({ locate: () => Promise.resolve(connection), sets: [set], actor })
  return (await migrations.move({ verb: 'upgrade' })).map((step) => step.migration)
}
