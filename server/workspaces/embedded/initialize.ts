/** The first start: a new data folder with a password that nobody chose. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../../shared/failure.ts'
import { missing, type Binaries } from './binaries.ts'
import type { ServerUser } from './owner.ts'
import { giveTo, hasData, makeBase, type Places } from './places.ts'
import { runProgram } from './program.ts'
import { diskFull, initFailure } from './trouble.ts'

/** The superuser of every embedded server. */
export const superuser = 'quintile'

/** A new data folder takes 40 MB and its first log files 16 to 64 MB. */
const neededBytes = 150_000_000

/**
 * Makes sure there is a data folder that this PostgreSQL can open, and a password that fits it.
 * initdb writes into a folder of another name, which is renamed when it is complete: whatever kills it, the next start
 * finds either nothing or all. Throws `embedded.init-failed`, `embedded.disk-full`, `embedded.version-mismatch`.
 */
export async function ensureData(
  places: Places,
  binaries: Binaries,
  options: { durable: boolean; note: (text: string) => void },
): Promise<void> {
  makeBase(places)
  removeLeftovers(places.base)
  if (hasData(places.base)) {
    checkVersion(places.data, binaries.version)
    if (!existsSync(places.password)) resetPassword(places, binaries, options.note)
    return
  }
  if (existsSync(places.data)) removeIfEmpty(places.data)
  const { bavail, bsize } = statfsSync(places.base)
  if (bavail * bsize < neededBytes) throw diskFull(places.data)
  options.note(`Creating PostgreSQL's data folder ${places.data}.`)
  const fresh = join(places.base, `data.new-${randomBytes(4).toString('hex')}`)
  await initialize({ fresh, places, binaries, durable: options.durable })
  renameSync(fresh, places.data)
  if (options.durable) syncFolder(places.base)
}

async function initialize(needs: { fresh: string; places: Places; binaries: Binaries; durable: boolean }): Promise<void> {
  const { fresh, places, binaries, durable } = needs
  const password = ensurePassword(places)
  // initdb cannot read root's file when it runs as another user, so it gets a short-lived one that only it may read.
  const passwordFile = `${fresh}.password`
  writeSecret(passwordFile, password, places.user)
  // Made here, because another user may not create anything in our folder; initdb is content with an empty one of its own.
  mkdirSync(fresh, { mode: 0o700 })
  giveTo(fresh, places.user)
  try {
    const output = await runProgram(binaries.initdb, initArguments(fresh, passwordFile, durable), { user: places.user, cwd: places.base })
    if (output.code !== 0) throw initFailure(output.text, places.data)
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** C.UTF-8 of the builtin provider sorts and compares alike on every system and never changes with the system's libraries. */
function initArguments(folder: string, passwordFile: string, durable: boolean): string[] {
  const fixed = [
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--auth=scram-sha-256',
    '--no-instructions',
  ]
  return [`--pgdata=${folder}`, `--username=${superuser}`, `--pwfile=${passwordFile}`, ...fixed, ...(durable ? [] : ['--no-sync'])]
}

/** 256 random bits in letters that need no quoting anywhere. Kept when an earlier first start was interrupted. */
function ensurePassword(places: Places): string {
  if (existsSync(places.password)) return readFileSync(places.password, 'utf8').trim()
  const password = randomBytes(32).toString('base64url')
  const unfinished = `${places.password}.new`
  writeSecret(unfinished, password, statSync(places.room))
  renameSync(unfinished, places.password)
  return password
}

function writeSecret(path: string, secret: string, user: ServerUser | undefined): void {
  rmSync(path, { force: true })
  writeFileSync(path, secret + '\n', { mode: 0o600, flag: 'wx' })
  chmodSync(path, 0o600)
  giveTo(path, user)
}

/** Someone removed the password file: whoever can write the data folder may set a new one in single-user mode. */
function resetPassword(places: Places, binaries: Binaries, note: (text: string) => void): void {
  note('The password file is gone; setting a new password.')
  const password = ensurePassword(places)
  const result = spawnSync(binaries.postgres, ['--single', '-D', places.data, 'postgres'], {
    ...places.user,
    cwd: places.base,
    input: `ALTER ROLE ${superuser} PASSWORD '${password}'\n`,
    encoding: 'utf8',
  })
  if (result.status === 0 && !/FATAL|ERROR/.test(result.stderr)) return
  rmSync(places.password, { force: true })
  throw initFailure(result.error === undefined ? result.stderr : missing(result.error.message).message, places.data)
}

function checkVersion(data: string, version: string): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  const wanted = version.split('.')[0] ?? version
  if (found === wanted) return
  throw new Failure({
    kind: 'mistake',
    code: 'embedded.version-mismatch',
    message: `The data folder ${data} was made by PostgreSQL ${found}, but this version of Quintile brings PostgreSQL ${wanted}.`,
    hint: `Start the version of Quintile that brings PostgreSQL ${found} and dump the databases, or move the folder away to begin anew.`,
    details: { data, found, wanted },
  })
}

function removeLeftovers(base: string): void {
  for (const name of readdirSync(base).filter((entry) => entry.startsWith('data.new-'))) {
    try {
      rmSync(join(base, name), { recursive: true, force: true, maxRetries: 3, retryDelay: 20 })
    } catch {
      // An initdb that has lost its keeper may still be writing there; the next start removes the rest.
    }
  }
}

function removeIfEmpty(data: string): void {
  if (readdirSync(data).length === 0) return rmdirSync(data)
  throw new Failure({
    kind: 'mistake',
    code: 'embedded.init-failed',
    message: `${data} is not empty, but holds no PostgreSQL data either.`,
    hint: 'Move the folder away, then start again.',
    details: { data },
  })
}

/** Without this the rename itself could be lost in a power cut. Windows cannot open folders and needs no such thing. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
