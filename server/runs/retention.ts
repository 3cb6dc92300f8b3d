/**
 * How long the book is kept: by age, and by size. What must never go: runs under way, and of each job the last run that
 * succeeded, by which its freshness is judged.
 */
import type { Session, Warehouse } from '../warehouse/index.ts'
import { isoTime } from './rows.ts'

export interface RetentionPolicy {
  /** Runs that ended longer ago go; null keeps them whatever their age. */
  days: number | null
  /** Above this the oldest go too; null is no limit. 1 MB = 1,048,576 bytes. */
  megabytes: number | null
  /** Keep runs with rejects that no run has taken in yet. By default they go with the others. */
  keepOpenRejects: boolean
}

/** Half a month of runs every five minutes, eleven jobs each, takes about half of it. */
export const DEFAULT_RETENTION: RetentionPolicy = { days: 30, megabytes: 1_024, keepOpenRejects: false }

export interface Pruned {
  /** False when another process prunes now; then nothing was done. */
  done: boolean
  /** True when it only says what it would delete. */
  dry_run: boolean
  runs: number
  runs_by_age: number
  runs_by_size: number
  rejects: number
  /** Of the runs that went: when the newest of them began. */
  newest_deleted: string | null
  /**
   * Bytes that runs take in tables and indexes, what is free inside the files left out. Null where they were not weighed,
   * because the files as a whole are below the limit.
   */
  bytes_before: number | null
  bytes_after: number | null
}

const TABLES = ['runs', 'run_steps', 'run_attempts', 'run_events', 'run_log', 'rejects', 'check_results'] as const
const MEGABYTE = 1_048_576
/** Runs deleted in one transaction; their lines and rejects go with them. */
const BATCH = 20
/** Of a stored row beside its values: header and line pointer. */
const ROW_OVERHEAD = 28

/** Key of the advisory lock under which one process alone prunes. */
const LOCK = `hashtextextended('quintile: retention of the run book', 0)`

interface Candidate {
  run_id: string
  began: string
  too_old: boolean
}

