/**
 * The demo workspace: made on the first start, and brought to its end on the next one if the first was interrupted. Each
 * part looks at what is there, so nothing is done twice.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { mistake } from '../shared/failure.ts'
import type { Clock } from '../shared/time.ts'
import { createWorkspace, listWorkspaces, openRooms, writeDemoOrders, type DemoNote, type Rooms, type Scale } from './assemble.ts'

export interface DemoData {
  pack: string
  scale: Scale
  seed: number
  /** In the place of the scale's numbers, by the generator's option names. */
  sizes: Readonly<Record<string, number>>
  /** Removes what a demo of this workspace made before, and begins again. */
  clean: boolean
}

export interface DemoRequest {
  home: string
  workspace: string
  clock: Clock
  environment: NodeJS.ProcessEnv
  signal: AbortSignal
  say(text: string): void
  /** What to make; by default the retail pack, small, with seed 1. */
  data?: Partial<DemoData>
  /** Imports a file and runs the jobs; the terminal shows bars, the shell nothing. */
  importOrders?(rooms: Rooms, file: string): Promise<void>
  runAll?(rooms: Rooms): Promise<void>
}

const DAY = 86_400_000

const DEFAULTS: DemoData = { pack: 'globalmart', scale: 'small', seed: 1, sizes: {}, clean: false }

/** A small shop: about 42,000 lines, big enough to be worth a chart and small enough to be there in seconds. */
const DEMO_ORDERS = { orders: 12_000, customers: 3_000 }

/** Opens the workspace when all is done; the caller closes it. Errors: `demo.other-pack`, `demo.other-data`, those of its parts. */
export async function openDemo(request: DemoRequest): Promise<Rooms> {
  const data = { ...DEFAULTS, ...request.data }
  if (data.clean) await removeDemo(request)
  await makeWorkspace(request, data.pack)
  const rooms = await openWorkspace(request)
  try {
    if (rooms.workspace.settings.pack !== data.pack && request.data?.pack !== undefined)
      throw mistake(
        'demo.other-pack',
        `The workspace “${request.workspace}” is of the pack ${rooms.workspace.settings.pack}`,
        `Name another one: quintile demo --pack ${data.pack} --workspace NAME`,
      )
    await rooms.upgradeWarehouse()
    const service = await rooms.demo.serve(request)
    try {
      await fillDemo(rooms, { request, data })
    } finally {
      await service?.close()
    }
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

function openWorkspace({ home, workspace, clock, environment, say }: DemoRequest): Promise<Rooms> {
  return openRooms({ home, workspace, clock, environment, log: say })
}

async function makeWorkspace({ home, workspace, say }: DemoRequest, pack: string): Promise<void> {
  if ((await listWorkspaces(home)).includes(workspace)) return
  say(`Making the workspace “${workspace}” from the pack ${pack} …`)
  const warehouse = { engine: 'embedded' as const, database: `quintile_${workspace.replaceAll('-', '_')}` }
  await createWorkspace(home, { name: workspace, pack, warehouse })
}

async function removeDemo(request: DemoRequest): Promise<void> {
  if (!(await listWorkspaces(request.home)).includes(request.workspace)) return
  request.say(`Removing what the workspace “${request.workspace}” held …`)
  const rooms = await openWorkspace(request)
  try {
    if ((await rooms.demo.note()) === null && rooms.workspace.pack.demo?.import === undefined)
      throw mistake(
        'demo.not-a-demo',
        `The workspace “${request.workspace}” was not made by a demo, so --clean does not remove it`,
        'Name another one: --workspace NAME',
      )
    await rooms.demo.remove()
  } finally {
    await rooms.close()
  }
}

async function fillDemo(rooms: Rooms, { request, data }: { request: DemoRequest; data: DemoData }): Promise<void> {
  const { say, signal } = request
  if (rooms.workspace.pack.demo?.import !== undefined) await importDemoOrders(rooms, { request, seed: data.seed })
  else await fillSources(rooms, { request, data })
  if (request.runAll === undefined) await (await rooms.pipelines.start({ jobs: ['all'], request: 'demo', signal })).done
  else await request.runAll(rooms)
  if (await isSnapshotOld(rooms)) {
    say('Copying the features into the local snapshot …')
    await rooms.sync({ request: 'demo' })
  }
}

/** Until the end of yesterday: a day that is not over would hold rows of the hours to come. */
async function fillSources(rooms: Rooms, { request, data }: { request: DemoRequest; data: DemoData }): Promise<DemoNote> {
  const { clock, signal, say } = request
  const { seed, scale, sizes } = data
  return rooms.demo.fill({ seed, scale, sizes, signal, say, until: Math.floor(clock() / DAY) * DAY })
}

async function importDemoOrders(rooms: Rooms, { request, seed }: { request: DemoRequest; seed: number }): Promise<void> {
  const { say, signal, clock } = request
  const { folder, pack } = rooms.workspace
  const name = pack.demo?.import ?? ''
  const { rows } = await rooms.warehouse.query<{ n: number }>('SELECT count(*)::int AS n FROM quintile.imported_files')
  if (rows[0]?.n !== 0) return
  const file = join(folder, 'demo', 'orders.csv.gz')
  if (!existsSync(file)) {
    say('Writing demo orders …')
    await writeDemoOrders({ ...DEMO_ORDERS, seed, file, lastDay: clock() - DAY })
  }
  if (request.importOrders === undefined) await importQuietly(rooms, { name, file, signal })
  else await request.importOrders(rooms, file)
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
