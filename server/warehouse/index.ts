/**
 * The warehouse: a pool of connections to one PostgreSQL database, and everything that is true of any of them. It connects
 * lazily: opening never fails because the database is away; the first use does.
 */
import pg from 'pg'
import { ClosingClient, clientConfig, labelOf, openClient, type Connection } from './connection.ts'
import { toSession, type Answer, type Session, type SqlValue } from './session.ts'
import { toWarehouseFailure } from './sqlstate.ts'

export type { Connection } from './connection.ts'
export type { Answer, Session, SqlValue } from './session.ts'
export { quoteIdentifier, quoteList, quoteLiteral, quoteQualified } from './identifiers.ts'
export { toWarehouseFailure } from './sqlstate.ts'
export { holdLeases, type Lease, type LeaseHolder, type TakenOver } from './leases.ts'
export { upgrade } from './migrations/upgrade.ts'
export { openSchema, readOnlyRefusal, type Schema, type SchemaNeeds } from './schema.ts'
export {
  newerFailure,
  readOnlyReason,
  type HistoryEntry,
  type MigrationRequest,
  type MigrationSet,
  type MigrationState,
  type Step,
} from './migrations/index.ts'
export type { Drift, DriftReport } from './catalogue/index.ts'
export type { Diagnosis } from './doctor/index.ts'
export { dropDatabase, ensureDatabase } from './database.ts'
export { locateRecords } from './records.ts'
export { rehearse } from './rehearsal.ts'
export { watchChannel } from './notifications.ts'

export interface Warehouse {
  /** `host:port/database`, safe to show. */
  readonly label: string
  /** Where it is now; for connections beside the pool (leases, notifications, migrations). */
  connection(): Promise<Connection>
  query<R = Record<string, unknown>>(sql: string, values?: readonly SqlValue[]): Promise<Answer<R>>
  /** Lends one connection outside a transaction. */
  withSession<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** Commits when `work` resolves, rolls back when it rejects. */
  withTransaction<T>(work: (session: Session) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Stops the statement that a backend runs; harmless when it has ended. */
  cancelBackend(backend: number): Promise<void>
  close(): Promise<void>
}

export interface TransactionOptions {
  readOnly?: boolean
  /** Milliseconds per statement; none by default. */
  statementTimeout?: number
}

export interface WarehouseNeeds {
  label: string
  /** Asked at the first use and again when it may have moved: an embedded server starts then, and takes another port at each start. */
  locate(): Promise<Connection>
  /** Most connections at once; a run uses one per thread and one for its log. */
  maxConnections?: number
}

/** Opens the warehouse. Errors: none here; each call rejects with a `Failure` of area `warehouse`. */
export function openWarehouse({ label, locate, maxConnections = 8 }: WarehouseNeeds): Warehouse {
  const pools = openPools(locate, maxConnections)

  const withSession = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const client = await pools.lend()
    let broken = false
    const onError = (): void => void (broken = true)
    client.on('error', onError)
    try {
      return await work(toSession(client))
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  return {
    label,
    connection: locate,
    withSession,
    query: (sql, values) => withSession((session) => session.query(sql, values)),
    withTransaction: (work, options) => withSession((session) => inTransaction(session, work, options)),
    cancelBackend: async (backend) => {
      // A connection of its own: the pool may be used up by the very statements that are to be cancelled.
      const client = await openClient(await locate(), 'quintile cancel')
      try {
        await client.query('SELECT pg_cancel_backend($1)', [backend])
      } finally {
        await client.end()
      }
    },
    close: () => pools.close(),
  }
}

/** The pool of the place where the warehouse is now; when it has moved, the old one drains away and a new one is made. */
function openPools(locate: () => Promise<Connection>, max: number): { lend(): Promise<pg.PoolClient>; close(): Promise<void> } {
  let current: { at: string; pool: pg.Pool } | undefined
  const poolAt = (connection: Connection): pg.Pool => {
    const at = `${connection.user}@${labelOf(connection)}`
    if (current?.at !== at) {
      void current?.pool.end()
      const pool = new pg.Pool({ ...clientConfig(connection, 'quintile'), max, idleTimeoutMillis: 30_000, Client: ClosingClient })
      // An idle connection that the server cuts is not an error of anybody's call; the pool drops it and opens another.
      pool.on('error', () => undefined)
      current = { at, pool }
    }
    return current.pool
  }
  return {
    lend: async () => {
      try {
        return await poolAt(await locate()).connect()
      } catch (thrown) {
        throw toWarehouseFailure(thrown)
      }
    },
    close: async () => current?.pool.end(),
  }
}

async function inTransaction<T>(session: Session, work: (session: Session) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
  await session.query(options.readOnly === true ? 'BEGIN READ ONLY' : 'BEGIN')
  try {
    if (options.statementTimeout !== undefined) {
      await session.query(`SET LOCAL statement_timeout = ${String(Math.trunc(options.statementTimeout))}`)
    }
    const result = await work(session)
    await session.query('COMMIT')
    return result
  } catch (thrown) {
    // If the connection is gone the server has already rolled back; the first error is the one to tell.
    await session.query('ROLLBACK').catch(() => undefined)
    throw thrown
  }
}
