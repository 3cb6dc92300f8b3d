/**
 * Setup file of vitest: a test file that leaves a timer, socket, server, child process or worker running fails, and the
 * error says of which kind. What `unref` was called on does not count, since it keeps nothing alive.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as pause } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll } from 'vitest'

/** Node's names for what outlives a test only by mistake; files, DNS and immediates end by themselves. */
const KINDS: Readonly<Record<string, string>> = {
  Timeout: 'timer',
  TCPSocketWrap: 'TCP connection',
  TCPServerWrap: 'TCP server',
  PipeWrap: 'pipe or Unix socket',
  PipeServerWrap: 'Unix socket server',
  ProcessWrap: 'child process',
  FSEventWrap: 'file watcher',
}

// Closing a socket takes a few turns of the event loop: 100 looks of 20 ms, and none where nothing is open.
const LOOKS = 100
const LOOK_MS = 20

const workers = new Set<Worker>()
let before = new Map<string, number>()

function countByKind(): Map<string, number> {
  const counts = new Map<string, number>(workers.size === 0 ? [] : [['worker thread', workers.size]])
  for (const name of process.getActiveResourcesInfo()) {
    const kind = KINDS[name]
    if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/** What is open now and was not open before the first test, such as `2 × timer`. */
function leftOpen(): string[] {
  return [...countByKind()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0)
    return more > 0 ? [`${String(more)} × ${kind}`] : []
  })
}

function watchWorker(message: unknown): void {
  const { worker } = message as { worker: Worker }
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
}

beforeAll(() => {
  before = countByKind()
  // The one timer that may run now is vitest's report of progress (100 ms); it is gone when the last look is taken.
  before.delete('timer')
  subscribe('worker_threads', watchWorker)
})

// Registered before any hook of the test file, so it runs after all of them.
afterAll(async () => {
  let open = leftOpen()
  for (let looks = 0; open.length > 0 && looks < LOOKS; looks += 1) {
    await pause(LOOK_MS)
    open = leftOpen()
  }
  unsubscribe('worker_threads', watchWorker)
  if (open.length > 0) throw new Error(`This test file left open: ${open.join(', ')}. Close what it opens.`)
})
