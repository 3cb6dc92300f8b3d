/** A globalmart workspace on the test file's own database, with a clock that tests set. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorkspace, openRooms, type Rooms } from '../../server/assemble.ts'
import type { Connection } from '../../server/warehouse/index.ts'

export interface TestWorkspace {
  rooms: Rooms
  home: string
  name: string
  folder: string
  /** Closes the rooms and removes the folder. */
  close(): Promise<void>
}

export const TEST_PASSWORD_VARIABLE = 'QUINTILE_TEST_WAREHOUSE_PASSWORD'

export async function openTestWorkspace(
  connection: Connection,
  options: { clock?: () => number; upgrade?: boolean } = {},
): Promise<TestWorkspace> {
  const home = await mkdtemp(join(tmpdir(), 'quintile-test-home-'))
  const { host, port, user, database, password = '' } = connection
  const name = 'shop'
  const { folder } = await createWorkspace(home, {
    name,
    pack: 'globalmart',
    warehouse: { engine: 'postgres', host, port, user, database, tls: 'off', password_env: TEST_PASSWORD_VARIABLE },
  })
  const environment = { ...process.env, [TEST_PASSWORD_VARIABLE]: password }
  const rooms = await openRooms({ home, workspace: name, clock: options.clock ?? Date.now, environment, log: () => undefined })
  if (options.upgrade !== false) await rooms.upgradeWarehouse()
  const workspace: TestWorkspace = {
    rooms,
    home,
    name,
    folder,
    close: async () => {
      // Those that are open now: a test may have opened it again.
      await workspace.rooms.close()
      await rm(home, { recursive: true, force: true })
    },
  }
  return workspace
}

export interface OrderLine {
  document?: string
  product?: string
  name?: string
  quantity?: number
  price?: number
  at: string
  customer?: string | null
  country?: string | null
}

/** Puts lines straight into the source, as an import would: ids go on from the last, and the source is marked as changed. */
export async function addOrderLines(rooms: Rooms, lines: readonly OrderLine[]): Promise<void> {
  await rooms.warehouse.withTransaction(async (session) => {
    for (const line of lines) {
      await session.query(
        `INSERT INTO imported.order_lines (line_id, document_number, product_id, product_name, quantity, unit_price, ordered_at, customer_id, country)
         SELECT coalesce(max(line_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 FROM imported.order_lines`,
        [
          line.document ?? 'd1',
          line.product ?? 'p1',
          line.name ?? 'Mug',
          line.quantity ?? 1,
          line.price ?? 10,
          line.at,
          line.customer === undefined ? 'near' : line.customer,
          line.country === undefined ? 'UK' : line.country,
        ],
      )
    }
    await session.query(
      `INSERT INTO quintile.targets (target, changed_run_id, changed_at) VALUES ('imported.order_lines', gen_random_uuid(), clock_timestamp())
       ON CONFLICT (target) DO UPDATE SET changed_run_id = excluded.changed_run_id, changed_at = excluded.changed_at`,
    )
  })
}

/** Runs jobs to their end and answers with the run from the book. */
export async function runJobs(rooms: Rooms, jobs: readonly string[] = ['all']) {
  const { done } = await rooms.pipelines.start({ jobs, request: 'test', signal: new AbortController().signal })
  return rooms.runs.show((await done).run_id)
}
