/** A demo of a pack on the test server: warehouse and source databases of its own, filled by the pack's generator. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { createWorkspace, openRooms, type Rooms, type Scale } from '../../server/assemble.ts'
import type { StartRequest } from '../../server/pipelines/index.ts'
import { ensureDatabase, type Connection } from '../../server/warehouse/index.ts'
import type { RunDetail } from '../../shared/run.ts'

/** The last moment of test demos: Monday, 2 November 2026, 00:00 UTC. */
export const DEMO_UNTIL = Date.UTC(2026, 10, 2)

export interface TestPack {
  rooms: Rooms
  folder: string
  /** Runs jobs to their end and answers with the run from the book. */
  run(options?: Partial<StartRequest>): Promise<RunDetail>
  /** Rows of the warehouse. */
  rows<R = Record<string, unknown>>(sql: string): Promise<R[]>
  /** Rows of a source's database; also for changes by hand. */
  sourceRows<R = Record<string, unknown>>(source: string, sql: string): Promise<R[]>
  /** The sources live on for so many minutes of the demo's own time, in ticks of one minute. */
  live(minutes: number, rate?: number): Promise<Record<string, number>>
  /** Closes everything and drops the databases. */
  close(): Promise<void>
}

export interface TestPackRequest {
  pack: string
  scale?: Scale
  seed?: number
  sizes?: Record<string, number>
  /** False leaves the sources without tables. */
  fill?: boolean
  environment?: NodeJS.ProcessEnv
  /** Changes the workspace’s files before it is opened. */
  prepare?: (folder: string) => Promise<void>
}

/** Makes workspace, warehouse and sources; runs no job. */
export async function openTestPack(request: TestPackRequest): Promise<TestPack> {
  const home = await mkdtemp(join(tmpdir(), 'quintile-test-pack-'))
  const name = `t${randomUUID().slice(0, 8)}`
  const { folder } = await createWorkspace(home, {
    name,
    pack: request.pack,
    warehouse: { engine: 'embedded', database: `${name}_warehouse` },
  })
  await request.prepare?.(folder)
  const embedded = async (database: string): Promise<Connection> => {
    const connection = { ...inject('warehouseServer'), database }
    await ensureDatabase(connection)
    return connection
  }
  const environment = { ...process.env, ...request.environment }
  const rooms = await openRooms({ ...{ home, workspace: name, clock: Date.now, environment, embedded }, log: () => undefined })
  const signal = new AbortController().signal
  await rooms.upgradeWarehouse()
  if (request.fill !== false)
    await rooms.demo.fill({
      ...{ seed: request.seed ?? 1, scale: request.scale ?? 'small', sizes: request.sizes ?? {} },
      ...{ until: DEMO_UNTIL, signal, say: () => undefined },
    })
  return {
    ...{ rooms, folder },
    run: async (options = {}) => {
      const { done } = await rooms.pipelines.start({ jobs: ['all'], request: 'test', signal, ...options })
      return rooms.runs.show((await done).run_id)
    },
    rows: async (sql) => (await rooms.warehouse.query(sql)).rows as never,
    sourceRows: async (source, sql) => (await (await rooms.demo.database(source)).query(sql)).rows as never,
    live: (minutes, rate = 60) => liveFor(rooms, { minutes, rate, signal }),
    close: async () => {
      await rooms.demo.remove()
      await rooms.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function liveFor(rooms: Rooms, { minutes, rate, signal }: { minutes: number; rate: number; signal: AbortSignal }) {
  const start = (await rooms.demo.note())?.lived_until ?? DEMO_UNTIL
  const sum: Record<string, number> = {}
  for (let minute = 1; minute <= minutes; minute += 1)
    for (const [table, count] of Object.entries(await rooms.demo.live({ to: start + minute * 60_000, rate, signal })))
      sum[table] = (sum[table] ?? 0) + count
  return sum
}
