/** Reading one run of the book in the warehouse, and the results of one check over many. */
import { z } from 'zod'
import {
  stepPredictionSchema,
  type CheckPoint,
  type RejectReason,
  type RunDetail,
  type RunEvent,
  type StepPrediction,
} from '../../shared/run.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import {
  ATTEMPT_COLUMNS,
  CHECK_COLUMNS,
  EVENT_COLUMNS,
  isoTime,
  LOG_COLUMNS,
  STEP_COLUMNS,
  SUMMARY_COLUMNS,
  SUMMARY_FROM,
  toStep,
  toSummary,
  type AttemptRow,
  type CheckRow,
  type LogRow,
  type StepRow,
  type SummaryRow,
} from './rows.ts'

/** Log lines and events shown with a run, the newest; all of them stay in the run book and in the run's export. */
const LOG_LINES = 2_000
const EVENTS = 1_000
const REJECT_REASONS = 200

/** A run whole, as of one moment; undefined when the book does not have it. */
export function readDetail(warehouse: Warehouse, runId: string): Promise<RunDetail | undefined> {
  return warehouse.withTransaction(
    async (session) => {
      await freezeView(session)
      return detailOf(session, runId)
    },
    { readOnly: true },
  )
}

/** Everything that the transaction reads from here on is as of now. Must be its first statement. */
export async function freezeView(session: Session): Promise<void> {
  await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
}

/** What of a run is bounded by the number of its jobs and checks. */
export type RunHead = Omit<RunDetail, 'log' | 'events' | 'rejects'>

/** The run without what may be long: its log, events and rejects. Undefined when the book does not have it. */
export async function headOf(session: Session, runId: string): Promise<RunHead | undefined> {
  const { rows } = await session.query<SummaryRow & { arguments: Record<string, unknown>; code_version: string; pack_hash: string }>(
    `SELECT ${SUMMARY_COLUMNS}, r.arguments, r.code_version, r.pack_hash FROM ${SUMMARY_FROM} WHERE r.run_id = $1`,
    [runId],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  const of = async <R>(columns: string, table: string, order: string): Promise<R[]> =>
    (await session.query<R>(`SELECT ${columns} FROM quintile.${table} WHERE run_id = $1 ORDER BY ${order}`, [runId])).rows
  const steps = await of<StepRow>(STEP_COLUMNS, 'run_steps', 'position')
  return {
    ...toSummary(row),
    arguments: row.arguments,
    code_version: row.code_version,
    pack_hash: row.pack_hash,
    steps: steps.map(toStep),
    attempts: await of<AttemptRow>(ATTEMPT_COLUMNS, 'run_attempts', 'started_at, job, attempt'),
    checks: await of<CheckRow>(CHECK_COLUMNS, 'check_results', 'result_id'),
    prediction: await predictionOf(session, runId),
  }
}

async function detailOf(session: Session, runId: string): Promise<RunDetail | undefined> {
  const head = await headOf(session, runId)
  if (head === undefined) return undefined
  const newest = (columns: string, table: string, { id, limit }: { id: string; limit: number }): string =>
    `SELECT ${columns} FROM (SELECT * FROM quintile.${table} WHERE run_id = $1 ORDER BY ${id} DESC LIMIT ${String(limit)}) t ORDER BY ${id}`
  const log = await session.query<LogRow>(newest(LOG_COLUMNS, 'run_log', { id: 'log_id', limit: LOG_LINES }), [runId])
  const events = await session.query<RunEvent>(newest(EVENT_COLUMNS, 'run_events', { id: 'event_id', limit: EVENTS }), [runId])
  const rejects = await session.query<RejectReason>(
    `SELECT reason, count(*)::int AS count FROM quintile.rejects WHERE run_id = $1
     GROUP BY reason ORDER BY count(*) DESC, reason LIMIT ${String(REJECT_REASONS)}`,
    [runId],
  )
  return { ...head, log: log.rows, events: events.rows, rejects: rejects.rows }
}

const predictionDetail = z.object({ steps: z.array(stepPredictionSchema) })

/** What the run's event `prediction.compared` says; null without one, or with one of a shape that we do not know. */
async function predictionOf(session: Session, runId: string): Promise<StepPrediction[] | null> {
  const { rows } = await session.query<{ detail: unknown }>(
    `SELECT detail FROM quintile.run_events WHERE run_id = $1 AND kind = 'prediction.compared' ORDER BY event_id DESC LIMIT 1`,
    [runId],
  )
  return predictionDetail.safeParse(rows[0]?.detail).data?.steps ?? null
}

/** The last results of one check, newest first. */
export async function readCheckHistory(
  warehouse: Warehouse,
  { job, check, limit }: { job: string; check: string; limit: number },
): Promise<CheckPoint[]> {
  const { rows } = await warehouse.query<CheckPoint>(
    `SELECT run_id::text, ${isoTime('at')} AS at, ${CHECK_COLUMNS} FROM quintile.check_results
     WHERE job = $1 AND check_name = $2 ORDER BY quintile.check_results.at DESC, result_id DESC LIMIT $3`,
    [job, check, limit],
  )
  return rows
}
