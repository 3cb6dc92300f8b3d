/** A program's side of the connection to the keeper: find it, or start one. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../../shared/failure.ts'
import { addressesOf } from './claim.ts'
import { makeRoom, socketFolder } from './places.ts'
import { lastLines } from './trouble.ts'
import { onAnswer, type FailedState, type KeeperRequest, type ReadyState } from './wire.ts'

/** What is needed to start a keeper. */
export interface KeeperLaunch {
  /** The keeper's module, `keeper.js` beside the bundle (`keeper.ts` when run from source). */
  entry: string
  /** `--keeper={…}`: the module looks for it among all arguments of its process. */
  args: string[]
  cwd: string
  /** The file for its output. */
  output: string
}

/** Starts a keeper; `ended` resolves with its exit code, if that can be known. */
export type SpawnKeeper = (launch: KeeperLaunch) => { ended: Promise<number | null> }

/** A registered use of the server. */
export interface Link {
  /** The newest facts: the port may change when PostgreSQL had to be started again. */
  facts(): ReadyState
  /** Resolves when the server has stopped, or at once when others use it. */
  leave(): Promise<void>
  /** Called when the keeper is gone though nobody left. */
  onLost(callback: () => void): void
}

export interface AttachNeeds {
  request: KeeperRequest
  log: (text: string) => void
  spawnKeeper: SpawnKeeper
}

/** Longest time without a sign of any keeper, after which something is wrong with starting one. */
const silenceMs = 15_000

/** Far more than races with other programs need; fewer than a person would notice. */
const spawnsAllowed = 20

/** Registers with the keeper of the home, starting one when there is none. Throws what the keeper failed with. */
export async function attach(needs: AttachNeeds): Promise<Link> {
  makeRoom(needs.request.home)
  let child: { code: number | null | 'runs' } | undefined
  let lastSign = performance.now()
  let spawned = 0
  for (;;) {
    for (const address of addressesOf(needs.request.home)) {
      const answer = await register(address, needs.log)
      if (typeof answer !== 'string') return answer
      if (answer === 'gone') lastSign = performance.now()
    }
    if (typeof child?.code === 'number' && child.code !== 0) throw keeperFailed(needs.request.home, `ended with code ${child.code}`)
    if (spawned > spawnsAllowed) throw keeperFailed(needs.request.home, 'ends each time it is started')
    if (performance.now() - lastSign > silenceMs) throw keeperFailed(needs.request.home, 'does not answer')
    // A keeper that ended with 0 gave way to another, which must be gone by now as well; null is one that was killed.
    if (child?.code !== 'runs') {
      child = watch(needs.spawnKeeper(launchOf(needs.request)))
      spawned++
    }
    await pause(5)
  }
}

function watch(spawned: { ended: Promise<number | null> }): { code: number | null | 'runs' } {
  const child: { code: number | null | 'runs' } = { code: 'runs' }
  void spawned.ended.then((code) => (child.code = code))
  return child
}

/** `nobody` answered at this address, or somebody did and is now `gone` (gave way to another, or has just stopped). */
function register(address: string, log: (text: string) => void): Promise<Link | 'nobody' | 'gone'> {
  return new Promise((resolve, reject) => {
    let heard = false
    let facts: ReadyState | undefined
    let lost = (): void => {}
    const socket = connect(address, () => socket.write('use\n'))
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
    onAnswer(socket, (answer) => {
      heard = true
      if ('note' in answer) return log(answer.note)
      if (answer.state === 'failed') {
        reject(failureOf(answer))
        socket.destroy()
      }
      if (answer.state !== 'ready') return
      facts = answer
      // From here on the connection must not keep a program alive that has nothing else to do.
      socket.unref()
      resolve({ facts: () => facts ?? answer, leave: () => leave(), onLost: (callback) => void (lost = callback) })
    })
    const leave = (): Promise<void> => {
      lost = () => {}
      socket.ref()
      if (socket.writable) socket.write('leave\n')
      return closed
    }
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES' || error.code === 'EPERM') reject(notOurs(address))
    })
    void closed.then(() => {
      resolve(heard ? 'gone' : 'nobody')
      lost()
    })
  })
}

function launchOf(request: KeeperRequest): KeeperLaunch {
  const fromSource = import.meta.url.endsWith('.ts')
  const room = makeRoom(request.home)
  return {
    // A program is started from outside the packed archive.
    entry: fileURLToPath(new URL(fromSource ? './keeper.ts' : './keeper.js', import.meta.url)).replace(/\.asar(?=[\\/])/, '.asar.unpacked'),
    args: [`--keeper=${JSON.stringify(request)}`],
    cwd: room,
    output: keeperLog(request.home),
  }
}

/** Starts the keeper with this program's own Node, or, within Electron, with Electron as Node. */
export function spawnWithNode(launch: KeeperLaunch): { ended: Promise<number | null> } {
  const electron = process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }
  return spawnDetached({ command: process.execPath, args: [launch.entry, ...launch.args], launch, environment: electron })
}

/** Starts a program in a session of its own that outlives this one; its output goes to the launch's file (begun anew at 1 MB). */
function spawnDetached(needs: { command: string; args: string[]; launch: KeeperLaunch; environment?: NodeJS.ProcessEnv }): {
  ended: Promise<number | null>
} {
  const { command, args, launch, environment } = needs
  const full = existsSync(launch.output) && statSync(launch.output).size > 1_000_000
  const output = openSync(launch.output, full ? 'w' : 'a', 0o600)
  // Options of the starting Node (a debugger's port, a loader) are not for the keeper.
  const { NODE_OPTIONS: _options, ...inherited } = process.env
  const env = { ...inherited, ...environment }
  const child = spawn(command, args, { detached: true, cwd: launch.cwd, env, stdio: ['ignore', output, output], windowsHide: true })
  closeSync(output)
  child.unref()
  return {
    ended: new Promise((resolve) => {
      child.once('error', () => resolve(127))
      child.once('exit', resolve)
    }),
  }
}

function keeperLog(home: string): string {
  socketFolder(home)
  return join(makeRoom(home), 'keeper', 'keeper.log')
}

function failureOf({ kind, code, message, hint, details }: FailedState): Failure {
  return new Failure({ kind, code, message, hint: hint ?? undefined, details })
}

function keeperFailed(home: string, how: string): Failure {
  const log = keeperLog(home)
  const output = existsSync(log) ? lastLines(readFileSync(log, 'utf8')) : []
  return new Failure({
    kind: 'stop',
    code: 'embedded.start-failed',
    message: `The process that keeps PostgreSQL running ${how}.`,
    hint: `Its log is ${log}.`,
    details: { log, output },
  })
}

function notOurs(address: string): Failure {
  return new Failure({
    kind: 'mistake',
    code: 'embedded.in-use',
    message: `Another user of this computer runs the PostgreSQL of this home (${address}).`,
    hint: 'Close Quintile there, or start it as the same user.',
  })
}
