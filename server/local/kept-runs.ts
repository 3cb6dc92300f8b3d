/** The mirror of recent runs, for when the warehouse cannot be asked. */
import type { Database } from 'better-sqlite3'
import type { RunDetail, RunSummary } from '../../shared/run.ts'

export interface KeptRuns {
  keepRun(detail: RunDetail): void
  /** Newest first. */
  listRuns(page: { offset: number; limit: number }): { runs: RunSummary[]; total: number }
  showRun(runId: string): RunDetail | undefined
}

/** Runs mirrored locally; older ones are in the warehouse. */
const RUNS_KEPT = 500

/** Opens the mirror in a migrated file. */
export function openKeptRuns(database: Database): KeptRuns {
  const put = database.prepare(
    'INSERT INTO runs (run_id, started_at, detail) VALUES (?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET detail = excluded.detail',
  )
  const trim = database.prepare(
    `DELETE FROM runs WHERE run_id NOT IN (SELECT run_id FROM runs ORDER BY started_at DESC LIMIT ${String(RUNS_KEPT)})`,
  )
  const page = database.prepare<[number, number], { detail: string }>('SELECT detail FROM runs ORDER BY started_at DESC LIMIT ? OFFSET ?')
  const count = database.prepare<[], { n: number }>('SELECT count(*) AS n FROM runs')
  const one = database.prepare<[string], { detail: string }>('SELECT detail FROM runs WHERE run_id = ?')
  return {
    keepRun: (detail) => {
      put.run(detail.run_id, detail.started_at, JSON.stringify(detail))
      trim.run()
    },
    listRuns: ({ offset, limit }) => ({
      runs: page.all(limit, offset).map((row) => toSummary(JSON.parse(row.detail) as RunDetail)),
      total: count.get()?.n ?? 0,
    }),
    showRun: (runId) => {
      const row = one.get(runId)
      return row === undefined ? undefined : (JSON.parse(row.detail) as RunDetail)
    },
  }
}

function toSummary(detail: RunDetail): RunSummary {
  const {
    arguments: _arguments,
    code_version: _version,
    pack_hash: _hash,
    steps: _steps,
    log: _log,
    rejects: _rejects,
    ...summary
  } = detail
  return summary
}
