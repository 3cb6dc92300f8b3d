/**
 * Leases: the right to run a job, held in the warehouse by one machine at a time. An advisory lock on a connection of its
 * own is the truth (PostgreSQL frees it the moment the holder dies); the row beside it tells people who holds it.
 */
import { Failure } from '../../shared/failure.ts'
import { openClient, type Connection } from './connection.ts'
import { toWarehouseFailure } from './sqlstate.ts'

export interface LeaseHolder {
  machine: string
  user: string
  pid: number
  run_id: string
}

export interface Lease {
  /** Gives the jobs back. */
  release(): Promise<void>
}

/** First key of the two-key advisory locks of ours; keeps them apart from locks of other programs. */
const LOCK_SPACE = 0x51_55_49_4e
/** Often enough that "last heartbeat" is useful to a person, rare enough to cost nothing. */
const HEARTBEAT_MILLISECONDS = 10_000

/** A row per job, whatever became of its former holder: the lock has already decided. */
const CLAIM = `
  INSERT INTO quintile.leases (job, machine, user_name, pid, run_id, acquired_at, heartbeat_at)
  SELECT job, $2, $3, $4, $5, now(), now() FROM unnest($1::text[]) AS job
  ON CONFLICT (job) DO UPDATE SET machine = excluded.machine, user_name = excluded.user_name, pid = excluded.pid,
    run_id = excluded.run_id, acquired_at = now(), heartbeat_at = now()`

/**
 * Takes the lease of every job or of none.
 * Errors: `lease.held` (kind retry), naming the job, who holds it and since when.
 */
export async function holdLeases(connection: Connection, jobs: readonly string[], holder: LeaseHolder): Promise<Lease> {
  const client = await openClient(connection, 'quintile lease')
  try {
    const locked = await client.query<{ job: string; got: boolean }>(
      // Sorted, so that two machines that want overlapping jobs never wait in a ring (they do not wait at all).
      `SELECT job, pg_try_advisory_lock(${String(LOCK_SPACE)}, hashtext(job)) AS got FROM unnest($1::text[]) AS job ORDER BY job`,
      [[...jobs].sort()],
    )
    const taken = locked.rows.find((row) => !row.got)
    if (taken !== undefined) throw await heldBy(client, taken.job)
    await client.query(CLAIM, [jobs, holder.machine, holder.user, holder.pid, holder.run_id])
  } catch (thrown) {
    await client.end()
    throw toWarehouseFailure(thrown)
  }
  const heartbeat = setInterval(() => {
    client.query('UPDATE quintile.leases SET heartbeat_at = now() WHERE run_id = $1', [holder.run_id]).catch(() => undefined)
  }, HEARTBEAT_MILLISECONDS)
  heartbeat.unref()
  return {
    release: async () => {
      clearInterval(heartbeat)
      await client.query('DELETE FROM quintile.leases WHERE run_id = $1', [holder.run_id]).catch(() => undefined)
      await client.end().catch(() => undefined)
    },
  }
}

async function heldBy(client: Awaited<ReturnType<typeof openClient>>, job: string): Promise<Failure> {
  const { rows } = await client.query<{ machine: string; user_name: string; pid: number; run_id: string; age: string }>(
    `SELECT machine, user_name, pid, run_id, extract(epoch FROM now() - heartbeat_at)::int::text AS age FROM quintile.leases WHERE job = $1`,
    [job],
  )
  const row = rows[0]
  const who =
    row === undefined
      ? 'another process'
      : `${row.user_name} on ${row.machine} (process ${String(row.pid)}), last heartbeat ${row.age} s ago`
  return new Failure({
    kind: 'retry',
    code: 'lease.held',
    message: `“${job}” is in use by ${who}`,
    hint: 'Wait until that run has ended; “quintile runs list” shows it.',
    details: row === undefined ? { job } : { job, run_id: row.run_id, machine: row.machine },
  })
}
