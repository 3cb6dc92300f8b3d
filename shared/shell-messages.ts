/**
 * What the desktop shell and its server say to each other over `parentPort`. Both ends are ours and start
 * together, so these are types without a schema; each end ignores a `type` it does not know.
 *
 * A life: `start` → `ready` (or `failed`) → any number of `suspend`, `resume`, `power`, `online` one way and `notify` the
 * other → `stop` → `stopped`, then the server exits by itself.
 */
import type { FailureReport } from './failure.ts'

/** Sent once, right after the process was spawned. */
export interface StartMessage {
  type: 'start'
  /** 256 bits, base64url; new for every start. Every request must carry it as `TOKEN_HEADER`. */
  token: string
  /** Unix socket or `\\.\pipe\…` to listen on; its folder exists and only this user can enter it. */
  socketPath: string
  /** The folder that holds everything the app keeps. */
  home: string
  /** The workspace asked for on the command line or by `QUINTILE_WORKSPACE`; null: the server chooses. */
  workspace: string | null
}

/** The computer woke or was unlocked: connections may be dead and scheduled runs missed. */
export interface ResumeMessage {
  type: 'resume'
  /** ISO-8601 UTC. */
  at: string
}

/** The computer goes to sleep in a moment: nothing long should begin. */
export interface SuspendMessage {
  type: 'suspend'
  /** ISO-8601 UTC. */
  at: string
}

/** What the computer runs on; told after `ready` and at each change. */
export interface PowerMessage {
  type: 'power'
  on_battery: boolean
}

/** Whether there is a network; told after `ready` and at each change. */
export interface OnlineMessage {
  type: 'online'
  online: boolean
}

/** Finish or cancel what runs, stop the embedded PostgreSQL, say `stopped` and exit; killed after 10 s. */
export interface StopMessage {
  type: 'stop'
}

export type ShellMessage = StartMessage | ResumeMessage | SuspendMessage | PowerMessage | OnlineMessage | StopMessage

/** Requests on the socket will be answered from now on. */
export interface ReadyMessage {
  type: 'ready'
  /** The open workspace, or null when there is none yet. */
  workspace: string | null
}

/** The server cannot start; it exits after saying why. The shell shows message and hint. */
export interface FailedMessage {
  type: 'failed'
  failure: FailureReport
}

/** Show this on the desktop. */
export interface NotifyMessage {
  type: 'notify'
  title: string
  body: string
  /** Place on the screen that a click opens, e.g. `/runs/01a1…`. */
  path: string
}

/** Everything is closed; the exit follows. */
export interface StoppedMessage {
  type: 'stopped'
}

export type ServerMessage = ReadyMessage | FailedMessage | NotifyMessage | StoppedMessage

/** The request header that carries the start's token from the shell to the server. The page never sees it. */
export const TOKEN_HEADER = 'x-quintile-token'
