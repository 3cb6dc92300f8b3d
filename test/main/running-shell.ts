/** Starts the real shell on the fake Electron with a server of choice, and cleans up after the test. */
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { makeElectron, type FakeElectron } from './fake-electron.ts'

export interface ShellOptions {
  /** How the stand-in server misbehaves, see stand-in-server.mjs. */
  behaviour?: string
  hasLock?: boolean
  limits?: { ready: number; exit: number }
  /** A build's folder; default: one with the stand-in server. */
  dist?: string
}

export interface Shell {
  electron: FakeElectron
  home: string
  /** A request of the page. */
  page(path: string, init?: RequestInit): Promise<Response>
  /** The tokens of the starts so far, oldest first. */
  starts(): string[]
  /** What the stand-in server wrote when it was stopped in order. */
  log(): string
}

const shells: { electron: FakeElectron; folder: string }[] = []

export async function startShell(options: ShellOptions = {}): Promise<Shell> {
  const folder = mkdtempSync(join(tmpdir(), 'quintile-shell-'))
  const home = join(folder, 'home')
  mkdirSync(home)
  vi.stubEnv('QUINTILE_HOME', home)
  vi.stubEnv('QUINTILE_STAND_IN', options.behaviour ?? 'good')
  const electron = makeElectron(options.hasLock === undefined ? {} : { hasLock: options.hasLock })
  shells.push({ electron, folder })
  vi.resetModules()
  vi.doMock('electron/main', () => electron.main)
  vi.doMock('electron/common', () => electron.common)
  const { main } = await import('../../main/app.ts')
  await main({ dist: options.dist ?? standInDist(folder), limits: options.limits ?? { ready: 20_000, exit: 10_000 } })
  const read = (name: string): string => (existsSync(join(home, name)) ? readFileSync(join(home, name), 'utf8') : '')
  return {
    electron,
    home,
    page: async (path, init) => electron.handlers.get('app')?.(new Request(`app://quintile${path}`, init)) ?? Response.error(),
    starts: () =>
      read('starts')
        .split('\n')
        .filter((line) => line !== ''),
    log: () => read('log'),
  }
}

/** Waits until the check holds, or fails with its reason after 90 seconds. */
export function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 90_000, interval: 20 })
}

/** After each test the app quits as it would for a person; no process and no folder stays. */
export async function endShells(): Promise<void> {
  for (const { electron, folder } of shells.splice(0)) {
    if (!electron.state.quit) {
      const quit = once(electron.app, 'quit')
      electron.app.quit()
      await quit
    }
    for (const child of electron.children) await child.end()
    rmSync(folder, { recursive: true, force: true })
  }
  vi.unstubAllEnvs()
  vi.doUnmock('electron/main')
  vi.doUnmock('electron/common')
}

function standInDist(folder: string): string {
  mkdirSync(join(folder, 'server'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  cpSync(join(import.meta.dirname, 'stand-in-server.mjs'), join(folder, 'server', 'process.js'))
  return folder
}
