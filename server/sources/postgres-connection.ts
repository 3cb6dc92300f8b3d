/** Connections to a PostgreSQL source: always our session settings, never an uncaught error, and failures by their kind. */
import pg from 'pg'
import { Failure, type FailureKind } from '../../shared/failure.ts'

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

/** `host:port/database`, safe to show. */
export function placeOf({ host, port, database }: SourceConnection): string {
  return `${host}:${String(port)}/${database}`
}

const HINT: Record<FailureKind, string> = {
  retry: 'Check that the source database runs and can be reached, then run again.',
  mistake: 'Check user, password, database and grants of this source; it is declared in pack.yaml.',
  stop: 'Correct the job’s SQL, or raise statement_timeout of this source in pack.yaml.',
}

/** The SQLSTATE of a PostgreSQL error (manual, appendix A), or an empty text. */
export function sqlState(thrown: unknown): string {
  return thrown instanceof pg.DatabaseError ? (thrown.code ?? '') : ''
}

/** Refused logins and grants, then SQL that cannot run; the rest is the world's. */
function kindOf(thrown: unknown): FailureKind {
  const code = sqlState(thrown)
  if (/^(28|3D|42501)/.test(code)) return 'mistake'
  return /^(22|25|42|57014)/.test(code) ? 'stop' : 'retry'
}

/** The failure `source.failed` of whatever a connection threw; a failure stays as it is. */
export function toSourceFailure(thrown: unknown, where: string): Failure {
  if (thrown instanceof Failure) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const kind = kindOf(thrown)
  return new Failure({ kind, code: 'source.failed', message: `${where}: ${message}`, hint: HINT[kind], cause: thrown })
}

/** The same as in the warehouse's sessions, so that text made there and stamps compared there mean the same. */
const SESSION = '-c DateStyle=ISO,YMD -c TimeZone=UTC -c extra_float_digits=1 -c IntervalStyle=iso_8601 -c bytea_output=hex'

/**
 * Opens a connection, within 10 s or not at all. `replication` opens one that also understands the replication commands;
 * `lock_timeout` is in milliseconds.
 */
export async function connect(
  connection: SourceConnection,
  options: { replication?: 'database'; lock_timeout?: number } = {},
): Promise<pg.Client> {
  const { host, port, user, password, database, tls = 'off', statementTimeout = 600_000 } = connection
  const config = {
    ...{ host, port, user, password, database },
    ssl: tls === 'off' ? false : { rejectUnauthorized: tls === 'verify' },
    options: SESSION,
    application_name: 'quintile source',
    statement_timeout: statementTimeout,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    ...options,
  }
  const client = new pg.Client(config)
  // Without a listener a cut connection would be an uncaught error; the pending query rejects with the same error.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** How long a backend may take to notice that it is to stop: 50 looks of 20 ms. */
const LOOKS = 50

/** Stops the statement under way and waits until it has ended. By a connection of its own: the one that is to be cancelled is busy. */
export async function cancelBackend(connection: SourceConnection, busy: pg.Client): Promise<void> {
  const backend = [(busy as unknown as { processID: number }).processID]
  const client = await connect(connection)
  try {
    await client.query('SELECT pg_cancel_backend($1)', backend)
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const { rowCount } = await client.query(`SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active'`, backend)
      if (rowCount === 0) return
      await client.query('SELECT pg_sleep(0.02)')
    }
  } finally {
    await client.end()
  }
}

/** A source is never written to, and all statements of one transaction see the same moment. */
export async function beginReading(client: pg.Client): Promise<void> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
}

/** Opens a connection and prepares it; when that fails, it is closed again. */
export async function connectWith(connection: SourceConnection, prepare: (client: pg.Client) => Promise<void>): Promise<pg.Client> {
  const client = await connect(connection)
  try {
    await prepare(client)
    return client
  } catch (thrown) {
    await client.end()
    throw thrown
  }
}
