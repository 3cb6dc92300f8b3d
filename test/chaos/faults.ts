/** The faults: each strikes once, at a random moment of the work that is under way. */
import type { ChildProcess } from 'node:child_process'
import type pg from 'pg'
import type { Dice } from './random.ts'

export const FAULTS = ['kill the command', 'kill a backend', 'cut a connection', 'kill the server', 'run twice at once'] as const
export type Fault = (typeof FAULTS)[number]

export interface Scene {
  dice: Dice
  /** The import or the run under way. */
  work: ChildProcess
  /** The process that serves the screen beside it. */
  server: ChildProcess
  /** A connection of our own, for choosing a victim. */
  client: pg.Client
  /** The same work again, at the same time. */
  startTwin(): ChildProcess
}

const BACKENDS = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'quintile%' AND pid <> pg_backend_pid() ORDER BY pid`

async function victim({ client, dice }: Scene): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>(BACKENDS)
  return rows.length === 0 ? undefined : dice.pick(rows).pid
}

/** Strikes, and answers with processes that the caller must wait for. */
export async function strike(fault: Fault, scene: Scene): Promise<ChildProcess[]> {
  switch (fault) {
    case 'kill the command':
      scene.work.kill('SIGKILL')
      return []
    case 'kill the server':
      scene.server.kill('SIGKILL')
      return []
    case 'run twice at once':
      return [scene.startTwin()]
    case 'cut a connection': {
      const pid = await victim(scene)
      if (pid !== undefined) await scene.client.query('SELECT pg_terminate_backend($1)', [pid])
      return []
    }
    case 'kill a backend': {
      const pid = await victim(scene)
      // PostgreSQL cannot trust shared memory any more: it ends every connection, ours too, and recovers.
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      return []
    }
  }
}
