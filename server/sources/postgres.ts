/** A PostgreSQL database to read from: read-only transactions, COPY binary out, nothing ever written. */
import type { Readable } from 'node:stream'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { Failure } from '../../shared/failure.ts'

export interface SourceColumn {
  name: string
  /** PostgreSQL type with its modifier, e.g. `numeric(12,2)`. */
  type: string
}

export interface SourceReader {
  /** Columns and types that a query gives, without running it. */
  describe(sql: string): Promise<SourceColumn[]>
  /** Runs the query and hands its rows over as a COPY binary stream. */
  copyOut(sql: string, take: (rows: Readable) => Promise<void>): Promise<void>
  close(): Promise<void>
}

export interface SourceConnection {
  host: string
  port: number
  user: string
  password?: string | undefined
  database: string
  /** Milliseconds; a source is somebody's live system and must not be held. */
  statementTimeout?: number
}

function toSourceFailure(thrown: unknown, where: string): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new Failure({ kind: 'retry', code: 'source.failed', message: `${where}: ${message}`, hint: 'Check that the source database runs and that its login may read.', cause: thrown })
}

/** Connects on first use and keeps one read-only snapshot until `close`, so that all tables show the same moment. */
export function openPostgresSource(connection: SourceConnection): SourceReader {
  const where = `${connection.host}:${String(connection.port)}/${connection.database}`
  let opened: Promise<pg.Client> | undefined
  const client = (): Promise<pg.Client> => (opened ??= openSnapshot(connection))
  const guarded = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    try {
      return await work(await client())
    } catch (thrown) {
      throw thrown instanceof Failure ? thrown : toSourceFailure(thrown, where)
    }
  }
  return {
    describe: (sql) => guarded((lent) => describeColumns(lent, sql)),
    copyOut: (sql, take) => guarded((lent) => take(lent.query(copyTo(`COPY (${sql}) TO STDOUT (FORMAT binary)`)))),
    close: async () => {
      const lent = await opened?.catch(() => undefined)
      await lent?.end()
    },
  }
}

async function openSnapshot({ statementTimeout = 600_000, ...connection }: SourceConnection): Promise<pg.Client> {
  const client = new pg.Client({ ...connection, application_name: 'quintile source', statement_timeout: statementTimeout, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
  return client
}

async function describeColumns(client: pg.Client, sql: string): Promise<SourceColumn[]> {
  // LIMIT 0 plans and describes without reading; the modifier keeps numeric(12,2) from becoming numeric.
  const { fields } = await client.query(`SELECT * FROM (${sql}) AS described LIMIT 0`)
  const { rows } = await client.query<{ type: string }>(
    'SELECT format_type(oid, modifier) AS type FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY AS t(oid, modifier, position) ORDER BY position',
    [fields.map((field) => field.dataTypeID), fields.map((field) => field.dataTypeModifier)],
  )
  return fields.map((field, index) => ({ name: field.name, type: rows[index]?.type ?? 'text' }))
}
