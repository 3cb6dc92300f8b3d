/** Taking the locks of jobs, from dead holders too, and the rows that tell who has them. */
import type pg from 'pg'
import { Failure } from '../../shared/failure.ts'
import type { LeaseHolder } from './leases.ts'

/** A holder whose job was taken over. */
export interface TakenOver {
  job: string
  machine: string
  user: string
  pid: number
  run_id: string
  /** Seconds since it was last heard of. */
  last_heartbeat_seconds: number
  /** True when its connection still stood and was ended; false when it had died and left its row. */
  terminated: boolean
}

/** First key of the two-key advisory locks of ours; keeps them apart from locks of other programs. */
export const LOCK_SPACE = 0x51_55_49_4e

/** How long PostgreSQL may take to end a connection: it waits in a read, so it is at once. */
const TERMINATION_MILLISECONDS = 5_000

const NAME = 'quintile lease'

/** `application_name` of the connection that holds a run’s leases: how a later holder knows whose connection it ends. */
export function leaseName(runId: string): string {
  return `${NAME} ${runId}`
}

// Sorted, so that two machines that want overlapping jobs never wait in a ring (they do not wait at all).
const LOCK = `SELECT job, pg_try_advisory_lock(${String(LOCK_SPACE)}, hashtext(job)) AS got FROM unnest($1::text[]) AS job ORDER BY job`

/** Who holds the lock of a job, and what the row says of it. The row is the holder’s own only where the names agree. */
const HOLDER = `
  SELECT l.job, l.machine, l.user_name, l.pid, l.run_id::text, extract(epoch FROM clock_timestamp() - l.heartbeat_at)::float8 AS age,
    k.pid AS backend, a.application_name = '${NAME} ' || l.run_id AS is_holder
  FROM quintile.leases l
  LEFT JOIN pg_locks k ON k.locktype = 'advisory' AND k.granted AND k.objsubid = 2 AND k.classid = ${String(LOCK_SPACE)}
    AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND k.objid = (hashtext(l.job)::bigint & 4294967295)::oid AND k.pid <> pg_backend_pid()
  LEFT JOIN pg_stat_activity a ON a.pid = k.pid
  WHERE l.job = ANY($1::text[]) ORDER BY l.job`

interface HolderRow {
  job: string
  machine: string
  user_name: string
  pid: number
  run_id: string
  age: number
  backend: number | null
  is_holder: boolean | null
}

/** Long enough for a step of the silent holder to commit, if it is about to. */
const FENCE_LOCK_TIMEOUT = '10s'

/**
 * The rows of silent holders become ours, if they still are theirs and still silent: from here on such a process, should it
 * be alive after all, can neither commit nor take its jobs up again. What else its run held is struck out.
 */
const FENCE = `
  UPDATE quintile.leases l SET run_id = $1, heartbeat_at = clock_timestamp()
  FROM unnest($2::text[], $3::uuid[]) AS dead (job, run_id)
  WHERE l.job = dead.job AND l.run_id = dead.run_id AND l.heartbeat_at < clock_timestamp() - make_interval(secs => $4)`

interface Taking {
  runId: string
  /** Milliseconds without a beat after which a holder counts as dead. */
  silence: number
}

/**
 * Takes the lock of every job or throws. A holder that has been silent for too long loses its connection; one with our own
 * run id (a connection of ours that the server still keeps) does at once. Returns the silent ones.
 * Errors: `lease.held`.
 */
export async function takeLocks(client: pg.Client, jobs: readonly string[], taking: Taking): Promise<TakenOver[]> {
  const { runId, silence } = taking
  const refused = await tryLocks(client, jobs)
  if (refused.length === 0) return []
  const { rows: holders } = await client.query<HolderRow>(HOLDER, [refused])
  for (const job of refused) {
    // A row of somebody else than who has the lock says nothing of the one who has it.
    const holder = holders.find((row) => row.job === job && row.is_holder === true)
    const isDead = holder !== undefined && (holder.run_id === runId || holder.age * 1000 > silence)
    // Nobody is touched unless all can be had.
    if (!isDead) throw heldBy(job, holder, null)
  }
  const silent = holders.filter((row) => row.run_id !== runId)
  for (const holder of holders) await refuseUnlessMayEnd(client, holder)
  try {
    await fence(client, silent, taking)
    for (const { backend } of holders) await client.query('SELECT pg_terminate_backend($1, $2)', [backend, TERMINATION_MILLISECONDS])
    const [still] = await tryLocks(client, jobs)
    if (still !== undefined) throw heldBy(still, undefined, null)
  } catch (thrown) {
    await client.query('DELETE FROM quintile.leases WHERE run_id = $1 AND job = ANY($2::text[])', [runId, silent.map((row) => row.job)])
    throw thrown
  }
  return silent.map((row) => toTakenOver(row, true))
}

