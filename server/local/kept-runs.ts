/** The mirror of recent runs, for when the warehouse cannot be asked. */
import type { Database } from 'better-sqlite3'
import { runDetailSchema, runSummarySchema, type RunDetail, type RunKind, type RunStatus, type RunSummary } from '../../shared/run.ts'

export interface KeptRuns {
  keepRun(detail: RunDetail): void
  /** Newest first. */
  listRuns(page: { offset: number; limit: number }, filter?: KeptFilter): { runs: RunSummary[]; total: number }
  showRun(runId: string): RunDetail | undefined
}

/** Which runs; what is left out does not matter. */
export interface KeptFilter {
  status?: RunStatus | undefined
  kind?: RunKind | undefined
  job?: string | undefined
  since?: string | undefined
  schedule?: string | undefined
}

/** Runs mirrored locally; older ones are in the warehouse. */
const RUNS_KEPT = 500

/** Of one run; a longer one is kept with its newest lines and events only. With the number of runs it bounds the mirror to 64 MB. */
const BYTES_KEPT = 131_072

/** Opens the mirror in a migrated file. */
export function openKeptRuns(database: Database): KeptRuns {
  const put = database.prepare(
    'INSERT INTO runs (run_id, started_at, detail) VALUES (?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET detail = excluded.detail',
  )
  const trim = database.prepare(
    `DELETE FROM runs WHERE run_id NOT IN (SELECT run_id FROM runs ORDER BY started_at DESC LIMIT ${String(RUNS_KEPT)})`,
  )
  const all = database.prepare<[], { detail: string }>('SELECT detail FROM runs ORDER BY started_at DESC')
  const page = database.prepare<[number, number], { detail: string }>('SELECT detail FROM runs ORDER BY started_at DESC LIMIT ? OFFSET ?')
  const count = database.prepare<[], { n: number }>('SELECT count(*) AS n FROM runs')
  const one = database.prepare<[string], { detail: string }>('SELECT detail FROM runs WHERE run_id = ?')
  return {
    keepRun: (detail) => {
      put.run(detail.run_id, detail.started_at, fit(detail))
      trim.run()
    },
    listRuns: ({ offset, limit }, filter = {}) => {
      if (Object.values(filter).every((value) => value === undefined))
        return { runs: page.all(limit, offset).map((row) => toSummary(read(row))), total: count.get()?.n ?? 0 }
      const found = all
        .all()
        .map(read)
        .filter((run) => passes(run, filter))
      return { runs: found.slice(offset, offset + limit).map(toSummary), total: found.length }
    },
    showRun: (runId) => {
      const row = one.get(runId)
      // The schema fills in what an older Quintile did not keep yet.
      return row === undefined ? undefined : runDetailSchema.parse(read(row))
    },
  }
}

function read({ detail }: { detail: string }): RunDetail {
  return JSON.parse(detail) as RunDetail
}

/** As JSON, with as many of the newest lines and events as there is room for. */
function fit(detail: RunDetail): string {
  const text = JSON.stringify(detail)
  if (Buffer.byteLength(text) <= BYTES_KEPT) return text
  const { log, events, checks, ...rest } = detail
  if (log.length + events.length > 0) {
    const newest = <T>(list: readonly T[]): T[] => list.slice(Math.ceil(list.length / 2))
    return fit({ ...rest, checks, log: newest(log), events: newest(events) })
  }
  // Bad rows may be of any size.
  return JSON.stringify({ ...rest, log, events, checks: checks.map((check) => ({ ...check, sample: [] })) })
}

function passes(run: RunDetail, { status, kind, job, since, schedule }: KeptFilter): boolean {
  return (
    (status === undefined || run.status === status) &&
    (kind === undefined || run.kind === kind) &&
    (schedule === undefined || run.schedule === schedule) &&
    (since === undefined || run.started_at >= new Date(since).toISOString()) &&
    (job === undefined || run.steps.some((step) => step.job === job))
  )
}

function toSummary(detail: RunDetail): RunSummary {
  return runSummarySchema.parse(detail)
}
