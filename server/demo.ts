/**
 * The demo workspace: made on the first start, and brought to its end on the next one if the first was interrupted. Each
 * part looks at what is there, so nothing is done twice.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { mistake } from '../shared/failure.ts'
import type { Clock } from '../shared/time.ts'
import { createWorkspace, listWorkspaces, openRooms, writeDemoOrders, type Rooms } from './assemble.ts'

export interface DemoRequest {
  home: string
  workspace: string
  clock: Clock
  environment: NodeJS.ProcessEnv
  signal: AbortSignal
  say(text: string): void
  /** Imports a file and runs the jobs; the terminal shows bars, the shell nothing. */
  importOrders?(rooms: Rooms, file: string): Promise<void>
  runAll?(rooms: Rooms): Promise<void>
}

const DAY = 86_400_000

/** A small shop: about 42,000 lines, big enough to be worth a chart and small enough to be there in seconds. */
const DEMO = { seed: 1, orders: 12_000, customers: 3_000 }

/** Opens the workspace when all is done; the caller closes it. */
export async function openDemo(request: DemoRequest): Promise<Rooms> {
  const { home, workspace, clock, environment, say } = request
  if (!(await listWorkspaces(home)).includes(workspace)) {
    say(`Making the workspace “${workspace}” from the pack globalmart …`)
    await createWorkspace(home, {
      name: workspace,
      pack: 'globalmart',
      warehouse: { engine: 'embedded', database: `quintile_${workspace.replaceAll('-', '_')}` },
    })
  }
  const rooms = await openRooms({ home, workspace, clock, environment, log: say })
  try {
    await rooms.upgradeWarehouse()
    await fillDemo(rooms, request)
    return rooms
  } catch (thrown) {
    await rooms.close()
    throw thrown
  }
}

/** The same, for a caller that opens the workspace by itself afterwards. */
export async function prepareDemo(request: DemoRequest): Promise<void> {
  await (await openDemo(request)).close()
}

async function fillDemo(rooms: Rooms, request: DemoRequest): Promise<void> {
  const { say, signal, clock } = request
  const { folder, pack } = rooms.workspace
  const name = pack.demo?.import
  const { rows } = await rooms.warehouse.query<{ n: number }>('SELECT count(*)::int AS n FROM quintile.imported_files')
  if (name !== undefined && rows[0]?.n === 0) {
    const file = join(folder, 'demo', 'orders.csv.gz')
    if (!existsSync(file)) {
      say('Writing demo orders …')
      // Until yesterday: a day that is not over would hold orders of the hours to come.
      await writeDemoOrders({ ...DEMO, file, lastDay: clock() - DAY })
    }
    if (request.importOrders === undefined) await importQuietly(rooms, { name, file, signal })
    else await request.importOrders(rooms, file)
  }
  if (request.runAll === undefined) await (await rooms.pipelines.start({ jobs: ['all'], request: 'demo', signal })).done
  else await request.runAll(rooms)
  if (await isSnapshotOld(rooms)) {
    say('Copying the features into the local snapshot …')
    await rooms.sync({ request: 'demo' })
  }
}

/** A failed import stands in the run book; here it also ends the preparation, or the jobs would run over nothing. */
async function importQuietly(rooms: Rooms, request: { name: string; file: string; signal: AbortSignal }): Promise<void> {
  const { run } = await rooms.pipelines.importFile({ ...request, request: 'demo' })
  if (run.error !== null) throw mistake(run.error.code, run.error.message, run.error.hint ?? undefined)
}

async function isSnapshotOld(rooms: Rooms): Promise<boolean> {
  const snapshot = rooms.local.snapshot()
  if (snapshot === null) return true
  const { changed_at } = await rooms.features.asOf()
  return changed_at !== null && Date.parse(changed_at) > Date.parse(snapshot.synced_at)
}
