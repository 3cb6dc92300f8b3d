/** What a PostgreSQL error means for the person and for the retry rule. Codes: PostgreSQL manual, appendix A. */
import { Failure, type FailureKind } from '../../shared/failure.ts'

interface Meaning {
  kind: FailureKind
  code: string
  hint: string
}

const TLS: Meaning = {
  kind: 'mistake',
  code: 'warehouse.tls',
  hint: 'The server’s certificate is not trusted here or does not bear its name: “quintile warehouse doctor” says more.',
}

/** Failures before and outside SQL: what Node's sockets say. */
const SOCKET: Record<string, Meaning> = {
  ECONNREFUSED: { kind: 'retry', code: 'warehouse.unreachable', hint: 'Start the database, or check host and port of the workspace.' },
  ECONNRESET: { kind: 'retry', code: 'warehouse.connection-lost', hint: 'The connection was cut; run again.' },
  EPIPE: { kind: 'retry', code: 'warehouse.connection-lost', hint: 'The connection was cut; run again.' },
  ETIMEDOUT: { kind: 'retry', code: 'warehouse.unreachable', hint: 'The host does not answer; check the network or VPN.' },
  ENOTFOUND: { kind: 'retry', code: 'warehouse.unreachable', hint: 'The host name is unknown; check its spelling and the network.' },
  EAI_AGAIN: { kind: 'retry', code: 'warehouse.unreachable', hint: 'The host name cannot be looked up; check the network.' },
  ENETUNREACH: { kind: 'retry', code: 'warehouse.unreachable', hint: 'There is no network; check it or the VPN.' },
  ENETDOWN: { kind: 'retry', code: 'warehouse.unreachable', hint: 'There is no network; check it or the VPN.' },
  EHOSTDOWN: { kind: 'retry', code: 'warehouse.unreachable', hint: 'The host is down; check it, the network or the VPN.' },
  ECONNABORTED: { kind: 'retry', code: 'warehouse.connection-lost', hint: 'The connection was cut; run again.' },
  DEPTH_ZERO_SELF_SIGNED_CERT: TLS,
  SELF_SIGNED_CERT_IN_CHAIN: TLS,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TLS,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TLS,
  CERT_HAS_EXPIRED: TLS,
  ERR_TLS_CERT_ALTNAME_INVALID: TLS,
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
  '25P03': {
    kind: 'retry',
    code: 'warehouse.connection-lost',
    hint: 'The server ended a transaction that was idle for too long; run again.',
  },
  '2BP01': {
    kind: 'mistake',
    code: 'warehouse.in-use',
    hint: 'Other objects stand on it; the details name them. Remove them first.',
  },
  '3F000': { kind: 'mistake', code: 'warehouse.no-schema', hint: 'The schema is missing: run “quintile warehouse upgrade”.' },
  '42P07': {
    kind: 'mistake',
    code: 'warehouse.exists',
    hint: 'It is there already. To adopt tables that exist: quintile warehouse stamp.',
  },
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
  '21': {
    kind: 'stop',
    code: 'warehouse.bad-value',
    hint: 'More than one row came where one may; correct the job’s SQL or the source.',
  },
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
  '40': { kind: 'retry', code: 'warehouse.serialization', hint: 'Two writers met; run again.' },
  '53': { kind: 'retry', code: 'warehouse.no-resources', hint: 'The database is short of a resource; run again later.' },
  '54': { kind: 'stop', code: 'warehouse.too-large', hint: 'The statement or a row goes beyond a limit of PostgreSQL.' },
  '55': { kind: 'retry', code: 'warehouse.not-ready', hint: 'The object is in use or not in the right state; run again later.' },
  '57': { kind: 'retry', code: 'warehouse.interrupted', hint: 'The database was interrupted; run again.' },
}

/** Codes that we say nothing special of, such as those that a function raises. */
const OTHER: Meaning = { kind: 'stop', code: 'warehouse.failed', hint: 'PostgreSQL refused the statement; the message says why.' }

interface PostgresError extends Error {
  code?: string
  detail?: string
  where?: string
  table?: string
  column?: string
  constraint?: string
}

/** pg reports a vanished server without a code; these are its sentences. */
const SENTENCES: readonly { says: RegExp; means: Meaning }[] = [
  {
    says: /terminated unexpectedly|Connection terminated|Client was closed|Client has encountered a connection error|not queryable/i,
    means: { kind: 'retry', code: 'warehouse.connection-lost', hint: 'The connection was cut; run again.' },
  },
  {
    says: /connection timeout|timeout expired|timeout exceeded when trying to connect/i,
    means: { kind: 'retry', code: 'warehouse.unreachable', hint: 'The host does not answer in time; check the network or VPN.' },
  },
  {
    says: /password must be a (non-empty )?string/i,
    means: {
      kind: 'mistake',
      code: 'warehouse.login-refused',
      hint: 'The server wants a password: set the environment variable that the workspace names for it.',
    },
  },
  {
    says: /does not support SSL|unsupported certificate/i,
    means: { kind: 'mistake', code: 'warehouse.tls', hint: 'Switch TLS on at the server (ssl = on), or leave sslmode out of the address.' },
  },
]

const SQLSTATE = /^[0-9A-Z]{5}$/

function meaningOf({ code = '', message }: PostgresError): Meaning | undefined {
  const found = SOCKET[code] ?? EXACT[code] ?? (SQLSTATE.test(code) ? BY_CLASS[code.slice(0, 2)] : undefined)
  if (found !== undefined) return found
  const said = SENTENCES.find(({ says }) => says.test(message))?.means
  return said ?? (SQLSTATE.test(code) ? OTHER : undefined)
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
