/** A PostgreSQL database to read from: read-only transactions, COPY binary out, nothing ever written. */
import type { Readable } from 'node:stream'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { Failure, type FailureKind } from '../../shared/failure.ts'

export interface SourceColumn {
  name: string
  /** PostgreSQL type with its modifier, e.g. `numeric(12,2)`. */
  type: string
}

export interface SourceReader {
  /** Columns and types that a query gives, without running it. */
  describe(sql: string): Promise<SourceColumn[]>
  /** Runs the query and hands its rows over as a COPY binary stream. What `take` itself fails at, it throws as a `Failure`. */
  copyOut(sql: string, take: (rows: Readable) => Promise<void>): Promise<void>
  /** Stops the statement under way, whose call then rejects; harmless when there is none. */
  cancel(): Promise<void>
  close(): Promise<void>
}

export interface SourceConnection {
  host: string
  port: number
  user: string
  password?: string | undefined
  database: string
  /** `require` encrypts; `verify` also checks the certificate. */
  tls?: 'off' | 'require' | 'verify' | undefined
  /** Milliseconds; a source is somebody's live system and must not be held. */
  statementTimeout?: number | undefined
}

const HINT: Record<FailureKind, string> = {
  retry: 'Check that the source database runs and can be reached, then run again.',
  mistake: 'Check user, password, database and grants of this source; it is declared in pack.yaml.',
  stop: 'Correct the job’s SQL, or raise statement_timeout of this source in pack.yaml.',
}

/** By SQLSTATE (PostgreSQL manual, appendix A): refused logins and grants, then SQL that cannot run; the rest is the world's. */
function kindOf(thrown: unknown): FailureKind {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  if (/^(28|3D|42501)/.test(code)) return 'mistake'
  return /^(22|25|42|57014)/.test(code) ? 'stop' : 'retry'
}

function toSourceFailure(thrown: unknown, where: string): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const kind = kindOf(thrown)
  return new Failure({ kind, code: 'source.failed', message: `${where}: ${message}`, hint: HINT[kind], cause: thrown })
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
    copyOut: (sql, take) =>
      guarded(async (lent) => {
        try {
          await take(lent.query(copyTo(`COPY (${sql}) TO STDOUT (FORMAT binary)`)))
        } catch (thrown) {
          // A failure of the taker's own: the source would go on with rows that nobody takes.
          if (thrown instanceof Failure) await cancelBackend(connection, lent).catch(() => undefined)
          throw thrown
        }
      }),
    cancel: async () => {
      const lent = await opened?.catch(() => undefined)
      if (lent !== undefined) await cancelBackend(connection, lent)
    },
    close: async () => {
      const lent = await opened?.catch(() => undefined)
      await lent?.end()
    },
  }
}

/** The same as in the warehouse's sessions, so that text made there and stamps compared there mean the same. */
const SESSION = '-c DateStyle=ISO,YMD -c TimeZone=UTC -c extra_float_digits=1 -c IntervalStyle=iso_8601'

async function connect(connection: SourceConnection): Promise<pg.Client> {
  const { host, port, user, password, database, tls = 'off', statementTimeout = 600_000 } = connection
  const client = new pg.Client({
    ...{ host, port, user, password, database },
    ssl: tls === 'off' ? false : { rejectUnauthorized: tls === 'verify' },
    options: SESSION,
    application_name: 'quintile source',
    statement_timeout: statementTimeout,
    connectionTimeoutMillis: 10_000,
  })
  // Without a listener a cut connection would be an uncaught error; the pending query rejects with the same error.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function openSnapshot(connection: SourceConnection): Promise<pg.Client> {
  const client = await connect(connection)
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    return client
  } catch (thrown) {
    await client.end()
    throw thrown
  }
}

/** By a connection of its own: the one that is to be cancelled is busy. */
async function cancelBackend(connection: SourceConnection, busy: pg.Client): Promise<void> {
  const client = await connect(connection)
  try {
    await client.query('SELECT pg_cancel_backend($1)', [(busy as unknown as { processID: number }).processID])
  } finally {
    await client.end()
  }
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
