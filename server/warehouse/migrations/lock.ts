/** One program at a time changes the tables of a warehouse: an advisory lock, held by a connection that says who it is. */
import type pg from 'pg'
import { Failure } from '../../../shared/failure.ts'
import { openClient, type Connection } from '../connection.ts'
import { toWarehouseFailure } from '../sqlstate.ts'
import type { Actor } from './script.ts'

/** The number under which node-pg-migrate locks too, so that its users and we keep out of each other’s way. */
export const MIGRATION_LOCK = '7241865325823964'

export interface LockNeeds {
  connection: Connection
  actor: Actor
  /** How long to wait for another holder, in milliseconds. */
  wait: number
  say(text: string): void
}

const LOCK_NOT_AVAILABLE = '55P03'
const NAME = 'quintile migrate'

/** At most 63 bytes are kept by PostgreSQL. */
export function migratorName({ user, machine, pid }: Actor): string {
  return `${NAME} ${user}@${machine} #${String(pid)}`.slice(0, 63)
}

/**
 * Lends a connection that holds the lock. Waits a bounded time for another holder, and says so.
 * Errors: `warehouse.migrating` (kind retry), naming who holds it.
 */
export async function withMigrationLock<T>(needs: LockNeeds, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient(needs.connection, migratorName(needs.actor))
  try {
    await takeLock(client, needs)
    return await work(client)
  } finally {
    // Ending the connection frees the lock, whatever state it is in.
    await client.end().catch(() => undefined)
  }
}

async function takeLock(client: pg.Client, { wait, say }: LockNeeds): Promise<void> {
  try {
    await client.query('SET idle_session_timeout = 0; SET statement_timeout = 0')
    const { rows } = await client.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${MIGRATION_LOCK}) AS got`)
    if (rows[0]?.got === true) return
    const holder = await findHolder(client)
    if (holder !== undefined) say(`Waiting for ${sayHolder(holder)}, who changes the warehouse’s tables now …`)
    await client.query(`SET lock_timeout = ${String(Math.max(1, Math.trunc(wait)))}`)
    await client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`)
    await client.query('RESET lock_timeout')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === LOCK_NOT_AVAILABLE) throw migrating(await findHolder(client), wait)
    throw toWarehouseFailure(thrown)
  }
}

interface Holder {
  pid: number
  application_name: string
  user_name: string
  address: string | null
  seconds: number | null
}

async function findHolder(client: pg.Client): Promise<Holder | undefined> {
  const { rows } = await client.query<Holder>(`
    SELECT a.pid, a.application_name, a.usename AS user_name, host(a.client_addr) AS address,
      extract(epoch FROM clock_timestamp() - a.backend_start)::int AS seconds
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.classid = (${MIGRATION_LOCK} >> 32)::oid AND l.objid = (${MIGRATION_LOCK} & 4294967295)::oid`)
  return rows[0]
}

function sayHolder({ pid, application_name, user_name, address }: Holder): string {
  const ours = application_name.startsWith(`${NAME} `) ? application_name.slice(NAME.length + 1).replace(/ #(\d+)$/, ' (process $1)') : null
  return `${ours ?? `${user_name}, program “${application_name}”`}${address === null ? '' : ` from ${address}`} (backend ${String(pid)})`
}

function migrating(holder: Holder | undefined, wait: number): Failure {
  const who = holder === undefined ? 'somebody' : sayHolder(holder)
  return new Failure({
    kind: 'retry',
    code: 'warehouse.migrating',
    message: `The warehouse’s tables are being changed by ${who}; waited ${String(Math.round(wait / 1000))} s for it`,
    hint: 'Try again when that has ended.',
    details: holder === undefined ? {} : { backend: holder.pid, application_name: holder.application_name, since_seconds: holder.seconds },
  })
}
