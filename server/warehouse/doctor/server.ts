/** The server itself: its version, its room, its clock, its write-ahead log. */
import { access, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../connection.ts'
import type { Session } from '../session.ts'
import { failed, ok, warning, type Diagnosis } from './diagnosis.ts'
import { isLocal } from './reach.ts'

const LEAST_VERSION = 14
/** A run takes 8 from the pool; leases, messages, cancelling and migrations take one each. */
const CONNECTIONS_NEEDED = 12
const MOST_CLOCK_SECONDS = 60
const LEAST_FREE_BYTES = 1e9

/** PostgreSQL 14 or later, and one that takes writes. */
export async function checkVersion(session: Session): Promise<Diagnosis[]> {
  const { rows } = await session.query<{ number: number; version: string; standby: boolean; read_only: string }>(`
    SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
      current_setting('default_transaction_read_only') AS read_only`)
  const { number = 0, version = '', standby = false, read_only = 'off' } = rows[0] ?? {}
  const known =
    number >= LEAST_VERSION * 10_000
      ? ok('version', `PostgreSQL ${version}`)
      : failed('version', `PostgreSQL ${version} is too old`, { hint: `Quintile needs PostgreSQL ${String(LEAST_VERSION)} or later.` })
  if (standby) return [known, failed('writable', 'The server is a standby, which takes no writes', { hint: 'Connect to the primary.' })]
  if (read_only === 'on')
    return [
      known,
      failed('writable', 'Transactions are read-only by default', {
        grant: 'ALTER ROLE CURRENT_USER SET default_transaction_read_only = off;',
      }),
    ]
  return [known, ok('writable', 'The server takes writes')]
}

interface RoomRow {
  most: number
  used: number
  role_limit: number
  database_limit: number
  bytes: string
  folder: string | null
}

const ROOM = `
  SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - coalesce(current_setting('reserved_connections', true), '0')::int AS most,
    (SELECT sum(numbackends) FROM pg_stat_database)::int AS used,
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS role_limit, datconnlimit AS database_limit,
    pg_database_size(oid)::text AS bytes, (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS folder
  FROM pg_database WHERE datname = current_database()`

const inWords = (bytes: number): string => (bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`)

/** Free connections and, where the server is this machine, free disk. */
export async function checkRoom(session: Session, { host }: Connection): Promise<Diagnosis[]> {
  const { rows } = await session.query<RoomRow>(ROOM)
  const row = rows[0]
  if (row === undefined) return []
  const free = Math.min(row.most - row.used, ...[row.role_limit, row.database_limit].filter((limit) => limit >= 0))
  const text = `${String(free)} connections are free (${String(row.used)} of ${String(row.most)} in use)`
  const connections =
    free >= CONNECTIONS_NEEDED
      ? ok('connections', text)
      : warning('connections', text, {
          hint: `A run may take ${String(CONNECTIONS_NEEDED)}: raise max_connections or the limit of the login.`,
        })
  return [connections, await diskOf(Number(row.bytes), isLocal(host) ? row.folder : null)]
}

async function diskOf(bytes: number, folder: string | null): Promise<Diagnosis> {
  const size = `The database holds ${inWords(bytes)}`
  const free = folder === null ? null : await freeBytes(folder)
  if (free === null) return ok('disk', `${size}; how much is free cannot be seen from here`)
  const text = `${size}; ${inWords(free)} are free`
  // A full reload builds the new table beside the old one.
  return free < Math.max(LEAST_FREE_BYTES, bytes / 2)
    ? warning('disk', text, { hint: 'Free some space before the next full reload.' })
    : ok('disk', text)
}

async function freeBytes(folder: string): Promise<number | null> {
  try {
    // The port may lead into a container, whose folders are not ours.
    await access(join(folder, 'PG_VERSION'))
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return null
  }
}

/** Seconds by which the server’s clock and this machine’s differ. */
export async function checkClock(session: Session, clock: () => number): Promise<Diagnosis> {
  const before = clock()
  const { rows } = await session.query<{ at: string }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS at')
  const apart = Math.abs(Number(rows[0]?.at ?? before) - (before + clock()) / 2) / 1000
  const text = `The server’s clock and this machine’s are ${apart.toFixed(1)} s apart`
  return apart > MOST_CLOCK_SECONDS
    ? warning('clock', text, { hint: 'Set both by a time server: schedules and logs would disagree.' })
    : ok('clock', text)
}

/** What logical replication would need here, and whether a forgotten slot could fill the disk. */
export async function checkWal(session: Session): Promise<Diagnosis> {
  const { rows } = await session.query<{ level: string; keep: string }>(
    `SELECT current_setting('wal_level') AS level, current_setting('max_slot_wal_keep_size') AS keep`,
  )
  const { level = '', keep = '' } = rows[0] ?? {}
  if (level !== 'logical')
    return ok('wal', `wal_level is ${level}: as a source of changes (logical replication) it would have to be logical`)
  if (keep !== '-1') return ok('wal', `wal_level is logical, a slot keeps at most ${keep}`)
  return warning('wal', 'A replication slot that nobody reads would keep the write-ahead log without limit', {
    grant: `ALTER SYSTEM SET max_slot_wal_keep_size = '20GB';\nSELECT pg_reload_conf();`,
  })
}
