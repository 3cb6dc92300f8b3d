/** One life of the server process: spawned, ready or failed, told things, stopped or gone. Knows nothing of restarts. */
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { utilityProcess, type UtilityProcess } from 'electron/main'
import { Failure, type FailureReport } from '../shared/failure.ts'
import type { NotifyMessage, ServerMessage, ShellMessage } from '../shared/shell-messages.ts'
import { serverEnvironment } from './environment.ts'
import { makeSocketPlace } from './places.ts'

/** Where the server listens and the token it wants to see. */
export interface ServerAddress {
  socketPath: string
  token: string
}

/** Milliseconds. */
export interface ServerLimits {
  /** From spawn to `ready`. */
  ready: number
  /** From `stop` to the exit, before it is killed. */
  exit: number
}

export const SERVER_LIMITS: ServerLimits = { ready: 20_000, exit: 10_000 }

/** After a kill the system itself needs a moment; then the process is taken away without being asked. */
const KILL_GRACE_MS = 1000
const LAST_WORDS_CHARACTERS = 4000

export interface ServerChildOptions {
  entry: string
  home: string
  workspace: string | null
  limits: ServerLimits
  /** The server wants this shown on the desktop. */
  onNotify(notification: NotifyMessage): void
}

export interface ServerExit {
  code: number
  /** The end of what it wrote to standard error. */
  lastWords: string
}

export interface ServerChild {
  readonly address: ServerAddress
  /** Rejects with a `Failure` when the server says `failed`, exits first or is not ready in time. */
  readonly ready: Promise<void>
  readonly exited: Promise<ServerExit>
  post(message: ShellMessage): void
  /** Asks it to stop, waits for the exit, kills it after the limit. Never rejects; safe to call again. */
  stop(): Promise<void>
}

/** Starts the server's process. Only after `app` is ready. */
export function startServerChild(options: ServerChildOptions): ServerChild {
  const place = makeSocketPlace(process.platform, process.env)
  const address: ServerAddress = { socketPath: place.path, token: randomBytes(32).toString('base64url') }
  const child = utilityProcess.fork(options.entry, [], {
    serviceName: 'Quintile server',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: serverEnvironment(process.env),
  })
  const lastWords = passOutputOn(child)
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code) => {
      place.remove()
      resolve({ code, lastWords: lastWords() })
    })
  })
  const post = (message: ShellMessage): void => child.postMessage(message)
  // The token travels by message: arguments and environment can be read by the person's other programs.
  child.once('spawn', () => post({ type: 'start', ...address, home: options.home, workspace: options.workspace }))
  child.on('message', (message: ServerMessage) => {
    if (message.type === 'notify') options.onNotify(message)
  })
  const ready = untilReady(child, exited, options.limits.ready)
  ready.catch(() => undefined) // whoever awaits it sees the rejection; a server stopped while starting has nobody waiting
  let stopped: Promise<void> | null = null
  const stop = (): Promise<void> => (stopped ??= stopChild(child, exited, options.limits.exit))
  return { address, ready, exited, post, stop }
}

function untilReady(child: UtilityProcess, exited: Promise<ServerExit>, limit: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    child.kill()
    reject(notReadyInTime(limit))
  }, limit)
  child.on('message', (message: ServerMessage) => {
    if (message.type === 'ready') resolve()
    if (message.type === 'failed') reject(fromReport(message.failure))
  })
  void exited.then((exit) => reject(exitedEarly(exit)))
  return promise.finally(() => clearTimeout(timer))
}

async function stopChild(child: UtilityProcess, exited: Promise<ServerExit>, limit: number): Promise<void> {
  child.postMessage({ type: 'stop' } satisfies ShellMessage)
  if (await isGoneWithin(exited, limit)) return
  child.kill()
  if (await isGoneWithin(exited, KILL_GRACE_MS)) return
  if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL')
  await isGoneWithin(exited, KILL_GRACE_MS)
}

async function isGoneWithin(exited: Promise<ServerExit>, limit: number): Promise<boolean> {
  const timer = new AbortController()
  const late = delay(limit, false, { signal: timer.signal }).catch(() => false)
  const gone = await Promise.race([exited.then(() => true), late])
  timer.abort()
  return gone
}

/** Forwards both outputs, and remembers the end of standard error for the person who has to be told. */
function passOutputOn(child: UtilityProcess): () => string {
  let words = ''
  forward(child.stdout, process.stdout)
  forward(child.stderr, process.stderr)
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-LAST_WORDS_CHARACTERS)
  })
  return () => words.trim()
}

function forward(from: NodeJS.ReadableStream | null, to: NodeJS.WritableStream): void {
  // Not `pipe`: that would end our own output with the server's.
  ;(from as Readable | null)?.on('data', (chunk: Buffer) => to.write(chunk))
}

function fromReport(report: FailureReport): Failure {
  return new Failure({ kind: 'stop', code: report.code, message: report.message, hint: report.hint ?? undefined, details: report.details })
}

function exitedEarly(exit: ServerExit): Failure {
  return new Failure({
    kind: 'stop',
    code: 'shell.server_exited',
    message: `The local server stopped while starting (exit code ${exit.code}).`,
    hint: exit.lastWords === '' ? undefined : `Its last words:\n${exit.lastWords}`,
    details: { exit_code: exit.code },
  })
}

function notReadyInTime(limit: number): Failure {
  return new Failure({
    kind: 'stop',
    code: 'shell.server_slow',
    message: `The local server was not ready after ${limit / 1000} seconds.`,
    hint: 'Start Quintile again; if it stays like this, run `quintile doctor`.',
    details: { limit_seconds: limit / 1000 },
  })
}
