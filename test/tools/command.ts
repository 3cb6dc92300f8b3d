/** The `quintile` command as its user calls it: a process of its own on the built bundle. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const SHIM = join(ROOT, 'resources', 'bin', 'quintile.cjs')

export interface CommandResult {
  code: number | null
  stdout: string
  stderr: string
  /** The last line of standard output, parsed. */
  json: Record<string, unknown>
}

export interface CommandHome {
  folder: string
  env: NodeJS.ProcessEnv
  run(...args: string[]): Promise<CommandResult>
  /** Starts without waiting; the caller ends it. */
  start(...args: string[]): ChildProcess
  remove(): Promise<void>
}

/** A data folder of its own, so that nothing of the person who runs the tests is touched. */
export async function openCommandHome(more: NodeJS.ProcessEnv = {}): Promise<CommandHome> {
  if (!existsSync(join(ROOT, 'dist', 'server', 'cli.js'))) throw new Error('The product is not built: run “npm run build” first')
  const folder = await mkdtemp(join(tmpdir(), 'quintile-command-'))
  // Root's PostgreSQL runs as another user, who must be able to pass through.
  await chmod(folder, 0o711)
  const env: NodeJS.ProcessEnv = { ...process.env, QUINTILE_HOME: folder, ...more }
  delete env['QUINTILE_WORKSPACE']
  const start = (...args: string[]): ChildProcess => spawn(process.execPath, [SHIM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return {
    folder,
    env,
    start,
    run: (...args) => collect(start(...args)),
    // A database that is just going down may still write a file.
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  }
}

/** Waits for the end and gathers what was said. */
export function collect(child: ChildProcess): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', '']
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr, json: lastJson(stdout) }))
  })
}

function lastJson(text: string): Record<string, unknown> {
  const line = text.trim().split('\n').at(-1) ?? ''
  return line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : {}
}

/** Resolves with the first match in what the process says. */
export function waitForText(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const look = (text: string): void => {
      said += text
      const found = pattern.exec(said)
      if (found !== null) resolve(found[1] ?? found[0])
    }
    child.stdout?.setEncoding('utf8').on('data', look)
    child.stderr?.setEncoding('utf8').on('data', look)
    child.on('exit', (code) => reject(new Error(`it ended with ${String(code)} before saying ${String(pattern)}:\n${said}`)))
  })
}
