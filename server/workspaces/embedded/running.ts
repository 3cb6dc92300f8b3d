/** A running PostgreSQL: started by this keeper, or taken over from a keeper that was killed. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, rmSync, statfsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { missing, type Binaries } from './binaries.ts'
import { giveTo, type Places } from './places.ts'
import { isPostmaster, readPidFile, removeStalePidFile, stillRuns } from './postmaster.ts'
import { cleanEnvironment } from './program.ts'
import { serverArguments } from './settings.ts'
import { dailyLogs, formerServerLingers, markLog, portWasTaken, serverOutput, startFailure } from './trouble.ts'

export interface Running {
  pid: number
  port: number
  /** Resolves when the process is gone, for whatever reason. */
  ended: Promise<void>
  /** Fast shutdown; resolves when the process is gone. */
  stop(): Promise<void>
}

export interface StartNeeds {
  places: Places
  binaries: Binaries
  durable: boolean
  preferredPort?: number | undefined
  note: (text: string) => void
}

const portTries = 5
/** Processes of a killed server notice its death when they next wait for something, mostly at once. */
const lingerMs = 20_000
/** A fast shutdown writes out what is dirty (up to 256 MB); after this it is cut short, at the price of a recovery. */
const stopMs = 60_000
const keptLogs = 14
/** One file of PostgreSQL's log. Without room for it a fast shutdown tries to write its checkpoint until `stopMs` is over. */
const shutDownBytes = 16 * 1024 * 1024

/** Starts the server, or takes over a living one. Waits as long as a recovery takes. Throws `embedded.start-failed`, `embedded.disk-full`. */
export async function startServer(needs: StartNeeds): Promise<Running> {
  const adopted = await adopt(needs)
  if (adopted !== undefined) return adopted
  pruneLogs(needs.places.log)
  const giveUp = performance.now() + lingerMs
  let port = needs.preferredPort
  for (let taken = 0; ;) {
    const mark = markLog(needs.places.log)
    const running = await launch(needs, port ?? (await freePort()))
    if (running !== undefined) return running
    const output = serverOutput(needs.places.log, mark)
    if (portWasTaken(output) && ++taken < portTries) port = undefined
    else if (formerServerLingers(output) && performance.now() < giveUp) await pause(50)
    else throw startFailure(output, needs.places)
  }
}

/** A server whose keeper was killed keeps its connections: nobody who works with it notices the change. */
async function adopt({ places, note, binaries }: StartNeeds): Promise<Running | undefined> {
  for (;;) {
    const file = readPidFile(places.data)
    if (file === undefined) return undefined
    if (!isPostmaster(file.pid, places.data)) {
      removeStalePidFile(places.data)
      note('PostgreSQL was not stopped properly last time; it recovers what was committed.')
      return undefined
    }
    if (file.status === 'ready') {
      note(`Taking over the running PostgreSQL (process ${file.pid}, port ${file.port}).`)
      const gone = (ms: number): Promise<void> => whenGone(file.pid, places.data, ms)
      return { pid: file.pid, port: file.port, ended: gone(200), stop: () => shutDown({ pid: file.pid, ended: gone(5), places, binaries }) }
    }
    await pause(5)
  }
}

async function whenGone(pid: number, data: string, everyMs: number): Promise<void> {
  while (stillRuns(pid, data)) await pause(everyMs)
}

/** One attempt; undefined when the process ended before it was ready. */
async function launch({ places, binaries, durable }: StartNeeds, port: number): Promise<Running | undefined> {
  const child = await spawnServer(places, binaries.postgres, serverArguments({ data: places.data, port, durable }))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const pid = child.pid ?? 0
  // The file's status line is PostgreSQL's own sign (pg_ctl waits for it too); start takes about 40 ms, so 3 ms is fine-grained enough.
  while (child.exitCode === null && child.signalCode === null) {
    const file = readPidFile(places.data)
    if (file?.pid === pid && file.status === 'ready') return { pid, port, ended, stop: () => shutDown({ pid, ended, places, binaries }) }
    await pause(3)
  }
  return undefined
}

function spawnServer(places: Places, program: string, args: string[]): Promise<ChildProcess> {
  const startLog = join(places.log, 'start.log')
  rmSync(startLog, { force: true })
  const output = openSync(startLog, 'w', 0o600)
  giveTo(startLog, places.user)
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...places.user,
      cwd: places.base,
      env: cleanEnvironment(),
      stdio: ['ignore', output, output],
      windowsHide: true,
    })
    closeSync(output)
    child.once('spawn', () => resolve(child))
    child.once('error', (error) => reject(missing(`${program} could not be run: ${error.message}`)))
  })
}

async function shutDown(server: { pid: number; ended: Promise<void>; places: Places; binaries: Binaries }): Promise<void> {
  const { pid, ended, places, binaries } = server
  if (process.platform === 'win32')
    spawnSync(binaries.pgCtl, ['stop', '-D', places.data, '-m', 'fast', '-w', '-t', String(stopMs / 1000)], { windowsHide: true })
  else signal(pid, hasRoom(places.data) ? 'SIGINT' : 'SIGQUIT')
  const late = pause(stopMs, 'late', { ref: false })
  if ((await Promise.race([ended, late])) === 'late') signal(pid, 'SIGQUIT')
  await ended
}

/** On a full disk nothing is gained by asking nicely: what was committed is recovered at the next start. */
function hasRoom(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize >= shutDownBytes
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone already, which is what was asked for.
  }
}

/** A port that is free now; another program may still be faster, which the caller notices. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

function pruneLogs(log: string): void {
  for (const name of dailyLogs(log).slice(0, -keptLogs)) rmSync(join(log, name), { force: true })
}
