/**
 * The server as the shell sees it: an address that may be absent for a moment.
 *
 * starting → ready → (crash) → starting → ready → (crash) → gone. One crash is mended silently, because the page's
 * origin stays the same and its event stream reconnects; the second is told to the person, who may start again.
 */
import { Failure, toFailure, type FailureReport } from '../shared/failure.ts'
import type { ShellMessage } from '../shared/shell-messages.ts'
import { startServerChild, type ServerAddress, type ServerChild, type ServerChildOptions, type ServerExit } from './server-child.ts'

export interface ServerOptions extends ServerChildOptions {
  /** It can be told things from now on; called after each start. */
  onReady(): void
  /** The server crashed and its automatic restart did not help. */
  onGone(report: FailureReport): void
}

export interface Server {
  /** Starts it; rejects with a `Failure`. Called again after `onGone`, it starts afresh with a new automatic restart. */
  start(): Promise<void>
  /** Null while the server starts or is gone. */
  address(): ServerAddress | null
  /** Tells it something; while it starts or is gone, nobody hears it. */
  tell(message: ShellMessage): void
  /** Asks the server to close everything, and waits. Never rejects. */
  stop(): Promise<void>
}

/** Prepares the server; nothing runs before `start`. */
export function openServer(options: ServerOptions): Server {
  let child: ServerChild | null = null
  let address: ServerAddress | null = null
  let restarted = false
  let stopping = false

  async function startChild(): Promise<void> {
    const next = startServerChild(options)
    child = next
    await next.ready
    address = next.address
    options.onReady()
    void next.exited.then(onExit)
  }

  function onExit(exit: ServerExit): void {
    address = null
    if (stopping) return
    if (restarted) return options.onGone(crashedAgain(exit).report())
    restarted = true
    startChild().catch((error: unknown) => {
      if (!stopping) options.onGone(toFailure(error).report())
    })
  }

  return {
    start: () => {
      restarted = false
      return startChild()
    },
    address: () => address,
    tell: (message) => {
      if (address !== null) child?.post(message)
    },
    stop: async () => {
      stopping = true
      await child?.stop()
    },
  }
}

function crashedAgain(exit: ServerExit): Failure {
  return new Failure({
    kind: 'stop',
    code: 'shell.server_crashed',
    message: `The local server stopped twice (exit code ${exit.code}).`,
    hint: exit.lastWords === '' ? undefined : `Its last words:\n${exit.lastWords}`,
    details: { exit_code: exit.code },
  })
}
