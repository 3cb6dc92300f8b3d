/** The files that the house rules are about: everything in the clone that git tracks or would track. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '..', '..')

const CODE_FOLDERS = ['server', 'shared', 'main', 'renderer']
const IGNORED = new Set(['node_modules', '.git', 'dist', 'release', 'coverage'])

/** Paths from the root, with `/`. Read from git, or from the folders where git cannot (an unpacked archive, a clone of another user). */
export const FILES: readonly string[] = fromGit() ?? fromFolder('')

/** Our own code, the tests included. */
export const SOURCES = FILES.filter((file) => /\.(ts|vue|js|cjs|mjs)$/.test(file))

/** The code that ships. */
export const PRODUCT = SOURCES.filter((file) => CODE_FOLDERS.includes(file.split('/')[0] ?? ''))

/** The text of a file, by its path from the root. */
export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

function fromGit(): string[] | null {
  try {
    const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    })
    const files = output.split('\0').filter((file) => file !== '')
    // A file that was deleted and not yet committed is still in the index.
    return files.length === 0 ? null : files.filter((file) => existsSync(join(ROOT, file)))
  } catch {
    return null
  }
}

function fromFolder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (IGNORED.has(entry.name)) return []
    return entry.isDirectory() ? fromFolder(path) : [path]
  })
}
