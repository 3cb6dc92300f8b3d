/** PostgreSQL’s own programs: where they are, whether they are new enough, and how to get them. */
import { execFile } from 'node:child_process'
import { glob, realpath } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { mistake } from '../../../shared/failure.ts'

export interface Tool {
  path: string
  /** Such as `18.4`. */
  version: string
  major: number
}

export type ToolName = 'pg_dump' | 'pg_restore'

const SUFFIX = process.platform === 'win32' ? '.exe' : ''

/** Where installers put them without telling PATH; the newest version need not be the one on PATH. */
const USUAL_PLACES: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin'],
  darwin: [
    '/opt/homebrew/opt/{libpq,postgresql@*}/bin',
    '/usr/local/opt/{libpq,postgresql@*}/bin',
    '/Applications/Postgres.app/Contents/Versions/*/bin',
  ],
  win32: ['C:/Program Files/PostgreSQL/*/bin'],
}

const GET_THEM: Partial<Record<NodeJS.Platform, (major: number) => string>> = {
  linux: (major) =>
    `Debian and Ubuntu: apt install postgresql-client-${String(major)} (from apt.postgresql.org); Fedora and RHEL: dnf install postgresql${String(major)} (from yum.postgresql.org).`,
  darwin: (major) => `brew install postgresql@${String(major)}`,
  win32: (major) => `winget install PostgreSQL.PostgreSQL.${String(major)}; the command line tools alone are enough.`,
}

const run = promisify(execFile)

/**
 * The program whose version is nearest to the server’s, of those that are not older: a newer one may write what an older
 * server does not understand. Errors: `warehouse.no-tools`, naming what is missing and how to get it.
 */
export async function findTool(name: ToolName, server: { major: number; path: string | undefined }): Promise<Tool> {
  const tools = await toolsIn(name, await foldersOf(server.path ?? ''))
  const fitting = tools.filter((tool) => tool.major >= server.major).sort((a, b) => a.major - b.major)
  if (fitting[0] !== undefined) return fitting[0]
  throw noTools(name, server.major, tools)
}

async function foldersOf(path: string): Promise<string[]> {
  const usual: string[] = []
  for (const pattern of USUAL_PLACES[process.platform] ?? []) for await (const folder of glob(pattern)) usual.push(folder)
  const all = [...path.split(delimiter).filter((folder) => folder !== ''), ...usual]
  // /bin is /usr/bin on many systems.
  return [...new Set(await Promise.all(all.map((folder) => realpath(folder).catch(() => folder))))]
}

async function toolsIn(name: ToolName, folders: readonly string[]): Promise<Tool[]> {
  const found = await Promise.all(
    folders.map(async (folder): Promise<Tool[]> => {
      const path = join(folder, name + SUFFIX)
      try {
        const version = /(\d+)(?:\.\d+)?/.exec((await run(path, ['--version'], { timeout: 10_000 })).stdout)
        return version === null ? [] : [{ path, version: version[0], major: Number(version[1]) }]
      } catch {
        // Not there, or not to be run.
        return []
      }
    }),
  )
  return found.flat()
}

function noTools(name: ToolName, major: number, older: readonly Tool[]): Error {
  const there = older.map((tool) => `${tool.path} is version ${tool.version}`)
  const message =
    there.length === 0
      ? `${name} is not installed (the embedded server comes without it); version ${String(major)} or later is needed`
      : `${name} ${String(major)} or later is needed for this server: ${there.join(', ')}`
  const get = (GET_THEM[process.platform] ?? ((wanted) => `Install PostgreSQL’s client programs, version ${String(wanted)}.`))(major)
  return mistake('warehouse.no-tools', message, {
    hint: get,
    details: { program: name, needed: major, found: older.map((tool) => tool.version) },
  })
}
