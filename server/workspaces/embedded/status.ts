/** Looking at the server of a home without touching it. */
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { addressesOf } from './claim.ts'
import { findPlaces, hasData, roomOf } from './places.ts'
import { isPostmaster, readPidFile } from './postmaster.ts'
import { onAnswer, type KeeperState } from './wire.ts'

export interface EmbeddedStatus {
  /**
   * `absent`: never started, there is no data yet.
   * `abandoned`: keeper and programs were killed, but not PostgreSQL; the next program takes it over.
   */
  state: 'absent' | 'stopped' | 'starting' | 'running' | 'stopping' | 'abandoned'
  dataFolder: string
  logFolder: string
  /** The major version that the data belongs to, such as `18`; null while absent. */
  dataVersion: string | null
  /** Set while running. */
  server: { port: number; pid: number; keeper: number; version: string; users: number } | null
}

/** Neither starts the server nor counts as a user. Throws `embedded.unreachable`. */
export async function embeddedStatus(folder: string): Promise<EmbeddedStatus> {
  const home = resolve(folder)
  const { base, data, log } = findPlaces(home)
  const dataVersion = hasData(base) ? readFileSync(join(data, 'PG_VERSION'), 'utf8').trim() : null
  const place = { dataFolder: data, logFolder: log, dataVersion }
  const answer = (await keepersOf(home)).find(({ state }) => state !== 'candidate' && state !== 'failed')
  if (answer?.state === 'ready') {
    const { port, pid, keeper, version, users } = answer
    return { ...place, state: 'running', server: { port, pid, keeper, version, users } }
  }
  if (answer?.state === 'starting' || answer?.state === 'stopping') return { ...place, state: answer.state, server: null }
  if (dataVersion === null) return { ...place, state: 'absent', server: null }
  return { ...place, state: serves(data) ? 'abandoned' : 'stopped', server: null }
}

/** True when PostgreSQL runs on the data folder, but no keeper that would ever stop it. */
export async function isAbandoned(home: string, data: string): Promise<boolean> {
  return serves(data) && (await keepersOf(home)).length === 0
}

function serves(data: string): boolean {
  const file = readPidFile(data)
  return file !== undefined && isPostmaster(file.pid, data)
}

async function keepersOf(home: string): Promise<KeeperState[]> {
  if (!existsSync(roomOf(home))) return []
  const answers = await Promise.all(addressesOf(home).map(look))
  return answers.filter((answer) => answer !== undefined)
}

function look(address: string): Promise<KeeperState | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address, () => socket.write('look\n'))
    onAnswer(socket, (answer) => {
      if (!('state' in answer)) return
      resolve(answer)
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.once('close', () => resolve(undefined))
  })
}
