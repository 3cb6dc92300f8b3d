/** Runs whose process vanished: killed, crashed, or its machine switched off. */
import { Failure } from '../../shared/failure.ts'
import type { Session } from '../warehouse/index.ts'
import { toStoredCause, toStoredFailure } from './storable.ts'
import { tellRun } from './tell.ts'
import { writeEvents } from './write-events.ts'
import { sayFailure, writeLog } from './write-log.ts'

/** The second key of a two-key advisory lock is what `hashtext` makes of the lease's name, as unsigned. */
const ORPHANS = `
  SELECT run_id FROM quintile.runs WHERE status IN ('queued', 'running')
    AND NOT EXISTS (
      SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND objsubid = 2 AND objid = (hashtext('run ' || run_id)::bigint & 4294967295)::oid)
    -- A connection that was cut a moment ago may be taken up again, unless another run has taken the jobs since.
    AND NOT EXISTS (
      SELECT 1 FROM quintile.leases l JOIN quintile.leases held ON held.run_id = l.run_id AND held.job <> l.job
      WHERE l.job = 'run ' || runs.run_id AND l.heartbeat_at > clock_timestamp() - interval '15 seconds')
  FOR NO KEY UPDATE SKIP LOCKED`

/** When it last gave a sign of life: the moment at which it is found may be days later, and would make it the longest run of all. */
const LAST_SIGN = `
  SELECT greatest(r.started_at,
    (SELECT max(l.heartbeat_at) FROM quintile.leases l WHERE l.run_id = r.run_id),
    (SELECT max(greatest(s.started_at, s.ended_at)) FROM quintile.run_steps s WHERE s.run_id = r.run_id),
    (SELECT max(e.at) FROM quintile.run_events e WHERE e.run_id = r.run_id),
    (SELECT max(l.at) FROM quintile.run_log l WHERE l.run_id = r.run_id))`

const CLOSE_RUNS = `
  WITH orphan AS (${ORPHANS})
  UPDATE quintile.runs r SET status = 'failed', error = $1::jsonb, ended_at = (${LAST_SIGN})
  FROM orphan o WHERE r.run_id = o.run_id RETURNING r.run_id::text, to_char(r.ended_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ended_at`

const CLOSE_STEPS = `
  WITH ended AS (
    UPDATE quintile.run_steps SET status = CASE WHEN status = 'queued' THEN 'skipped' ELSE 'failed' END, note = 'the run was interrupted',
      ended_at = CASE WHEN started_at IS NULL THEN NULL ELSE greatest(started_at, $2::timestamptz) END
    WHERE run_id = $1::uuid AND status IN ('queued', 'running') RETURNING run_id, job, position, status),
  tries AS (
    UPDATE quintile.run_attempts SET status = 'failed', ended_at = greatest(started_at, $2::timestamptz), error = $3::jsonb
    WHERE run_id = $1::uuid AND status = 'running'),
  lease AS (DELETE FROM quintile.leases WHERE job = 'run ' || $1::uuid)
  INSERT INTO quintile.run_events (run_id, at, kind, job, detail)
  SELECT run_id, $4::timestamptz, 'step.ended', job, jsonb_build_object('status', status, 'note', 'the run was interrupted') FROM ended ORDER BY position`

/**
 * A running run whose own lease nobody holds has lost its process. Its committed steps stand; the one that was under way is
 * rolled back by PostgreSQL, or refused should its process still be there (`run.lost`). Belongs in a transaction. Answers
 * with the ids of the runs that it closed. `at`: now, ISO 8601 in UTC.
 */
export async function closeInterrupted(session: Session, at: string): Promise<string[]> {
  const failure = new Failure({
    kind: 'stop',
    code: 'run.interrupted',
    message: 'The process that ran it ended before the run did',
    hint: 'Run again: finished steps stand, the unfinished one left no trace.',
    details: { found_at: at },
  })
  const { rows } = await session.query<{ run_id: string; ended_at: string }>(CLOSE_RUNS, [toStoredFailure(failure)])
  for (const { run_id: runId, ended_at } of rows) {
    await session.query(CLOSE_STEPS, [runId, ended_at, toStoredCause(failure), at])
    await writeEvents(session, { runId, at }, [
      { kind: 'run.ended', detail: { status: 'failed', code: failure.code, last_sign_at: ended_at } },
    ])
    await writeLog(session, { runId, at }, [{ level: 'error', job: null, message: sayFailure(failure) }])
    await tellRun(session, runId)
  }
  return rows.map((row) => row.run_id)
}
