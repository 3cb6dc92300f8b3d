/** Where the shell finds its files, and what the command line and the environment ask for. */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'

type Environment = Readonly<Record<string, string | undefined>>

/** A Unix socket's path must fit `sun_path`: 104 bytes on macOS, 108 on Linux, the closing zero included. */
const LONGEST_SOCKET_PATH = 103

export interface Places {
  serverEntry: string
  preload: string
  /** Everything the app keeps, shared with the `quintile` command: by the same rule as the server's `resolveHome`. */
  home: string
  /** Chromium's own files, moved only when `QUINTILE_HOME` moves everything; null: Electron's default. */
  browserData: string | null
  workspace: string | null
}

/** `dist` is the folder that holds `main/` and `server/` of the build. */
export function findPlaces(dist: string, env: Environment, argv: readonly string[]): Places {
  const moved = env['QUINTILE_HOME'] ? resolve(env['QUINTILE_HOME']) : null
  return {
    serverEntry: join(dist, 'server', 'process.js'),
    preload: join(dist, 'main', 'preload.cjs'),
    home: moved ?? envPaths('Quintile', { suffix: '' }).data,
    browserData: moved === null ? null : join(moved, 'window'),
    workspace: requestedWorkspace(env, argv),
  }
}

/** `--workspace NAME` or `--workspace=NAME` wins over `QUINTILE_WORKSPACE`, as in the command. */
export function requestedWorkspace(env: Environment, argv: readonly string[]): string | null {
  const at = argv.findIndex((word) => word === '--workspace' || word.startsWith('--workspace='))
  const word = argv[at]
  const named = word === '--workspace' ? argv[at + 1] : word?.slice('--workspace='.length)
  return named || env['QUINTILE_WORKSPACE'] || null
}

export interface SocketPlace {
  path: string
  /** Removes the folder and what is left of the socket. */
  remove(): void
}

/**
 * A fresh address for one life of the server: a socket that a crashed server left behind would refuse the next one.
 * On Unix it lies in a new folder of mode 0700, so that nobody else can even connect.
 */
export function makeSocketPlace(platform: NodeJS.Platform, env: Environment): SocketPlace {
  if (platform === 'win32') {
    return { path: `\\\\.\\pipe\\quintile-${randomBytes(16).toString('hex')}`, remove: () => undefined }
  }
  const name = join('quintile-XXXXXX', 'server.sock')
  const parents = [env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'].filter((parent) => parent !== undefined && parent !== '')
  const parent = parents.find((candidate) => Buffer.byteLength(join(candidate ?? '', name)) <= LONGEST_SOCKET_PATH) ?? '/tmp'
  const folder = mkdtempSync(join(parent, 'quintile-'))
  chmodSync(folder, 0o700)
  return { path: join(folder, 'server.sock'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
