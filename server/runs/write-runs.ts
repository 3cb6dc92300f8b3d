/** What the book says of a run as a whole: it began, and it ended. Each function belongs in a transaction. */
import type { Failure } from '../../shared/failure.ts'
import type { RunStatus, RunSummary } from '../../shared/run.ts'
import type { Session } from '../warehouse/index.ts'
import { storable, toStoredFailure, toStoredJson } from './storable.ts'
import { tellRun } from './tell.ts'
import { writeEvents } from './write-events.ts'
import { sayFailure, writeLog } from './write-log.ts'

/** A run before its first step. */
export interface Opening {
  runId: string
  kind: RunSummary['kind']
  request: string
  arguments: Record<string, unknown>
  packHash: string
  /** The run whose failed and skipped steps this one runs again. */
  retryOf?: string | null | undefined
  /** The schedule that started it. */
  schedule?: string | null | undefined
  steps: readonly OpeningStep[]
}

export interface OpeningStep {
  job: string
  group: string
  position: number
  /** The source that it reads; left out when it reads the warehouse. */
  source?: string | null | undefined
  /** The table that it loads. */
  target?: string | null | undefined
}

/** Who runs, with which code, and when it began (ISO 8601, UTC). */
export interface Origin {
  identity: { machine: string; user: string; pid: number }
  codeVersion: string
  at: string
}

/** The run's own row, without steps, events and telling. */
export async function writeRunRow(session: Session, opening: Opening, { identity, codeVersion, at }: Origin): Promise<void> {
  const { runId, kind, packHash, retryOf = null, schedule = null } = opening
  const [request, given] = [storable(opening.request), toStoredJson(opening.arguments)]
  await session.query(
    `INSERT INTO quintile.runs
       (run_id, kind, status, request, arguments, started_by, machine, pid, code_version, pack_hash, started_at, retry_of, schedule)
     VALUES ($1, $2, 'running', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [...[runId, kind, request, given], ...[identity.user, identity.machine, identity.pid, codeVersion, packHash, at, retryOf, schedule]],
  )
}

/** The run begins, with all of its steps queued. */
export async function writeRunStart(session: Session, opening: Opening, origin: Origin): Promise<void> {
  const { runId, kind, request, steps, retryOf = null, schedule = null } = opening
  await writeRunRow(session, opening, origin)
  await session.query(
    `INSERT INTO quintile.run_steps (run_id, job, group_name, position, source, target, status)
     SELECT $1, job, group_name, position, source, target, 'queued'
     FROM unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::text[]) AS t(job, group_name, position, source, target) ORDER BY position`,
    [
      runId,
      steps.map((step) => step.job),
      steps.map((step) => step.group),
      steps.map((step) => step.position),
      steps.map((step) => step.source ?? null),
      steps.map((step) => step.target ?? null),
    ],
  )
  const detail = { kind, request, steps: steps.length, retry_of: retryOf, schedule }
  await writeEvents(session, { runId, at: origin.at }, [{ kind: 'run.started', detail }])
  await tellRun(session, runId)
}

const END_RUN = `
  UPDATE quintile.runs SET status = $2, ended_at = $3, error = $4,
    nothing_changed = $2 IN ('succeeded', 'warning') AND NOT EXISTS (
      SELECT 1 FROM quintile.run_steps WHERE run_id = $1 AND inserted + updated + versions_closed + rejected > 0)
  WHERE run_id = $1 AND status IN ('queued', 'running')`

/** Steps that were still open end with their run: those under way as failed, those that waited as skipped. */
const END_OPEN_STEPS = `
  WITH ended AS (
    UPDATE quintile.run_steps SET status = CASE WHEN status = 'queued' THEN 'skipped' ELSE 'failed' END,
      note = coalesce(note, 'the run ended before it'), ended_at = CASE WHEN started_at IS NULL THEN NULL ELSE $2::timestamptz END
    WHERE run_id = $1 AND status IN ('queued', 'running') RETURNING run_id, job, position, status, note),
  tries AS (UPDATE quintile.run_attempts SET status = 'failed', ended_at = $2::timestamptz WHERE run_id = $1 AND status = 'running')
  INSERT INTO quintile.run_events (run_id, at, kind, job, detail)
  SELECT run_id, $2::timestamptz, 'step.ended', job, jsonb_build_object('status', status, 'note', note) FROM ended ORDER BY position`

/**
 * The run ends, and with it the steps that did not. Answers with the run as it stands in the book: a run that another
 * process closed meanwhile (its lease was free) stays as that one left it.
 */
export async function writeRunEnd(
  session: Session,
  { runId, at, status, failure }: { runId: string; at: string; status: RunStatus; failure: Failure | null },
): Promise<RunSummary> {
  const { count } = await session.query(END_RUN, [runId, status, at, toStoredFailure(failure)])
  if (count === 0) return tellRun(session, runId)
  await session.query(END_OPEN_STEPS, [runId, at])
  await writeEvents(session, { runId, at }, [{ kind: 'run.ended', detail: { status, code: failure?.code ?? null } }])
  if (failure !== null) await writeLog(session, { runId, at }, [{ level: 'error', job: null, message: sayFailure(failure) }])
  return tellRun(session, runId)
}
