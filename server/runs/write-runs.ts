/** What the book says of a run as a whole: it began, it ended, or its process vanished. Each function belongs in a transaction. */
import type { Failure } from '../../shared/failure.ts'
import type { RunStatus, RunSummary } from '../../shared/run.ts'
import type { Session } from '../warehouse/index.ts'
import { tellRun } from './tell.ts'
import { sayFailure, writeLog } from './write-log.ts'

/** A run before its first step. */
export interface Opening {
  runId: string
  kind: RunSummary['kind']
  request: string
  arguments: Record<string, unknown>
  packHash: string
  steps: readonly { job: string; group: string; position: number }[]
}

/** Who runs, with which code, and when it began (ISO 8601, UTC). */
export interface Origin {
  identity: { machine: string; user: string; pid: number }
  codeVersion: string
  at: string
}

/** The run begins, with all of its steps queued. */
export async function writeRunStart(session: Session, opening: Opening, { identity, codeVersion, at }: Origin): Promise<void> {
  const { runId, kind, request, packHash, steps } = opening
  await session.query(
    `INSERT INTO quintile.runs (run_id, kind, status, request, arguments, started_by, machine, pid, code_version, pack_hash, started_at)
     VALUES ($1, $2, 'running', $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      ...[runId, kind, request, JSON.stringify(opening.arguments)],
      ...[identity.user, identity.machine, identity.pid, codeVersion, packHash, at],
    ],
  )
  await session.query(
    `INSERT INTO quintile.run_steps (run_id, job, group_name, position, status)
     SELECT $1, job, group_name, position, 'queued' FROM unnest($2::text[], $3::text[], $4::int[]) AS t(job, group_name, position)`,
    [runId, steps.map((step) => step.job), steps.map((step) => step.group), steps.map((step) => step.position)],
  )
  await tellRun(session, runId)
}

/** The run ends, and with it the steps that did not. Answers with the run as it stands in the book. */
export async function writeRunEnd(
  session: Session,
  { runId, at, status, failure }: { runId: string; at: string; status: RunStatus; failure: Failure | null },
): Promise<RunSummary> {
  await session.query(
    `UPDATE quintile.run_steps SET status = CASE WHEN status = 'queued' THEN 'skipped' ELSE 'failed' END, note = coalesce(note, 'the run ended before it')
     WHERE run_id = $1 AND status IN ('queued', 'running')`,
    [runId],
  )
  await session.query(
    `UPDATE quintile.runs SET status = $2, ended_at = $3, error = $4,
       nothing_changed = $2 IN ('succeeded', 'warning') AND NOT EXISTS (
         SELECT 1 FROM quintile.run_steps WHERE run_id = $1 AND inserted + updated + versions_closed + rejected > 0)
     WHERE run_id = $1`,
    [runId, status, at, failure === null ? null : JSON.stringify(failure.report())],
  )
  if (failure !== null) await writeLog(session, runId, { at, level: 'error', job: null, message: sayFailure(failure) })
  return tellRun(session, runId)
}

/**
 * A running run whose own lease nobody holds has lost its process. Its committed steps stand; the one that was under way
 * was rolled back by PostgreSQL. Answers with the ids of the runs that it closed.
 */
export async function closeInterrupted(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ run_id: string }>(`
    WITH orphan AS (
      SELECT run_id FROM quintile.runs WHERE status IN ('queued', 'running')
        AND NOT EXISTS (
          SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND objsubid = 2 AND objid = (hashtext('run ' || run_id)::bigint & 4294967295)::oid)
      FOR UPDATE SKIP LOCKED)
    UPDATE quintile.runs r SET status = 'failed', ended_at = now(),
      error = jsonb_build_object('code', 'run.interrupted', 'message', 'The process that ran it ended before the run did', 'hint', 'Run again: finished steps stand, the unfinished one left no trace.', 'details', '{}'::jsonb)
    FROM orphan o WHERE r.run_id = o.run_id RETURNING r.run_id::text`)
  const ids = rows.map((row) => row.run_id)
  if (ids.length > 0) {
    await session.query(
      `UPDATE quintile.run_steps SET status = CASE WHEN status = 'queued' THEN 'skipped' ELSE 'failed' END, note = 'the run was interrupted'
       WHERE run_id = ANY($1::uuid[]) AND status IN ('queued', 'running')`,
      [ids],
    )
    for (const runId of ids) await tellRun(session, runId)
  }
  return ids
}
