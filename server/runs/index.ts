/** The run book: what every run did, written beside the data and mirrored locally for when there is no network. */
import { mistake, toFailure } from '../../shared/failure.ts'
import type { RejectReason, RunDetail, RunReject, RunSummary } from '../../shared/run.ts'
import type { Clock } from '../../shared/time.ts'
import type { LocalStore } from '../local/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import { openBook } from './book.ts'
import { LOG_COLUMNS, STEP_COLUMNS, SUMMARY_COLUMNS, SUMMARY_FROM, toStep, toSummary, type LogRow, type StepRow, type SummaryRow } from './rows.ts'

export { LIVE_CHANNEL } from './book.ts'

export interface RunsNeeds {
  warehouse: Warehouse
  local: LocalStore
  clock: Clock
  identity: { machine: string; user: string; pid: number }
  codeVersion: string
}

export interface Page {
  offset: number
  limit: number
}

/** Log lines shown with a run; all of them stay in the run book. */
const LOG_LINES = 2_000

/** Reads a run whole from the warehouse; undefined when the book does not have it. */
async function readDetail(warehouse: Warehouse, runId: string): Promise<RunDetail | undefined> {
  return warehouse.withTransaction(async (session) => {
    const { rows } = await session.query<SummaryRow & { arguments: Record<string, unknown>; code_version: string; pack_hash: string }>(
      `SELECT ${SUMMARY_COLUMNS}, r.arguments, r.code_version, r.pack_hash FROM ${SUMMARY_FROM} WHERE r.run_id = $1`,
      [runId],
    )
    const row = rows[0]
    if (row === undefined) return undefined
    const steps = await session.query<StepRow>(`SELECT ${STEP_COLUMNS} FROM quintile.run_steps WHERE run_id = $1 ORDER BY position`, [runId])
    const log = await session.query<LogRow>(`SELECT ${LOG_COLUMNS} FROM quintile.run_log WHERE run_id = $1 ORDER BY log_id LIMIT ${String(LOG_LINES)}`, [runId])
    const rejects = await session.query<RejectReason>('SELECT reason, count(*)::int AS count FROM quintile.rejects WHERE run_id = $1 GROUP BY reason ORDER BY count(*) DESC, reason', [runId])
    return { ...toSummary(row), arguments: row.arguments, code_version: row.code_version, pack_hash: row.pack_hash, steps: steps.rows.map(toStep), log: log.rows, rejects: rejects.rows }
  }, { readOnly: true })
}

/** Answers from the warehouse; from the local copy when the world is in the way, never when the question is wrong. */
async function orElseLocal<T>(online: () => Promise<T>, offline: () => T): Promise<T> {
  try {
    return await online()
  } catch (thrown) {
    if (toFailure(thrown).kind !== 'retry') throw thrown
    return offline()
  }
}

export function openRuns({ warehouse, local, clock, identity, codeVersion }: RunsNeeds) {
  const keep = async (runId: string): Promise<void> => {
    const detail = await readDetail(warehouse, runId)
    if (detail !== undefined) local.keepRun(detail)
  }

  return {
    book: openBook({ warehouse, clock, identity, codeVersion, keep }),

    /** Newest first. */
    list: ({ offset, limit }: Page): Promise<{ runs: RunSummary[]; total: number; source: 'warehouse' | 'cache' }> =>
      orElseLocal<{ runs: RunSummary[]; total: number; source: 'warehouse' | 'cache' }>(
        async () => {
          const { rows } = await warehouse.query<SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} ORDER BY r.started_at DESC, r.run_id LIMIT $1 OFFSET $2`, [limit, offset])
          const total = await warehouse.query<{ n: number }>('SELECT count(*)::int AS n FROM quintile.runs')
          return { runs: rows.map(toSummary), total: total.rows[0]?.n ?? 0, source: 'warehouse' }
        },
        () => ({ ...local.listRuns({ offset, limit }), source: 'cache' }),
      ),

    /** Errors: `run.unknown`. */
    show: async (runId: string): Promise<RunDetail> => {
      const detail = await orElseLocal(() => readDetail(warehouse, runId), () => local.showRun(runId))
      if (detail === undefined) throw mistake('run.unknown', `There is no run ${runId}`, '“quintile runs list” shows the runs.')
      return detail
    },

    rejects: async (runId: string, { offset, limit }: Page): Promise<{ rejects: RunReject[]; total: number }> => {
      const { rows } = await warehouse.query<RunReject>(
        'SELECT job, row_number::float8 AS row_number, reason, row_text AS row FROM quintile.rejects WHERE run_id = $1 ORDER BY reject_id LIMIT $2 OFFSET $3',
        [runId, limit, offset],
      )
      const total = await warehouse.query<{ n: number }>('SELECT count(*)::int AS n FROM quintile.rejects WHERE run_id = $1', [runId])
      return { rejects: rows, total: total.rows[0]?.n ?? 0 }
    },

    /** Runs under way now, of any process. */
    running: async (): Promise<RunSummary[]> => {
      const { rows } = await warehouse.query<SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE r.status IN ('queued', 'running') ORDER BY r.started_at`)
      return rows.map(toSummary)
    },
  }
}

export type Runs = ReturnType<typeof openRuns>
