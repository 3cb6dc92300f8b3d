/**
 * Writing the run book. What a step did is written in the step's own transaction; everything else (began, failed, log)
 * commits at once, so that a crash leaves a true record. Each write also tells the channel `quintile_live`, by which the
 * screen follows runs of any process.
 */
import type { Failure } from '../../shared/failure.ts'
import type { LiveEvent } from '../../shared/contract/events.ts'
import type { RunStatus, RunSummary, StepCounts } from '../../shared/run.ts'
import type { Clock } from '../../shared/time.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import { STEP_COLUMNS, SUMMARY_COLUMNS, SUMMARY_FROM, toStep, toSummary, type StepRow, type SummaryRow } from './rows.ts'

export const LIVE_CHANNEL = 'quintile_live'

export interface Opening {
  runId: string
  kind: RunSummary['kind']
  request: string
  arguments: Record<string, unknown>
  packHash: string
  steps: readonly { job: string; group: string; position: number }[]
}

export interface StepOutcome {
  counts: StepCounts
  watermark_before: string | null
  watermark: string | null
  note: string | null
  findings: readonly { reason: string; rows: number; severity: 'error' | 'warn' }[]
}

export interface BookNeeds {
  warehouse: Warehouse
  clock: Clock
  identity: { machine: string; user: string; pid: number }
  codeVersion: string
  /** Called with each run that ended, to keep a copy for when there is no network. */
  keep(runId: string): Promise<void>
}

type Writer = Pick<Session, 'query'>

/** Progress is told at most this often per job; more would be noise and load. */
const PROGRESS_EVERY_MILLISECONDS = 200

async function tell(to: Writer, event: LiveEvent): Promise<void> {
  await to.query('SELECT pg_notify($1, $2)', [LIVE_CHANNEL, JSON.stringify(event)])
}

