/** How to reach a PostgreSQL database. The password never leaves memory. */
import pg from 'pg'
import { toWarehouseFailure } from './sqlstate.ts'

export interface Connection {
  host: string
  port: number
  user: string
  password?: string | undefined
  database: string
  /** `require` encrypts; `verify` also checks the certificate. */
  tls?: 'off' | 'require' | 'verify' | undefined
}

/** `host:port/database`, safe to show. */
export function labelOf(connection: Connection): string {
  return `${connection.host}:${String(connection.port)}/${connection.database}`
}

// `date` would arrive as a Date at local midnight and move by a day between zones; timestamps are kept as the ISO text
// that PostgreSQL writes under the fixed settings below. int8 and numeric stay text: they may not fit a double.
const types = new pg.TypeOverrides()
for (const oid of [1082, 1114, 1184]) types.setTypeParser(oid, (text: string) => text)

/**
 * Settings every session of ours has, so that text forms (and with them record hashes and exports) are the same on every
 * server: dates ISO, times UTC, floats in shortest exact form. Names without a schema are in `public`: by PostgreSQL's default
 * the login's own schema comes first, and the embedded server's login is called like our schema, `quintile`.
 */
const SESSION =
  '-c search_path=public -c DateStyle=ISO,YMD -c TimeZone=UTC -c extra_float_digits=1 -c IntervalStyle=iso_8601 -c client_min_messages=warning -c standard_conforming_strings=on'

/**
 * The server gives a connection up whose other end has been silent for a minute; by default it may keep it for two hours,
 * and with it the locks of a machine that lost its network in the middle of a step.
 */
const KEEPALIVE = '-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 -c tcp_user_timeout=60000'

/** What `pg` needs to connect, with our session settings; gives up connecting after 10 s. */
export function clientConfig(connection: Connection, applicationName: string): pg.PoolConfig {
  const { tls = 'off' } = connection
  return {
    host: connection.host,
    port: connection.port,
    user: connection.user,
    password: connection.password,
    database: connection.database,
    ssl: tls === 'off' ? false : { rejectUnauthorized: tls === 'verify' },
    options: `${SESSION} ${KEEPALIVE}`,
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    types,
  }
}

type Connected = ((error: Error) => void) & ((error: null, client: pg.Client) => void)

/**
 * pg leaves the line open when a login breaks off on our side, such as for want of a password; the server then waits a
 * minute for the rest, and with it whoever wants to drop the database.
 */
export class ClosingClient extends pg.Client {
  override connect(): Promise<pg.Client>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.Client> | void {
    const connected = super.connect().catch(async (thrown: unknown) => {
      await this.end().catch(() => undefined)
      throw thrown
    })
    if (callback === undefined) return connected
    connected.then(
      (client) => callback(null, client),
      (thrown: Error) => callback(thrown),
    )
  }
}

/** Opens one client outside any pool; the caller ends it. */
export async function openClient(connection: Connection, applicationName: string): Promise<pg.Client> {
  const client = new ClosingClient(clientConfig(connection, applicationName))
  // Without a listener a cut connection would be an uncaught error; the pending query rejects with the same error.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (thrown) {
    throw toWarehouseFailure(thrown)
  }
  return client
}
