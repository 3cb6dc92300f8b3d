/**
 * The workspace's SQLite file: the feature snapshot, a mirror of recent runs and the last result of each report. Small
 * reads happen here; what takes longer goes to worker threads, so that the server's event loop is never held.
 */
import type { Readable } from 'node:stream'
import type { ReportResult, SnapshotInfo } from '../../shared/contract/answers.ts'
import type { RunDetail, RunSummary } from '../../shared/run.ts'
import type { Clock } from '../../shared/time.ts'
import { openFile } from './schema.ts'
import type { SnapshotColumn, SnapshotHead } from './snapshot-writer.ts'
import { WorkerThread } from './worker-thread.ts'

export type { CellType } from './copy-binary.ts'
export type { SnapshotColumn, SnapshotHead } from './snapshot-writer.ts'

export interface StoredSnapshot extends SnapshotInfo {
  /** Table that holds the rows. */
  table: string
  columns: SnapshotColumn[]
}

export type LocalValue = string | number | null
export type LocalRow = Record<string, LocalValue>

export interface LocalStore {
  snapshot(): StoredSnapshot | null
  /** Reads in a worker thread. */
  read(sql: string, values?: readonly LocalValue[]): Promise<LocalRow[]>
  /** Fills a new snapshot from a COPY binary stream and puts it in the place of the old one; returns its customers. */
  writeSnapshot(head: SnapshotHead, rows: Readable, onRows: (customers: number) => void): Promise<number>
  keepRun(detail: RunDetail): void
  listRuns(page: { offset: number; limit: number }): { runs: RunSummary[]; total: number }
  showRun(runId: string): RunDetail | undefined
  /** Keeps a report's result under the digest of what made it. */
  keepReport(result: ReportResult, stamp: string): void
  /** The last result; with a stamp, only if it was made from the same. */
  report(name: string, stamp?: string): ReportResult | undefined
  /** Keeps a small answer of the warehouse for when it cannot be asked. */
  keepAnswer(name: string, answer: unknown): void
  /** The kept answer, in the shape in which it was kept. */
  answer(name: string): unknown
  /** Where a damaged file was put at this opening, or null. */
  readonly setAside: string | null
  close(): Promise<void>
}

/** Runs mirrored locally; older ones are in the warehouse. */
const RUNS_KEPT = 500

interface SnapshotRow {
  snapshot_id: string
  table_name: string
  synced_at: string
  as_of: string | null
  customers: number
  columns: string
}

/** Opens (or makes) the file. Errors: `local.newer`. */
export function openLocal({ file, clock }: { file: string; clock: Clock }): LocalStore {
  const { database, setAside } = openFile(file, clock())
  const reader = new WorkerThread(file)
  const writer = new WorkerThread(file)
  const snapshotRow = database.prepare<[], SnapshotRow>('SELECT * FROM snapshots LIMIT 1')
  const putRun = database.prepare('INSERT INTO runs (run_id, started_at, detail) VALUES (?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET detail = excluded.detail')
  const trimRuns = database.prepare(`DELETE FROM runs WHERE run_id NOT IN (SELECT run_id FROM runs ORDER BY started_at DESC LIMIT ${String(RUNS_KEPT)})`)
  return {
    setAside,
    snapshot: () => {
      const row = snapshotRow.get()
      if (row === undefined) return null
      const columns = JSON.parse(row.columns) as SnapshotColumn[]
      return { snapshot_id: row.snapshot_id, synced_at: row.synced_at, as_of: row.as_of, customers: row.customers, features: columns.length - 1, table: row.table_name, columns }
    },
    read: (sql, values = []) => reader.ask<LocalRow[]>({ type: 'read', sql, values }),
    writeSnapshot: (head, rows, onRows) => writeSnapshot(writer, { head, rows, onRows }),
    keepRun: (detail) => {
      putRun.run(detail.run_id, detail.started_at, JSON.stringify(detail))
      trimRuns.run()
    },
    listRuns: ({ offset, limit }) => {
      const rows = database.prepare<[number, number], { detail: string }>('SELECT detail FROM runs ORDER BY started_at DESC LIMIT ? OFFSET ?').all(limit, offset)
      const total = database.prepare<[], { n: number }>('SELECT count(*) AS n FROM runs').get()?.n ?? 0
      return { runs: rows.map((row) => toSummary(JSON.parse(row.detail) as RunDetail)), total }
    },
    showRun: (runId) => {
      const row = database.prepare<[string], { detail: string }>('SELECT detail FROM runs WHERE run_id = ?').get(runId)
      return row === undefined ? undefined : (JSON.parse(row.detail) as RunDetail)
    },
    keepReport: (result, stamp) => {
      database
        .prepare('INSERT INTO reports (report, stamp, result) VALUES (?, ?, ?) ON CONFLICT (report) DO UPDATE SET stamp = excluded.stamp, result = excluded.result')
        .run(result.report, stamp, JSON.stringify(result))
    },
    report: (name, stamp) => {
      const row = database.prepare<[string, string | null, string | null], { result: string }>('SELECT result FROM reports WHERE report = ? AND (? IS NULL OR stamp = ?)').get(name, stamp ?? null, stamp ?? null)
      return row === undefined ? undefined : (JSON.parse(row.result) as ReportResult)
    },
    keepAnswer: (name, answer) => {
      database.prepare('INSERT INTO answers (name, answer) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET answer = excluded.answer').run(name, JSON.stringify(answer))
    },
    answer: (name) => {
      const row = database.prepare<[string], { answer: string }>('SELECT answer FROM answers WHERE name = ?').get(name)
      return row === undefined ? undefined : (JSON.parse(row.answer) as unknown)
    },
    close: async () => {
      await Promise.all([reader.close(), writer.close()])
      database.close()
    },
  }
}

function toSummary(detail: RunDetail): RunSummary {
  const { arguments: _arguments, code_version: _version, pack_hash: _hash, steps: _steps, log: _log, rejects: _rejects, ...summary } = detail
  return summary
}

/** Chunks on their way to the worker at once: enough that neither side waits, few enough that memory stays flat. */
const IN_FLIGHT = 8

async function writeSnapshot(worker: WorkerThread, { head, rows, onRows }: { head: SnapshotHead; rows: Readable; onRows: (customers: number) => void }): Promise<number> {
  await worker.ask({ type: 'snapshot-begin', head })
  try {
    const flying: Promise<void>[] = []
    for await (const chunk of rows as AsyncIterable<Buffer>) {
      // A copy of its own, so that the buffer can be handed over without being shared with pg's.
      const bytes = new Uint8Array(chunk)
      const handed = worker.ask<number>({ type: 'snapshot-rows', bytes }, [bytes.buffer]).then(onRows)
      // It is awaited a few chunks later; until then a rejection must not count as unhandled.
      handed.catch(() => undefined)
      flying.push(handed)
      if (flying.length >= IN_FLIGHT) await flying.shift()
    }
    await Promise.all(flying)
    return await worker.ask<number>({ type: 'snapshot-finish' })
  } catch (thrown) {
    await worker.ask({ type: 'snapshot-abandon' }).catch(() => undefined)
    throw thrown
  }
}
