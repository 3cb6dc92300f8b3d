/** Homes for the tests of the embedded server, programs that use one, and looking at processes. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, expect, vi } from 'vitest'
import {
  embeddedStatus,
  openEmbeddedServer,
  type Connection,
  type EmbeddedOptions,
  type EmbeddedServer,
} from '../../../server/workspaces/embedded/index.ts'

export const soon = { timeout: 60_000, interval: 25 }

const homes: string[] = []
const servers: EmbeddedServer[] = []
const programs: ChildProcess[] = []

/** A new home. Root's may be passed through by PostgreSQL's user, so that the data stays in it, unless `mode` says otherwise. */
export function newHome(mode = 0o755): string {
  const home = mkdtempSync(join(tmpdir(), 'quintile-embedded-'))
  chmodSync(home, mode)
  homes.push(home)
  return home
}

let template: string | undefined

/** A home that has been used before; copying takes 0.1 s, a first start half a second and all of a processor. */
export async function usedHome(): Promise<string> {
  if (template === undefined) {
    template = mkdtempSync(join(tmpdir(), 'quintile-template-'))
    chmodSync(template, 0o755)
    await (await openEmbeddedServer({ home: template, durable: false })).close()
  }
  const home = newHome()
  spawnSync('cp', ['-a', `${template}/postgres`, home])
  return home
}

afterAll(() => {
  if (template !== undefined) rmSync(template, { recursive: true, force: true })
})

export async function open(home: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
  const server = await openEmbeddedServer({ home, durable: false, ...options })
  servers.push(server)
  return server
}

export async function query(server: { connection(database: string): Connection }, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(server.connection('postgres'))
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

export interface Program {
  process: ChildProcess
  connection(database: string): Connection
  pid: number
  close(): Promise<void>
}

/** Another program that uses the server of the home, in a process of its own. */
export async function startProgram(home: string, options: { uid?: number; gid?: number; durable?: boolean } = {}): Promise<Program> {
  const { durable, ...user } = options
  const script = fileURLToPath(new URL('./program.ts', import.meta.url))
  const child = spawn(process.execPath, [script, home, durable === true ? 'durable' : ''], {
    ...user,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  programs.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value } = (await lines.next()) as { value: string }
  const opened = JSON.parse(value) as { connection: Connection; pid: number }
  return {
    process: child,
    pid: opened.pid,
    connection: (database) => ({ ...opened.connection, database }),
    async close() {
      child.stdin.write('close\n')
      await lines.next()
    },
  }
}

export async function serverOf(home: string): Promise<{ port: number; pid: number; keeper: number; users: number }> {
  const { server } = await embeddedStatus(home)
  expect(server).not.toBeNull()
  return server as NonNullable<typeof server>
}

/** True while the process lives; one that is dead but not yet collected does not. */
export function lives(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z')
}

/** The process group, which is what a terminal sends its signals to. */
export function groupOf(pid: number): number {
  return Number(spawnSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }).stdout)
}

/** Numbers of the living processes whose command contains all of the words. */
export function processesWith(...words: string[]): number[] {
  const { stdout } = spawnSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' })
  const lines = stdout.split('\n').filter((line) => words.every((word) => line.includes(word)))
  return lines.map((line) => Number.parseInt(line.trim(), 10))
}

export function killHard(pid: number): void {
  process.kill(pid, 'SIGKILL')
}

export function postmasterPid(dataFolder: string): number {
  return Number(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** Whatever a test did, afterwards nothing of it runs, and nothing lies around; what still runs is the test's failure. */
afterEach(async () => {
  for (const program of programs.splice(0)) program.kill('SIGKILL')
  await Promise.all(servers.splice(0).map((server) => server.close()))
  for (const home of homes.splice(0)) {
    await vi.waitFor(() => expect(processesWith(home)).toEqual([]), soon)
    const { dataFolder } = await embeddedStatus(home).catch(() => ({ dataFolder: join(home, 'postgres', 'data') }))
    expect(processesWith('postgres', dataFolder)).toEqual([])
    rmSync(dirname(dataFolder), { recursive: true, force: true })
    rmSync(home, { recursive: true, force: true })
  }
})
