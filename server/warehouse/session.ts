/** One connection lent to a room: typed queries, COPY in and out, and its backend's id for cancelling. */
import type { Readable, Writable } from 'node:stream'
import type pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { openClient, type Connection } from './connection.ts'
import { toWarehouseFailure } from './sqlstate.ts'

export type SqlValue = string | number | boolean | null | Date | readonly (string | number | null)[]

export interface Answer<R> {
  rows: R[]
  /** Rows that the statement touched. */
  count: number
}

export interface Session {
  /** One statement with parameters. `R` is what the caller's own SQL selects. */
  query<R = Record<string, unknown>>(sql: string, values?: readonly SqlValue[]): Promise<Answer<R>>
  /** Several statements without parameters, as in a migration file. */
  script(sql: string): Promise<void>
  /** Writable end of `COPY … FROM STDIN`. */
  copyIn(sql: string): Writable & { rowCount: number }
  /** Readable end of `COPY … TO STDOUT`. */
  copyOut(sql: string): Readable
  /** PostgreSQL's process id, for `pg_cancel_backend`. */
  readonly backend: number
}

/** Lends a pg client as a session; errors come out as failures. */
export function toSession(client: pg.ClientBase): Session {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (thrown) {
      throw toWarehouseFailure(thrown)
    }
  }
  return {
    query: <R>(sql: string, values: readonly SqlValue[] = []) =>
      guarded(async () => {
        const result = await client.query(sql, values as unknown[])
        return { rows: result.rows as R[], count: result.rowCount ?? 0 }
      }),
    script: (sql) => guarded(async () => void (await client.query(sql))),
    copyIn: (sql) => client.query(copyFrom(sql)),
    copyOut: (sql) => client.query(copyTo(sql)),
    backend: (client as unknown as { processID: number | null }).processID ?? 0,
  }
}

/** Lends a connection of its own, beside the pool. */
export async function withClient<T>(connection: Connection, name: string, work: (session: Session) => Promise<T>): Promise<T> {
  const client = await openClient(connection, name)
  try {
    return await work(toSession(client))
  } finally {
    await client.end()
  }
}
