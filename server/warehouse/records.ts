/**
 * Where the records of a workspace are when its warehouse may only be read: runs, leases, schedules and notifications then
 * have a database of their own on this machine, with the engine's tables and nothing else.
 */
import type { Connection } from './connection.ts'
import type { MigrationSet } from './migrations/index.ts'
import { upgrade } from './migrations/upgrade.ts'

/** The place with its tables: they are made, or brought up to date, when it is first asked for. */
export function locateRecords(locate: () => Promise<Connection>, set: MigrationSet): () => Promise<Connection> {
  let upgraded: Promise<unknown> | undefined
  return async () => {
    const connection = await locate()
    upgraded ??= upgrade(connection, set)
    try {
      await upgraded
    } catch (thrown) {
      // The next use may find the cause mended.
      upgraded = undefined
      throw thrown
    }
    return connection
  }
}