/** The jobs whose locks another has. Those that are ours already are taken once more; the end of the connection frees all. */
async function tryLocks(client: pg.Client, jobs: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ job: string; got: boolean }>(LOCK, [jobs])
  return rows.filter((row) => !row.got).map((row) => row.job)
}

async function fence(client: pg.Client, silent: readonly HolderRow[], { runId, silence }: Taking): Promise<void> {
  const [first] = silent
  if (first === undefined) return
  const runs = silent.map((row) => row.run_id)
  await client.query(`SET lock_timeout = '${FENCE_LOCK_TIMEOUT}'`)
  try {
    const { rowCount } = await client.query(FENCE, [runId, silent.map((row) => row.job), runs, silence / 1000])
    // It has beaten, or a third was quicker.
    if (rowCount !== silent.length) throw heldBy(first.job, undefined, null)
    await client.query('DELETE FROM quintile.leases WHERE run_id = ANY($1::uuid[])', [runs])
  } finally {
    await client.query('RESET lock_timeout')
  }
}

/** Cancelling asks for the same right as ending, and does nothing to a connection that runs no statement. */
async function refuseUnlessMayEnd(client: pg.Client, holder: HolderRow): Promise<void> {
  try {
    await client.query('SELECT pg_cancel_backend($1)', [holder.backend])
  } catch (thrown) {
    // Another role’s connection: only it or an administrator may end it.
    throw heldBy(holder.job, holder, thrown)
  }
}

function toTakenOver({ job, machine, user_name, pid, run_id, age }: HolderRow, terminated: boolean): TakenOver {
  return { job, machine, user: user_name, pid, run_id, last_heartbeat_seconds: Math.round(age), terminated }
}

/** A row per job, whatever became of its former holder: the lock has already decided. */
const CLAIM = `
  INSERT INTO quintile.leases (job, machine, user_name, pid, run_id, acquired_at, heartbeat_at)
  SELECT job, $2, $3, $4, $5, now(), now() FROM unnest($1::text[]) AS job ORDER BY job
  ON CONFLICT (job) DO UPDATE SET machine = excluded.machine, user_name = excluded.user_name, pid = excluded.pid,
    run_id = excluded.run_id, acquired_at = now(), heartbeat_at = now()`

const FORMER = `
  SELECT job, machine, user_name, pid, run_id::text, extract(epoch FROM clock_timestamp() - heartbeat_at)::float8 AS age, NULL AS backend, NULL AS is_holder
  FROM quintile.leases WHERE job = ANY($1::text[]) AND run_id <> $2`

/**
 * Writes our name into the rows. Returns those who had died and left their rows; what else their runs held is struck out,
 * so that such a process cannot take any of it up again.
 */
export async function claimRows(client: pg.Client, jobs: readonly string[], holder: LeaseHolder): Promise<TakenOver[]> {
  await client.query('BEGIN')
  const { rows } = await client.query<HolderRow>(FORMER, [jobs, holder.run_id])
  await client.query(CLAIM, [jobs, holder.machine, holder.user, holder.pid, holder.run_id])
  await client.query('DELETE FROM quintile.leases WHERE run_id = ANY($1::uuid[])', [rows.map((row) => row.run_id)])
  await client.query('COMMIT')
  return rows.map((row) => toTakenOver(row, false))
}

function heldBy(job: string, row: HolderRow | undefined, cause: unknown): Failure {
  const who =
    row === undefined
      ? 'another process'
      : `${row.user_name} on ${row.machine} (process ${String(row.pid)}), last heartbeat ${String(Math.round(row.age))} s ago`
  const wait = 'Wait until that run has ended; “quintile runs list” shows it.'
  const end = `It seems dead, but this login may not end its connection. An administrator may: SELECT pg_terminate_backend(${String(row?.backend ?? 0)});`
  return new Failure({
    kind: 'retry',
    code: 'lease.held',
    message: `“${job}” is in use by ${who}`,
    hint: cause === null ? wait : end,
    details: row === undefined ? { job } : { job, run_id: row.run_id, machine: row.machine },
    cause: cause ?? undefined,
  })
}
