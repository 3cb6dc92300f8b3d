/** The server's own log: a file a day below the app's data folder, thirty kept. Written in this process, not by a worker. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import buildRoll from 'pino-roll'

const DAYS_KEPT = 30

/** Secrets never reach it: what is logged are our own sentences and errors, and these keys are masked all the same. */
const MASKED = ['password', 'token', '*.password', '*.token', '*.cookie', '*.authorization']

export async function openServerLog(home: string): Promise<Logger> {
  const folder = join(home, 'logs')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stream = await buildRoll({
    file: join(folder, 'server'),
    frequency: 'daily',
    dateFormat: 'yyyy-MM-dd',
    extension: '.log',
    limit: { count: DAYS_KEPT },
  })
  return pino({ redact: MASKED, base: { pid: process.pid } }, stream)
}
