/** The keeper's side of its connections: who uses the server, and telling all of them what state it is in. */
import type { Socket } from 'node:net'
import type { KeeperState } from './wire.ts'
import { onLine, tell, type Word } from './wire.ts'

export interface Reception {
  receive(socket: Socket): void
  announce(state: KeeperState): void
  note(text: string): void
  readonly users: ReadonlySet<Socket>
  /** False when `withinMs` pass without a first user. */
  someoneComes(withinMs: number): Promise<boolean>
  /** Resolves when nobody uses the server any more. */
  deserted(): Promise<void>
}

/** The connection itself is the registration: when a program is killed, the kernel closes it. */
export function openReception(): Reception {
  const roll = openRoll()
  const everyone = new Set<Socket>()
  let state: KeeperState = { state: 'candidate', keeper: process.pid }
  const unheard: string[] = []

  const hear = (socket: Socket, word: Word): void => {
    if (word === 'leave') {
      roll.drop(socket)
      // The last one's connection stays open until PostgreSQL has stopped: that is what its close() waits for.
      if (roll.users.size > 0) socket.end()
      return
    }
    // A failure is for those who waited for the start; who comes later waits for the end and tries anew.
    if (word === 'use' && state.state === 'failed' && roll.begun()) return tell(socket, { state: 'stopping', keeper: process.pid })
    if (word === 'use' && state.state !== 'stopping') {
      roll.add(socket)
      // The first notes are made before whoever started us has found the socket.
      for (const note of unheard.splice(0)) tell(socket, { note })
    }
    tell(socket, state.state === 'ready' ? { ...state, users: roll.users.size } : state)
  }
  return {
    ...roll,
    receive(socket) {
      everyone.add(socket)
      onLine(socket, (line) => hear(socket, line as Word))
      socket.on('error', () => {})
      socket.on('close', () => {
        everyone.delete(socket)
        roll.drop(socket)
      })
    },
    announce(next) {
      state = next
      for (const socket of everyone) tell(socket, next)
    },
    note(text) {
      process.stdout.write(`${text}\n`)
      if (roll.users.size === 0) unheard.push(text)
      for (const socket of roll.users) tell(socket, { note: text })
    },
  }
}

interface Roll extends Pick<Reception, 'users' | 'someoneComes' | 'deserted'> {
  add(socket: Socket): void
  drop(socket: Socket): void
  /** True once there has been a user. */
  begun(): boolean
}

function openRoll(): Roll {
  const users = new Set<Socket>()
  let begun = false
  let onFirst = (): void => {}
  let onEmpty = (): void => {}
  return {
    users,
    add(socket) {
      users.add(socket)
      begun = true
      onFirst()
    },
    drop(socket) {
      if (users.delete(socket) && users.size === 0) onEmpty()
    },
    begun: () => begun,
    someoneComes(withinMs) {
      return new Promise((resolve) => {
        onFirst = () => resolve(true)
        setTimeout(() => resolve(begun), withinMs)
        if (begun) resolve(true)
      })
    },
    deserted() {
      return new Promise((resolve) => {
        onEmpty = resolve
        if (users.size === 0) resolve()
      })
    },
  }
}
