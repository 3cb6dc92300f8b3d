import { openClient, type Connection } from './connection.ts'
import { quoteIdentifier } from './identifiers.ts'
import { toWarehouseFailure } from './sqlstate.ts'

const DUPLICATE_DATABASE = '42P04'

/** Creates the connection's database if it is missing. Needs CREATEDB; used for the embedded server only. */
export async function ensureDatabase(connection: Connection): Promise<void> {
  const client = await openClient({ ...connection, database: 'postgres' }, 'quintile setup')
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [connection.database])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${quoteIdentifier(connection.database)}`)
  } catch (thrown) {
    // Another process may have created it between the look and the act.
    if (thrown instanceof Error && 'code' in thrown && thrown.code === DUPLICATE_DATABASE) return
    throw toWarehouseFailure(thrown)
  } finally {
    await client.end()
  }
}

/** Removes the connection's database with its idle replication slots, if it is there. Errors: one that is used for replication now. */
export async function dropDatabase(connection: Connection): Promise<void> {
  const client = await openClient({ ...connection, database: 'postgres' }, 'quintile setup')
  try {
    await client.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1 AND NOT active', [
      connection.database,
    ])
    await client.query(`DROP DATABASE IF EXISTS ${quoteIdentifier(connection.database)} WITH (FORCE)`)
  } catch (thrown) {
    throw toWarehouseFailure(thrown)
  } finally {
    await client.end()
  }
}
