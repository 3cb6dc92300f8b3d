/** Leases on a database of each test’s own, and what happens to their connections and rows behind their backs. */
import { afterEach, beforeEach } from 'vitest'
import { holdLeases, openWarehouse, type Connection, type Lease, type LeaseHolder, type Warehouse } from '../../server/warehouse/index.ts'
import { createDatabase, dropDatabase } from '../tools/with-warehouse.ts'
import { sql } from './people.ts'
import { schemaOf } from './sets.ts'

const TEMPLATE = {
  name: 'leases',
  build: async (empty: Connection) => void (await schemaOf(empty).move({ verb: 'upgrade', set: 'engine' })),
}

export const newHolder = (machine: string, timing?: LeaseHolder['timing']): LeaseHolder => ({
  machine,
  user: 'ana',
  pid: 7,
  run_id: crypto.randomUUID(),
  timing,
})

/** Call at the top of a file; what a test held is given back after it. */
export function withLeases() {
  let connection: Connection
  let warehouse: Warehouse
  let held: Lease[]
  beforeEach(async () => {
    connection = await createDatabase(TEMPLATE)
    warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(connection) })
    held = []
  })
  afterEach(async () => {
    for (const lease of held) await lease.release()
    await warehouse.close()
    await dropDatabase(connection)
  })
  const query = <R>(text: string, values?: unknown[]): Promise<R[]> => sql<R>(connection, text, values)
  const backendOf = async (runId: string): Promise<number> =>
    (await query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE application_name = $1', [`quintile lease ${runId}`]))[0]!.pid
  return {
    get connection(): Connection {
      return connection
    },
    get warehouse(): Warehouse {
      return warehouse
    },
    query,
    backendOf,
    hold: async (jobs: readonly string[], holder: LeaseHolder, as = connection): Promise<Lease> => {
      const lease = await holdLeases(as, jobs, holder)
      held.push(lease)
      return lease
    },
    /** Sets the last beat of a run that many seconds back. */
    grow: (runId: string, seconds: number): Promise<unknown> =>
      query('UPDATE quintile.leases SET heartbeat_at = now() - make_interval(secs => $2) WHERE run_id = $1', [runId, seconds]),
    /** Ends a run’s lease connection, as a cut network or an administrator would; resolves when it is gone. */
    cut: async (runId: string): Promise<unknown> => query('SELECT pg_terminate_backend($1, 5000)', [await backendOf(runId)]),
    rows: (): Promise<{ job: string; machine: string }[]> => query('SELECT job, machine FROM quintile.leases ORDER BY job'),
    /** Asks again and again until it is so; the test’s own time limit ends it otherwise. */
    until: async (isSo: () => Promise<boolean>): Promise<void> => {
      while (!(await isSo())) await query('SELECT pg_sleep(0.02)')
    },
  }
}

/** Resolves with why the lease was lost. */
export function lostReason(lease: Lease): Promise<unknown> {
  return new Promise((resolve) => {
    const tell = (): void => resolve(lease.lost.reason)
    if (lease.lost.aborted) tell()
    else lease.lost.addEventListener('abort', tell, { once: true })
  })
}
