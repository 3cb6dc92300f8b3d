/** What a PostgreSQL error means for the person and for the retry rule. Codes: PostgreSQL manual, appendix A. */
import { Failure, type FailureKind } from '../../shared/failure.ts'

interface Meaning {
  kind: FailureKind
  code: string
  hint: string
}

/** Failures before and outside SQL: what Node's sockets say. */
const SOCKET: Record<string, Meaning> = {
  ECONNREFUSED: { kind: 'retry', code: 'warehouse.unreachable', hint: 'Start the database, or check host and port of the workspace.' },
  ECONNRESET: { kind: 'retry', code: 'warehouse.connection-lost', hint: 'The connection was cut; run again.' },
  EPIPE: { kind: 'retry', code: 'warehouse.connection-lost', hint: 'The connection was cut; run again.' },
  ETIMEDOUT: { kind: 'retry', code: 'warehouse.unreachable', hint: 'The host does not answer; check the network or VPN.' },
  ENOTFOUND: { kind: 'retry', code: 'warehouse.unreachable', hint: 'The host name is unknown; check its spelling and the network.' },
  EHOSTUNREACH: { kind: 'retry', code: 'warehouse.unreachable', hint: 'There is no way to the host; check the network or VPN.' },
}

const EXACT: Record<string, Meaning> = {
  '40001': { kind: 'retry', code: 'warehouse.serialization', hint: 'Two writers met; run again.' },
  '40P01': { kind: 'retry', code: 'warehouse.deadlock', hint: 'Two writers waited for each other; run again.' },
  '55P03': { kind: 'retry', code: 'warehouse.lock-timeout', hint: 'Somebody holds the table; run again later.' },
  '57014': { kind: 'stop', code: 'warehouse.cancelled', hint: 'The statement was cancelled or ran into its time limit.' },
  '57P01': { kind: 'retry', code: 'warehouse.shut-down', hint: 'The database was stopped; start it and run again.' },
  '57P02': { kind: 'retry', code: 'warehouse.crashed', hint: 'The database crashed and recovers; run again in a moment.' },
  '57P03': { kind: 'retry', code: 'warehouse.starting', hint: 'The database is starting; run again in a moment.' },
  '53100': {
    kind: 'mistake',
    code: 'warehouse.disk-full',
    hint: 'The database’s disk is full: free space there, then run again. Nothing was changed.',
  },
  '53200': { kind: 'retry', code: 'warehouse.out-of-memory', hint: 'The database had no memory left; run again with fewer threads.' },
  '53300': {
    kind: 'retry',
    code: 'warehouse.too-many-connections',
    hint: 'All connections are taken; close other programs or raise max_connections.',
  },
  '28P01': { kind: 'mistake', code: 'warehouse.login-refused', hint: 'Check user and password of the workspace’s warehouse.' },
  '28000': { kind: 'mistake', code: 'warehouse.login-refused', hint: 'Check user, database and pg_hba.conf of the warehouse.' },
  '3D000': {
    kind: 'mistake',
    code: 'warehouse.no-database',
    hint: 'The database does not exist: create it, or correct its name in the workspace.',
  },
  '42501': { kind: 'mistake', code: 'warehouse.no-privilege', hint: 'The login lacks a grant; ask the database administrator for it.' },
  '42P01': {
    kind: 'mistake',
    code: 'warehouse.no-table',
    hint: 'The table is missing: run “quintile warehouse upgrade”, or correct the SQL.',
  },
  '42703': {
    kind: 'mistake',
    code: 'warehouse.no-column',
    hint: 'The column is missing: run “quintile warehouse upgrade”, or correct the SQL.',
  },
  '25006': { kind: 'mistake', code: 'warehouse.read-only', hint: 'This statement runs in a read-only transaction and may not write.' },
}

const BY_CLASS: Record<string, Meaning> = {
  '08': { kind: 'retry', code: 'warehouse.connection-lost', hint: 'The connection was cut; run again.' },
  '22': {
    kind: 'stop',
    code: 'warehouse.bad-value',
    hint: 'A value cannot be computed or does not fit its column; correct the job’s SQL or the source.',
  },
  '23': {
    kind: 'stop',
    code: 'warehouse.constraint',
    hint: 'A row breaks a rule of its table; the details name the rule and, where PostgreSQL tells it, the key.',
  },
  '42': {
    kind: 'stop',
    code: 'warehouse.bad-sql',
    hint: 'The SQL of this job, report or check does not run; the message names the place.',
  },
  '53': { kind: 'retry', code: 'warehouse.no-resources', hint: 'The database is short of a resource; run again later.' },
  '57': { kind: 'retry', code: 'warehouse.interrupted', hint: 'The database was interrupted; run again.' },
}

interface PostgresError extends Error {
  code?: string
  detail?: string
  where?: string
  table?: string
  column?: string
  constraint?: string
}

/** pg reports a vanished server without a code; these are its sentences. */
const LOST = /terminated unexpectedly|Connection terminated|Client was closed|connection timeout|timeout exceeded when trying to connect/i

function meaningOf(error: PostgresError): Meaning | undefined {
  const code = error.code ?? ''
  const found = SOCKET[code] ?? EXACT[code] ?? (code.length === 5 ? BY_CLASS[code.slice(0, 2)] : undefined)
  if (found !== undefined) return found
  return LOST.test(error.message)
    ? { kind: 'retry', code: 'warehouse.connection-lost', hint: 'The connection was cut; run again.' }
    : undefined
}

function firstCause(error: PostgresError): PostgresError {
  return error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
}

/** Turns what `pg` throws into a `Failure`; leaves failures and foreign errors as they are. */
export function toWarehouseFailure(thrown: unknown): unknown {
  if (thrown instanceof Failure || !(thrown instanceof Error)) return thrown
  const error = firstCause(thrown)
  const meaning = meaningOf(error)
  if (meaning === undefined) return thrown
  const details: Record<string, string> = {}
  if (error.code !== undefined) details['sqlstate'] = error.code
  for (const key of ['detail', 'where', 'table', 'column', 'constraint'] as const) {
    const value = error[key]
    if (typeof value === 'string') details[key] = value
  }
  return new Failure({ ...meaning, message: error.message, details, cause: thrown })
}