async function tellRun(to: Writer, runId: string): Promise<RunSummary> {
  const { rows } = await to.query<SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE r.run_id = $1`, [runId])
  const row = rows[0]
  if (row === undefined) throw new Error(`run ${runId} is not in the run book`)
  const run = toSummary(row)
  await tell(to, { type: 'run', run })
  return run
}

async function tellStep(to: Writer, runId: string, job: string): Promise<void> {
  const { rows } = await to.query<StepRow>(`SELECT ${STEP_COLUMNS} FROM quintile.run_steps WHERE run_id = $1 AND job = $2`, [runId, job])
  if (rows[0] !== undefined) await tell(to, { type: 'step', run_id: runId, step: toStep(rows[0]) })
}

async function writeLog(to: Writer, runId: string, line: { at: string; level: string; job: string | null; message: string }): Promise<void> {
  await to.query('INSERT INTO quintile.run_log (run_id, at, level, job, message) VALUES ($1, $2, $3, $4, $5)', [runId, line.at, line.level, line.job, line.message])
}

const NUMBER = new Intl.NumberFormat('en-US')

function describeCounts({ read, inserted, updated, versions_closed, unchanged, rejected }: StepCounts): string {
  const part = (count: number, word: string): string[] => (count === 0 ? [] : [`${NUMBER.format(count)} ${word}`])
  const parts = [...part(inserted, 'inserted'), ...part(updated, 'updated'), ...part(versions_closed, 'versions closed'), ...part(unchanged, 'unchanged'), ...part(rejected, 'rejected')]
  return `${NUMBER.format(read)} read${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`
}

/** Opens the book for writing. */
export function openBook({ warehouse, clock, identity, codeVersion, keep }: BookNeeds) {
  const now = (): string => new Date(clock()).toISOString()
  const lastTold = new Map<string, number>()

  const log = async (runId: string, line: { level: 'info' | 'warn' | 'error'; job: string | null; message: string }): Promise<void> =>
    writeLog(warehouse, runId, { at: now(), ...line })

  return {
    log,

    async startRun(opening: Opening): Promise<void> {
      await warehouse.withTransaction(async (session) => {
        await session.query(
          `INSERT INTO quintile.runs (run_id, kind, status, request, arguments, started_by, machine, pid, code_version, pack_hash, started_at)
           VALUES ($1, $2, 'running', $3, $4, $5, $6, $7, $8, $9, $10)`,
          [opening.runId, opening.kind, opening.request, JSON.stringify(opening.arguments), identity.user, identity.machine, identity.pid, codeVersion, opening.packHash, now()],
        )
        await session.query(
          `INSERT INTO quintile.run_steps (run_id, job, group_name, position, status)
           SELECT $1, job, group_name, position, 'queued' FROM unnest($2::text[], $3::text[], $4::int[]) AS t(job, group_name, position)`,
          [opening.runId, opening.steps.map((step) => step.job), opening.steps.map((step) => step.group), opening.steps.map((step) => step.position)],
        )
        await tellRun(session, opening.runId)
      })
    },

    async startStep(runId: string, job: string, attempt: number): Promise<void> {
      await warehouse.withSession(async (session) => {
        await session.query(
          `UPDATE quintile.run_steps SET status = 'running', attempts = $3, started_at = coalesce(started_at, $4) WHERE run_id = $1 AND job = $2`,
          [runId, job, attempt, now()],
        )
        if (attempt > 1) await writeLog(session, runId, { at: now(), level: 'warn', job, message: `attempt ${String(attempt)}` })
        await tellStep(session, runId, job)
      })
    },

    async finishStep(session: Session, runId: string, { job, status, result }: { job: string; status: RunStatus; result: StepOutcome }): Promise<void> {
      const { counts } = result
      await session.query(
        `UPDATE quintile.run_steps SET status = $3, rows_read = $4, inserted = $5, updated = $6, versions_closed = $7, unchanged = $8, rejected = $9,
           watermark_before = $10, watermark = $11, note = $12, ended_at = $13, error = NULL WHERE run_id = $1 AND job = $2`,
        [runId, job, status, counts.read, counts.inserted, counts.updated, counts.versions_closed, counts.unchanged, counts.rejected, result.watermark_before, result.watermark, result.note, now()],
      )
      const note = result.note === null ? '' : ` (${result.note})`
      await writeLog(session, runId, { at: now(), level: 'info', job, message: describeCounts(counts) + note })
      for (const finding of result.findings) {
        await writeLog(session, runId, { at: now(), level: 'warn', job, message: `${NUMBER.format(finding.rows)} rows ${finding.severity === 'error' ? 'rejected' : 'noted'}: ${finding.reason}` })
      }
      await tellStep(session, runId, job)
    },

    async endStep(runId: string, { job, status, note, failure }: { job: string; status: RunStatus; note: string | null; failure: Failure | null }): Promise<void> {
      await warehouse.withTransaction(async (session) => {
        await session.query('UPDATE quintile.run_steps SET status = $3, note = $4, error = $5, ended_at = CASE WHEN started_at IS NULL THEN NULL ELSE $6::timestamptz END WHERE run_id = $1 AND job = $2', [
          runId, job, status, note, failure === null ? null : JSON.stringify(failure.report()), now(),
        ])
        const message = failure === null ? `${status}: ${note ?? ''}` : `${failure.code}: ${failure.message}`
        await writeLog(session, runId, { at: now(), level: failure === null ? 'warn' : 'error', job, message })
        await tellStep(session, runId, job)
      })
    },

    progress(runId: string, job: string, { done, total }: { done: number; total: number | null }): void {
      const key = `${runId} ${job}`
      if (clock() - (lastTold.get(key) ?? 0) < PROGRESS_EVERY_MILLISECONDS) return
      lastTold.set(key, clock())
      // Progress is a courtesy: a lost line must not fail the work.
      tell(warehouse, { type: 'progress', run_id: runId, job, done, total }).catch(() => undefined)
    },

    async finishRun(runId: string, { status, failure }: { status: RunStatus; failure: Failure | null }): Promise<RunSummary> {
      const run = await warehouse.withTransaction(async (session) => {
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
          [runId, status, now(), failure === null ? null : JSON.stringify(failure.report())],
        )
        if (failure !== null) await writeLog(session, runId, { at: now(), level: 'error', job: null, message: `${failure.code}: ${failure.message}` })
        return tellRun(session, runId)
      })
      await keep(runId)
      return run
    },

    async closeInterrupted(): Promise<string[]> {
      const closed = await warehouse.withTransaction(closeInterrupted)
      for (const runId of closed) await keep(runId)
      return closed
    },
  }
}

/**
 * A running run whose own lease nobody holds has lost its process. Its committed steps stand; the one that was under way
 * was rolled back by PostgreSQL.
 */
async function closeInterrupted(session: Session): Promise<string[]> {
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
