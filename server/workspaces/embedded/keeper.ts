/**
 * The keeper: a small process of its own that runs PostgreSQL as long as anybody uses it.
 *
 *   candidate ─▶ starting ─▶ ready ─▶ stopping ─▶ (gone)
 *                   ▲  │        │
 *                   │  ▼        │ PostgreSQL died
 *                   │ failed    │
 *                   └───────────┘
 *
 * It is a process of its own, because the programs that share the server end in any order, and by any means. It is in a
 * session of its own, so Ctrl-C in a terminal reaches the program, which can then close its work, but not PostgreSQL.
 * It imports Node's own modules only, to be up within 50 ms.
 */
import type { Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Failure, toFailure } from '../../../shared/failure.ts'
import { prepareBinaries, type Binaries } from './binaries.ts'
import { claim } from './claim.ts'
import { ensureData } from './initialize.ts'
import { findPlaces, sharedFolder, type Places } from './places.ts'
import { openReception, type Reception } from './reception.ts'
import { startServer, type Running } from './running.ts'
import type { KeeperRequest } from './wire.ts'

/**
 * Who starts a keeper connects within milliseconds. Nobody comes when it has been killed, or has found another keeper, which
 * is gone by now; so PostgreSQL is not started before somebody is there.
 */
const firstUserMs = 2_000
/** So that a server that dies again and again (a damaged page, too little memory) is not started for ever: 5 within 10 minutes. */
const restartsAllowed = 5
const restartsWithinMs = 600_000

interface Service {
  request: KeeperRequest
  reception: Reception
  places: Places
  binaries: Binaries
}

async function keep(request: KeeperRequest): Promise<void> {
  const reception = openReception()
  const server = await claim(request.home, (socket) => reception.receive(socket))
  if (server === undefined) return
  reception.announce({ state: 'starting', keeper: process.pid })
  try {
    if (await reception.someoneComes(firstUserMs)) await serve(await prepare(request, reception))
  } catch (thrown) {
    await fail(reception, toFailure(thrown))
  }
  await close(server)
}

async function prepare(request: KeeperRequest, reception: Reception): Promise<Service> {
  const places = findPlaces(request.home)
  if (places.base !== places.room)
    reception.note(`PostgreSQL's data lies in ${places.base}, because its user cannot enter ${request.home}.`)
  const copies = places.user === undefined ? join(places.room, 'binaries') : join(sharedFolder, 'binaries')
  const binaries = prepareBinaries({ packageFolder: request.packageFolder, copies, user: places.user, note: reception.note })
  await ensureData(places, binaries, { durable: request.durable, note: reception.note })
  return { request, reception, places, binaries }
}

/** Runs the server until nobody uses it, starting it again when it dies under its users. */
async function serve(service: Service): Promise<void> {
  const { reception } = service
  const terminated = new Promise<'enough'>((resolve) => process.once('SIGTERM', () => resolve('enough')))
  let running = await start(service, service.request.preferredPort)
  const enough = Promise.race([terminated, reception.deserted().then(() => 'enough' as const)])
  let deaths: number[] = []
  while ((await Promise.race([enough, running.ended])) !== 'enough') {
    deaths = [...deaths, performance.now()].filter((time) => time > performance.now() - restartsWithinMs)
    if (deaths.length > restartsAllowed) throw keepsDying(service.places)
    reception.note('PostgreSQL ended unexpectedly; starting it again.')
    reception.announce({ state: 'starting', keeper: process.pid })
    running = await start(service, running.port)
  }
  reception.announce({ state: 'stopping', keeper: process.pid })
  await running.stop()
}

async function start({ request, reception, places, binaries }: Service, preferredPort: number | undefined): Promise<Running> {
  const running = await startServer({ places, binaries, durable: request.durable, preferredPort, note: reception.note })
  const { pid, port } = running
  const facts = { keeper: process.pid, version: binaries.version, dataFolder: places.data, users: reception.users.size }
  reception.announce({ state: 'ready', pid, port, ...facts })
  return running
}

/** Stays until everyone who waits has been told, so that the reason is not lost. */
async function fail(reception: Reception, failure: Failure): Promise<void> {
  process.stderr.write(`${failure.stack ?? failure.message}\n`)
  reception.announce({ state: 'failed', kind: failure.kind, ...failure.report() })
  await Promise.race([reception.deserted(), pause(firstUserMs)])
}

/** Closing removes the socket's file. Connections still open end with the process. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close()
    setImmediate(resolve)
  })
}

function keepsDying(places: Places): Failure {
  return new Failure({
    kind: 'stop',
    code: 'embedded.start-failed',
    message: `PostgreSQL has died ${restartsAllowed + 1} times within 10 minutes on ${places.data}.`,
    hint: `The reason is in ${places.log}. If other programs use much memory, close them.`,
  })
}

process.on('SIGINT', () => {})
process.on('SIGHUP', () => {})
const request = process.argv.find((argument) => argument.startsWith('--keeper='))
if (request !== undefined) {
  await keep(JSON.parse(request.slice('--keeper='.length)) as KeeperRequest)
  process.exit(0)
}
