/** What a source's server is and lets us do. */
import pg from 'pg'
import { mistake, type Failure } from '../../../shared/failure.ts'
import { sqlState, type SourceConnection } from '../postgres-connection.ts'
import type { ReplicationSettings } from './settings.ts'

/** A replication source: its name in pack.yaml, its settings, and how to reach it. */
export interface ReplicationPlace {
  name: string
  settings: ReplicationSettings
  connection: SourceConnection
}

export interface ServerFacts {
  /** `server_version_num`: 180004 is 18.4. */
  version: number
  walLevel: string
  user: string
  mayReplicate: boolean
  /** Bytes of log that a slot may hold back; null without a limit. */
  maxRetained: number | null
  /** The server's own number; null where it may not be asked. */
  system: string | null
}

const FACTS = `
SELECT current_setting('server_version_num')::int AS version, current_setting('wal_level') AS "walLevel", current_user::text AS user,
  (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)
    OR EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'rds_replication' AND pg_has_role(current_user, r.oid, 'MEMBER')) AS "mayReplicate",
  (SELECT CASE WHEN setting::bigint >= 0 THEN setting::float8 * 1024 * 1024 END FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS "maxRetained"`

/** Asks the server. */
export async function readFacts(client: pg.Client): Promise<ServerFacts> {
  const { rows } = await client.query<Omit<ServerFacts, 'system'>>(FACTS)
  const [facts] = rows
  if (facts === undefined) throw new Error('the server did not answer')
  return { ...facts, system: await systemNumber(client) }
}

async function systemNumber(client: pg.Client): Promise<string | null> {
  try {
    const { rows } = await client.query<{ system: string }>('SELECT system_identifier::text AS system FROM pg_control_system()')
    return rows[0]?.system ?? null
  } catch (thrown) {
    // Some providers keep it to themselves; then a restored server is noticed by its log only.
    if (sqlState(thrown) === '42501') return null
    throw thrown
  }
}

/** Why replication cannot be used on this server by this login; undefined when it can. */
export function obstacleOf({ name }: ReplicationPlace, facts: ServerFacts): Failure | undefined {
  if (facts.walLevel !== 'logical') {
    return mistake(
      'source.no-replication',
      `The server of the source “${name}” does not write its log for logical replication (wal_level is ${facts.walLevel})`,
      'Have wal_level set to logical at the source (ALTER SYSTEM SET wal_level = logical, then restart it), or set fallback: watermark.',
    )
  }
  if (facts.mayReplicate) return undefined
  return mistake(
    'source.no-replication',
    `The login “${facts.user}” of the source “${name}” may not use replication`,
    `Have this run at the source: ALTER ROLE ${quoteName(facts.user)} REPLICATION; or set fallback: watermark.`,
  )
}

/** A name in SQL; always quoted, as `order` and `user` are names too. */
export function quoteName(name: string): string {
  return pg.escapeIdentifier(name)
}

/** `schema.table` in SQL. */
export function quoteStream(stream: string): string {
  return stream.split('.').map(quoteName).join('.')
}

/** The end of the log that is safely written. On a standby, what it has replayed. */
export const LOG_END = `CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END`