/** Deletes what the policy no longer keeps, oldest first, in small transactions. `now`: ISO 8601 in UTC. */
export async function pruneRuns(
  warehouse: Warehouse,
  policy: RetentionPolicy,
  { now, dryRun }: { now: string; dryRun: boolean },
): Promise<Pruned> {
  return warehouse.withSession(async (session) => {
    const { rows } = await session.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS got`)
    if (rows[0]?.got !== true) return { ...nothing(dryRun), done: false }
    try {
      return await prune(session, policy, { now, dryRun })
    } finally {
      await session.query(`SELECT pg_advisory_unlock(${LOCK})`)
    }
  })
}

function nothing(dryRun: boolean): Pruned {
  const runs = { runs: 0, runs_by_age: 0, runs_by_size: 0, rejects: 0 }
  return { done: true, dry_run: dryRun, ...runs, newest_deleted: null, bytes_before: null, bytes_after: null }
}

async function prune(session: Session, policy: RetentionPolicy, { now, dryRun }: { now: string; dryRun: boolean }): Promise<Pruned> {
  const candidates = await mayGo(session, policy, now)
  const limit = policy.megabytes === null ? Infinity : policy.megabytes * MEGABYTE
  // Reading every row to weigh it is only worth it where the files are above the limit at all.
  const weights = dryRun || (await allocatedBytes(session)) > limit ? await weigh(session) : null
  const { going, bySize, before, after } = choose(candidates, weights ?? new Map(), limit)
  const ids = going.map(({ run_id }) => run_id)
  const rejects = await countRejects(session, ids)
  if (!dryRun) await deleteRuns(session, ids)
  const bytes = { bytes_before: weights === null ? null : before, bytes_after: weights === null ? null : after }
  return {
    ...{ done: true, dry_run: dryRun, rejects, newest_deleted: going.at(-1)?.began ?? null, ...bytes },
    ...{ runs: going.length, runs_by_age: going.length - bySize, runs_by_size: bySize },
  }
}

/** The old ones, and the oldest of the others as long as all together are above the limit. */
function choose(candidates: readonly Candidate[], weights: ReadonlyMap<string, number>, limit: number) {
  const before = Math.round([...weights.values()].reduce((total, one) => total + one, 0))
  const going: Candidate[] = []
  let [after, bySize] = [before, 0]
  for (const candidate of candidates) {
    if (!candidate.too_old && after <= limit) continue
    if (!candidate.too_old) bySize += 1
    going.push(candidate)
    after -= Math.round(weights.get(candidate.run_id) ?? 0)
  }
  return { going, bySize, before, after }
}

/** Runs that have ended and that nothing holds, oldest first. */
async function mayGo(session: Session, { days, keepOpenRejects }: RetentionPolicy, now: string): Promise<Candidate[]> {
  const { rows } = await session.query<Candidate>(
    `WITH held AS (
       SELECT DISTINCT ON (s.job) s.run_id FROM quintile.run_steps s JOIN quintile.runs r USING (run_id)
       WHERE s.status IN ('succeeded', 'warning')
       ORDER BY s.job, r.started_at DESC, r.run_id DESC)
     SELECT r.run_id::text, ${isoTime('r.started_at')} AS began,
       coalesce(r.ended_at < $1::timestamptz - make_interval(days => $2::int), false) AS too_old
     FROM quintile.runs r
     WHERE r.status NOT IN ('queued', 'running') AND r.run_id NOT IN (SELECT run_id FROM held)
       AND NOT ($3::boolean AND EXISTS (SELECT 1 FROM quintile.rejects j WHERE j.run_id = r.run_id AND j.replayed_at IS NULL))
     ORDER BY r.started_at, r.run_id`,
    [now, days, keepOpenRejects],
  )
  return rows
}

const names = TABLES.map((table) => `quintile.${table}`)

/** What the files take, indexes and free space included. */
async function allocatedBytes(session: Session): Promise<number> {
  const { rows } = await session.query<{ bytes: number }>(
    'SELECT sum(pg_total_relation_size(name::regclass))::float8 AS bytes FROM unnest($1::text[]) AS name',
    [names],
  )
  return rows[0]?.bytes ?? 0
}

/**
 * Bytes of each run: its rows as stored, and their share of the indexes. Deleted rows leave their place free inside the files,
 * which stay as long as they are; judged by the files alone, one prune above the limit would be followed by another and
 * another until nothing is left.
 */
async function weigh(session: Session): Promise<Map<string, number>> {
  const perTable = TABLES.map(
    (table) => `
    SELECT t.run_id, sum(pg_column_size(t.*) + ${String(ROW_OVERHEAD)}) * max(f.factor) AS bytes FROM quintile.${table} t CROSS JOIN (
      SELECT pg_total_relation_size('quintile.${table}')::float8 / greatest(pg_table_size('quintile.${table}'), 1) AS factor) f
    GROUP BY t.run_id`,
  )
  const { rows } = await session.query<{ run_id: string; bytes: number }>(
    `SELECT run_id::text, sum(bytes)::float8 AS bytes FROM (${perTable.join(' UNION ALL ')}) all_tables GROUP BY run_id`,
  )
  return new Map(rows.map(({ run_id, bytes }) => [run_id, bytes]))
}

async function countRejects(session: Session, ids: readonly string[]): Promise<number> {
  const { rows } = await session.query<{ n: number }>('SELECT count(*)::int AS n FROM quintile.rejects WHERE run_id = ANY($1::uuid[])', [
    ids,
  ])
  return rows[0]?.n ?? 0
}

async function deleteRuns(session: Session, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += BATCH) {
    await session.query('DELETE FROM quintile.runs WHERE run_id = ANY($1::uuid[])', [ids.slice(from, from + BATCH)])
  }
  // Makes the place free for the next runs. Whoever may not vacuum leaves it to the server's own turn.
  if (ids.length > 0) await session.script(`VACUUM ${names.join(', ')}`).catch(() => undefined)
}
