/** Serves one workspace: the API and the screen, on loopback for a browser or on a socket for the shell. */
import { chmodSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { contract } from '../shared/contract/index.ts'
import type { LiveEvent } from '../shared/contract/events.ts'
import { mistake, toFailure } from '../shared/failure.ts'
import { openApi } from './api/index.ts'
import type { Rooms } from './assemble.ts'
import { answerCalls, movedData, runReport } from './calls.ts'
import { reportCsv, segmentCsv } from './exports.ts'
import { followLive } from './live.ts'
import type { UnderWay } from './run-calls.ts'
import { rejectsCsv, runExport, runLog } from './run-exports.ts'
import { VERSION } from './version.ts'

export type Listen = { kind: 'loopback'; port: number } | { kind: 'socket'; path: string }

export interface ServeRequest {
  listen: Listen
  /** Secret of scripts and of the shell. */
  token: string
  log(thrown: unknown): void
}

export interface Serving {
  /** Address to print, with its one-time code; null on a socket. */
  url: string | null
  close(): Promise<void>
}

/** `dist/renderer/`, from the source as from the bundle in `dist/server/`. */
const SCREEN = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/renderer' : '../renderer', import.meta.url))

/** Errors: `serve.port-taken`. */
export async function serve(rooms: Rooms, { listen, token, log }: ServeRequest): Promise<Serving> {
  const underWay: UnderWay = new Map()
  let address = ''
  const onSocket = listen.kind === 'socket'
  const { app, oneTimePath, broadcast } = openApi({
    // Only called once requests come in, when `broadcast` stands.
    handlers: answerCalls(rooms, { underWay, log, broadcast: (event) => broadcast(event) }),
    files: {
      '/api/segments/:segment/export.csv': ({ segment = '', filter }) => segmentCsv(rooms, segment, filter),
      '/api/reports/:report/export.csv': async (asked) =>
        reportCsv(rooms, await runReport(rooms, contract['reports.run'].params.parse(asked))),
      '/api/runs/:run/rejects.csv': ({ run = '' }) => rejectsCsv(rooms, { run_id: run }),
      '/api/runs/:run/log.txt': ({ run = '' }) => runLog(rooms, run),
      '/api/runs/:run/run.json': ({ run = '' }) => runExport(rooms, run),
    },
    screen: SCREEN,
    version: VERSION,
    token,
    host: () => (onSocket ? 'quintile' : address),
    origin: () => (onSocket ? 'app://quintile' : `http://${address}`),
    log,
  })
  const server = createServer(app)
  address = await startListening(server, listen)
  const watch = startWatching(rooms, { broadcast, log })
  // A demo whose source is an API needs somebody who answers; without it only the jobs that read it fail.
  const service = await rooms.demo.serve({ say: (text) => log(new Error(text)) }).catch(log)
  return {
    url: onSocket ? null : `http://${address}${oneTimePath}`,
    close: async () => {
      for (const controller of underWay.values()) controller.abort()
      await watch.close()
      await service?.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        // Event streams never end by themselves.
        server.closeAllConnections()
      })
    },
  }
}

/** What goes on while the server does: runs of killed processes are closed, schedules tick, live events are passed on. */
function startWatching(
  rooms: Rooms,
  { broadcast, log }: { broadcast: (event: LiveEvent) => void; log: (thrown: unknown) => void },
): { close(): Promise<void> } {
  const feed = followLive(rooms, (event) => {
    broadcast(event)
    void followWithSnapshot(rooms, { event, broadcast, log })
  })
  // A run whose process was killed would look as if it went on; without the warehouse there is nothing to look at.
  const closeInterrupted = (): void => void rooms.runs.book.closeInterrupted().catch(log)
  closeInterrupted()
  // Once more when a lease that was alive a moment ago must have beaten again.
  const later = setTimeout(closeInterrupted, 20_000).unref()
  rooms.runs.tidyUp().catch(log)
  rooms.onChange((what) => broadcast({ type: 'changed', what }))
  startSchedules(rooms).catch(log)
  return {
    close: async () => {
      clearTimeout(later)
      await feed.close()
    },
  }
}

/** A warehouse that a newer Quintile has upgraded is only read: no tick is written there. */
async function startSchedules(rooms: Rooms): Promise<void> {
  if ((await rooms.readOnly().catch(() => null)) === null) await rooms.schedules.start()
}

/** After a run that moved data, of whatever process, the snapshot is made anew; the screen is told when it stands. */
async function followWithSnapshot(
  rooms: Rooms,
  { event, broadcast, log }: { event: LiveEvent; broadcast: (event: LiveEvent) => void; log: (thrown: unknown) => void },
): Promise<void> {
  if (event.type !== 'run') return
  const { run } = event
  if (run.ended_at !== null) {
    // Never rejects; a slow mail server must not hold the snapshot up.
    void rooms.schedules.onRunEnded(run)
    await rooms.runs.tidyUp().catch(log)
  }
  if (run.kind === 'sync' && run.status === 'succeeded') broadcast({ type: 'snapshot', snapshot_id: run.run_id })
  if (!movedData(run)) return
  try {
    await rooms.sync({ request: `after run ${run.run_id}` })
  } catch (thrown) {
    // Another process syncs already; its snapshot is as good as ours.
    if (toFailure(thrown).code !== 'lease.held') log(thrown)
  }
}

function startListening(server: Server, listen: Listen): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' || listen.kind === 'socket') return reject(error)
      reject(
        mistake('serve.port-taken', `Port ${String(listen.port)} is in use`, 'Choose another with --port, or leave it out for a free one.'),
      )
    })
    if (listen.kind === 'socket') {
      server.listen(listen.path, () => {
        // On Windows a pipe has no mode; its access list already names this user alone.
        if (process.platform !== 'win32') chmodSync(listen.path, 0o600)
        resolve(listen.path)
      })
    } else {
      server.listen(listen.port, '127.0.0.1', () => resolve(`127.0.0.1:${String((server.address() as AddressInfo).port)}`))
    }
  })
}
