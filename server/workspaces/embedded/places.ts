/** Where everything of the embedded server lies. */
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure } from '../../../shared/failure.ts'
import { barrier, isRoot, ownerOf, unprivilegedUser, type ServerUser } from './owner.ts'

/** Used only when root starts Quintile and PostgreSQL's user cannot enter the home. */
export const sharedFolder = '/var/lib/quintile'

export interface Places {
  /** `<home>/postgres`: the password, the keeper's socket and log; normally also the data. */
  room: string
  password: string
  /** The folder that holds `data` and `log`: the room, or a folder below `sharedFolder`. */
  base: string
  data: string
  log: string
  /** Set only when started by root. */
  user: ServerUser | undefined
}

/** The folder of the embedded server in the app's data folder. */
export function roomOf(home: string): string {
  return join(home, 'postgres')
}

/** Twelve hex digits that tell one home from another, for names outside it. */
export function digestOf(home: string): string {
  return createHash('sha256').update(home).digest('hex').slice(0, 12)
}

/** True when the folder holds a complete data folder (initdb writes PG_VERSION early, but under another folder name). */
export function hasData(base: string): boolean {
  return existsSync(join(base, 'data', 'PG_VERSION'))
}

/**
 * Decides where the data lies and who runs PostgreSQL. Existing data is always found again, so that a changed mode of
 * a folder cannot make the app start with an empty database. Throws `embedded.unreachable`.
 */
export function findPlaces(home: string): Places {
  const room = roomOf(home)
  if (!isRoot()) return placesAt(room, room, undefined)
  const shared = join(sharedFolder, digestOf(home))
  const existing = [room, shared].find(hasData)
  // Existing data decides; else the owner of the home, so that a `sudo` once does not lock the owner out later.
  const owned = existing === undefined ? home : join(existing, 'data')
  const user = (existsSync(owned) ? ownerOf(owned) : undefined) ?? unprivilegedUser()
  const wall = existsSync(home) ? barrier(home, user) : home
  if (existing === room && wall !== undefined) throw unreachable(join(room, 'data'), wall)
  return placesAt(room, existing ?? (wall === undefined ? room : shared), user)
}

function placesAt(room: string, base: string, user: ServerUser | undefined): Places {
  return { room, password: join(room, 'password'), base, data: join(base, 'data'), log: join(base, 'log'), user }
}

function unreachable(data: string, wall: string): Failure {
  return new Failure({
    kind: 'mistake',
    code: 'embedded.unreachable',
    message: `PostgreSQL's user cannot reach the data folder ${data}: the folder ${wall} does not let it pass.`,
    hint: `chmod o+x ${wall}, or start Quintile as the user who owns the data`,
  })
}

/** Makes the home and the room, readable by nobody else. Root creates them for whoever owns the folder above. */
export function makeRoom(home: string): string {
  makeFolder(home, 0o700)
  makeFolder(roomOf(home), 0o700)
  return roomOf(home)
}

function makeFolder(path: string, mode: number): void {
  if (existsSync(path)) return
  mkdirSync(path, { recursive: true, mode })
  giveTo(path, statSync(dirname(path)))
}

/** As root: a new file belongs to the owner of the folder it was made for; otherwise nothing to do. */
export function giveTo(path: string, user: ServerUser | undefined): void {
  if (isRoot() && user !== undefined) chownSync(path, user.uid, user.gid)
}

/** Open to pass through, whatever the umask of root says; what lies in it is closed. */
export function makeSharedFolder(): void {
  mkdirSync(sharedFolder, { recursive: true })
  chmodSync(sharedFolder, 0o755)
}

/** Makes the folders that PostgreSQL's user needs; as root the base lets that user pass, and the log is theirs. */
export function makeBase(places: Places): void {
  if (places.base !== places.room) makeSharedFolder()
  mkdirSync(places.base, { recursive: true, mode: 0o700 })
  if (places.user !== undefined && barrier(places.base, places.user) !== undefined) chmodSync(places.base, 0o711)
  if (existsSync(places.log)) return
  mkdirSync(places.log, { mode: 0o700 })
  giveTo(places.log, places.user)
}

/**
 * The folder of the keeper's sockets. A Unix socket's path may have 107 bytes (103 on macOS), so a long home gets a folder
 * below /tmp instead; since anyone may create that first, it must be a real folder of ours with no rights for others.
 */
export function socketFolder(home: string): string {
  const own = join(roomOf(home), 'keeper')
  if (Buffer.byteLength(join(own, 'xxxxxxxx.sock')) <= 100) {
    makeFolder(own, 0o700)
    return own
  }
  const owner = statSync(roomOf(home)).uid
  const short = `/tmp/quintile-${owner}-${digestOf(home)}`
  makeFolder(own, 0o700)
  if (!existsSync(short)) {
    mkdirSync(short, { recursive: true, mode: 0o700 })
    giveTo(short, statSync(roomOf(home)))
  }
  const found = lstatSync(short)
  if (found.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0) return short
  throw new Failure({
    kind: 'stop',
    code: 'embedded.start-failed',
    message: `The folder ${short} for the keeper's socket belongs to someone else or is open to others.`,
    hint: `Remove ${short}, or use a shorter path for Quintile's home.`,
  })
}
