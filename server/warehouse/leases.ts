/**
 * Leases: the right to run a job, held in the warehouse by one machine at a time. An advisory lock on a connection of its
 * own is the truth (PostgreSQL frees it the moment the holder dies); the row beside it tells people who holds it, and when
 * it was last heard of.
 *
 * The lock is not enough where the network dies half: the server then keeps the connection, and with it the lock, of a
 * holder that can do nothing any more. Whoever wants the job ends that connection once its row has not beaten for a minute.
 * The former holder may be alive all the same (its machine slept): it learns that it has lost the lease at its next beat,
 * and cannot commit before, since each step asks for its row in its own transaction (`assertHeld`).
 */
import type pg from 'pg'
import { Failure } from '../../shared/failure.ts'
import { openClient, type Connection } from './connection.ts'
import { LeaseKeeper, type LeaseTiming } from './lease-keeping.ts'
import { claimRows, leaseName, takeLocks, type TakenOver } from './lease-locks.ts'
import type { Session } from './session.ts'
import { toWarehouseFailure } from './sqlstate.ts'

export { LOCK_SPACE, type TakenOver } from './lease-locks.ts'

export interface LeaseHolder {
  machine: string
  user: string
  pid: number
  run_id: string
  /** For tests; the defaults are meant for use. */
  timing?: Partial<LeaseTiming> | undefined
}

export interface Lease {
  /** Aborted, with a failure `lease.lost` as its reason, when the lease is gone for good. The work must stop. */
  readonly lost: AbortSignal
  /** The holders that these jobs were taken from, because they were dead or silent; for the run book. */
  readonly takenOver: readonly TakenOver[]
  /**
   * The last statement of a step before it commits: no other process can take the jobs between here and the commit. It
   * holds up the beats of the lease until then, so it does not belong at a step’s beginning. Errors: `lease.lost`.
   */
  assertHeld(session: Session): Promise<void>
  /** Gives the jobs back. */
  release(): Promise<void>
}

const TIMING: LeaseTiming = { beat: 10_000, answer: 15_000, silence: 60_000, retake: 5_000 }

/**
 * Takes the lease of every job or of none.
 * Errors: `lease.held` (kind retry), naming the job, who holds it and since when.
 */
export async function holdLeases(connection: Connection, jobs: readonly string[], holder: LeaseHolder): Promise<Lease> {
  const timing = { ...TIMING, ...holder.timing }
  const wanted = [...new Set(jobs)].sort()
  const open = (): Promise<pg.Client> => openLeaseClient(connection, holder.run_id)
  const client = await open()
  let takenOver: TakenOver[]
  try {
    const silent = await takeLocks(client, wanted, { runId: holder.run_id, silence: timing.silence })
    takenOver = [...silent, ...(await claimRows(client, wanted, holder))]
  } catch (thrown) {
    await client.end()
    throw toWarehouseFailure(thrown)
  }
  const keeper = new LeaseKeeper({ client, open, jobs: wanted, runId: holder.run_id, timing })
  keeper.start()
  return {
    lost: keeper.lost,
    takenOver,
    assertHeld: (session) => assertRows(session, wanted, holder.run_id),
    release: () => keeper.release(),
  }
}

/** The server notices within half a minute that the other end is gone, and never ends the connection for being idle. */
const PATIENCE =
  'SET idle_session_timeout = 0; SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 30000'

async function openLeaseClient(connection: Connection, runId: string): Promise<pg.Client> {
  const client = await openClient(connection, leaseName(runId))
  try {
    await client.query(PATIENCE)
    return client
  } catch (thrown) {
    await client.end()
    throw toWarehouseFailure(thrown)
  }
}

/** FOR SHARE waits for a taker’s claim, and makes a later one wait for our commit. */
async function assertRows(session: Session, jobs: readonly string[], runId: string): Promise<void> {
  const { count } = await session.query('SELECT job FROM quintile.leases WHERE run_id = $1 AND job = ANY($2::text[]) FOR SHARE', [
    runId,
    jobs,
  ])
  if (count === jobs.length) return
  throw new Failure({
    kind: 'stop',
    code: 'lease.lost',
    message: 'Another process took this run’s jobs over; the step was rolled back',
    hint: 'Run again when that one has ended; “quintile runs list” shows it.',
    details: { run_id: runId },
  })
}
