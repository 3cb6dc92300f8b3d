/**
 * PostgreSQL refuses to run as root, so when Quintile is started by root (containers, servers) it runs under another
 * user, who must be able to reach the binaries and the data.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../../../shared/failure.ts'

/** The user PostgreSQL runs under; undefined where that is simply the user of this process. */
export interface ServerUser {
  uid: number
  gid: number
}

/** Whether this process is root, as which PostgreSQL refuses to run; false on Windows. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * The unprivileged user for a new data folder: `postgres` if the machine has one, else `nobody`.
 * Throws `embedded.no-user` when there is neither.
 */
export function unprivilegedUser(passwd = readFileSync('/etc/passwd', 'utf8')): ServerUser {
  const lines = passwd.split('\n').map((line) => line.split(':'))
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line[0] === name) ?? []
    if (Number(uid) !== 0 && Number.isInteger(Number(uid)) && Number.isInteger(Number(gid))) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Failure({
    kind: 'mistake',
    code: 'embedded.no-user',
    message: 'PostgreSQL must not run as root, and this machine has neither a user "postgres" nor "nobody".',
    hint: 'Start Quintile as a normal user, or create the user: useradd --system postgres',
  })
}

/** The user who owns an existing data folder; PostgreSQL accepts no other. Undefined when that is root. */
export function ownerOf(folder: string): ServerUser | undefined {
  const { uid, gid } = statSync(folder)
  return uid === 0 ? undefined : { uid, gid }
}

/** The first folder from `path` upwards that `user` may not pass through, if any. Access control lists are not seen. */
export function barrier(path: string, user: ServerUser): string | undefined {
  const { uid, gid, mode } = statSync(path)
  const pass = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
  if ((mode & pass) === 0) return path
  return dirname(path) === path ? undefined : barrier(dirname(path), user)
}
