/** The run book: what every run did, written beside the data and mirrored locally for when there is no network. */
import type { Readable } from 'node:stream'
import { diffRuns, type RunDiff } from '../../shared/run-diff.ts'
import type { CheckPoint, RunDetail, RunLogLine, RunReject, RunSummary } from '../../shared/run.ts'
import { toIso, type Clock } from '../../shared/time.ts'
import type { LocalStore } from '../local/index.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import { openBook } from './book.ts'
import { writeCancelRequest } from './cancel.ts'
import { exportRun } from './export.ts'
import { findRun, isRunId, unknownRun } from './find.ts'
import { orElseLocal } from './or-else-local.ts'
import { readCheckHistory, readDetail } from './read-detail.ts'
import { followLog } from './follow-log.ts'
import { matchesLog, readLogPage, streamLog, type LogFilter } from './read-log.ts'
import { readPreviousId, readRunning, readRuns, type Page, type RunFilter } from './read-runs.ts'
import { markReplayed, readRejects, readRejectsById, streamRejects, type RejectFilter } from './rejects.ts'
import { DEFAULT_RETENTION, pruneRuns, type Pruned, type RetentionPolicy } from './retention.ts'

export { LIVE_CHANNEL } from './tell.ts'
export type { Page, RunFilter } from './read-runs.ts'
export type { LogFilter } from './read-log.ts'
export type { RejectFilter } from './rejects.ts'
export type { Pruned, RetentionPolicy } from './retention.ts'
export type { CancelWatch } from './cancel.ts'

export interface RunsNeeds {
  warehouse: Warehouse
  local: LocalStore
  clock: Clock
  identity: { machine: string; user: string; pid: number }
  codeVersion: string
  /** What the workspace's settings say of keeping runs; what they leave out is as by default (30 days, 1 GB). */
  retention?: Partial<RetentionPolicy>
}

export interface RunPage {
  runs: RunSummary[]
  total: number
  source: 'warehouse' | 'cache'
}

/** Opens the room. Errors: none here; its calls reject with the failures of the warehouse. */
export function openRuns(needs: RunsNeeds) {
  const { warehouse, local } = needs
  const keep = async (runId: string): Promise<void> => {
    const detail = await readDetail(warehouse, runId)
    if (detail !== undefined) local.keepRun(detail)
  }
  const book = openBook({ ...needs, keep })
  return { book, ...openReading(needs), ...openOneRun(needs, book), ...openRetention(needs) }
}

export type Runs = ReturnType<typeof openRuns>

/** Lists: runs, rejects, results of checks. */
function openReading({ warehouse, local }: RunsNeeds) {
  return {
    /** Newest first. */
    list: ({ offset, limit, ...filter }: Page & RunFilter): Promise<RunPage> =>
      orElseLocal<RunPage>(
        async () => ({ ...(await readRuns(warehouse, { offset, limit, ...filter })), source: 'warehouse' }),
        () => ({ ...local.listRuns({ offset, limit }, filter), source: 'cache' }),
      ),

    /** Runs under way now, of any process. */
    running: (): Promise<RunSummary[]> => readRunning(warehouse),

    /** Rows that a run kept out, in the order in which it met them; they stand in the warehouse alone. */
    rejects: async (runId: string, page: Page): Promise<{ rejects: RunReject[]; total: number }> => {
      if (!isRunId(runId)) throw unknownRun(runId)
      return readRejects(warehouse, { run_id: runId }, page)
    },

    /** Rejects of all runs. */
    rejected: {
      /** Newest first. */
      list: (filter: RejectFilter, page: Page): Promise<{ rejects: RunReject[]; total: number }> =>
        readRejects(warehouse, filter, { ...page, newestFirst: true }),
      /** All of them in batches, in constant memory. */
      stream: (filter: RejectFilter): AsyncGenerator<RunReject[]> => streamRejects(warehouse, filter),
      byIds: (ids: readonly number[], session?: Session): Promise<RunReject[]> => readRejectsById(session ?? warehouse, ids),
      /** How many of them were still open; belongs in the transaction that takes them in. */
      markReplayed: (session: Session, ids: readonly number[], runId: string): Promise<number> => markReplayed(session, ids, runId),
    },

    /** The last results of one check, newest first. */
    checkHistory: (job: string, check: string, limit: number): Promise<CheckPoint[]> => readCheckHistory(warehouse, { job, check, limit }),
  }
}

/** One run: looked at, compared, exported, cancelled. */
function openOneRun(needs: RunsNeeds, book: ReturnType<typeof openBook>) {
  const { warehouse, local, clock } = needs
  const show = async (runId: string): Promise<RunDetail> => {
    if (!isRunId(runId)) throw unknownRun(runId)
    const detail = await orElseLocal(
      () => readDetail(warehouse, runId),
      () => local.showRun(runId),
    )
    if (detail === undefined) throw unknownRun(runId)
    return detail
  }
  return {
    /** Errors: `run.unknown`. */
    show,

    /** The id that is meant by an id, the beginning of one, or `latest`. Errors: `run.unknown`, `run.ambiguous`. */
    find: (name: string): Promise<string> => findRun(needs, name),

    /** The run before it with the same jobs, or with one of them; undefined when there is none. */
    previous: (runId: string): Promise<string | undefined> => readPreviousId(warehouse, runId),

    /** What is different in a run, held against the one before it when no other is named; null when there is none. Errors: `run.unknown`. */
    diff: async (after: string, before?: string): Promise<RunDiff | null> => {
      const run = await show(after)
      const against = before ?? (await readPreviousId(warehouse, after))
      return against === undefined ? null : diffRuns(await show(against), run)
    },

    ...openLogs(needs, book),

    /** Everything of one run as one JSON document; a stream in constant memory. Errors: `run.unknown`. */
    export: (runId: string): Promise<Readable> =>
      isRunId(runId)
        ? exportRun(warehouse, runId, { missing: () => unknownRun(runId), at: toIso(clock()) })
        : Promise.reject(unknownRun(runId)),

    /** Asks a run of whatever process to stop. Errors: `run.unknown`, `run.already-ended`. */
    requestCancel: async (runId: string, who: string): Promise<RunSummary> => {
      await show(runId)
      // A run whose process is gone cannot stop any more: it has ended, and should say so.
      await book.closeInterrupted()
      return warehouse.withTransaction((session) => writeCancelRequest(session, { runId, who, at: toIso(clock()) }))
    },
  }
}

/** The log of one run. */
function openLogs({ warehouse, local }: RunsNeeds, book: ReturnType<typeof openBook>) {
  const requireKnown = async (runId: string): Promise<void> => {
    const known = isRunId(runId) && (await warehouse.query('SELECT 1 FROM quintile.runs WHERE run_id = $1', [runId])).rows.length > 0
    if (!known) throw unknownRun(runId)
  }
  return {
    /** The whole log in batches, in constant memory; offline the lines that were kept. Errors: `run.unknown`. */
    log: (runId: string, filter: LogFilter): Promise<AsyncIterable<RunLogLine[]>> =>
      orElseLocal<AsyncIterable<RunLogLine[]>>(
        async () => {
          await requireKnown(runId)
          return streamLog(warehouse, runId, filter)
        },
        () => keptLog(local, runId, filter),
      ),

    /** Some lines of the log in their order, and how many there are in all. Errors: `run.unknown`. */
    logPage: (runId: string, filter: LogFilter, page: Page): Promise<{ lines: RunLogLine[]; total: number }> =>
      orElseLocal(
        async () => {
          await requireKnown(runId)
          return readLogPage(warehouse, runId, { ...filter, ...page })
        },
        () => {
          const lines = (local.showRun(runId)?.log ?? []).filter((line) => matchesLog(line, filter))
          return { lines: lines.slice(page.offset, page.offset + page.limit), total: lines.length }
        },
      ),

    /** The log as it is written, until the run has ended or the signal comes. */
    followLog: (runId: string, filter: LogFilter, signal: AbortSignal): AsyncGenerator<RunLogLine[]> =>
      followLog({ warehouse, signal, closeInterrupted: book.closeInterrupted }, runId, filter),
  }
}

async function* keptLog(local: LocalStore, runId: string, filter: LogFilter): AsyncGenerator<RunLogLine[]> {
  const kept = local.showRun(runId)
  if (kept === undefined) throw unknownRun(runId)
  yield await Promise.resolve(kept.log.filter((line) => matchesLog(line, filter)))
}

/** Often enough for a book that grows by a run every few minutes. */
const TIDY_EVERY_MILLISECONDS = 3_600_000

/** How long runs are kept. */
function openRetention({ warehouse, clock, retention = {} }: RunsNeeds) {
  const policy: RetentionPolicy = { ...DEFAULT_RETENTION, ...retention }
  let tidiedAt = -Infinity
  const prune = (wish: Partial<RetentionPolicy> & { dryRun?: boolean } = {}): Promise<Pruned> => {
    const { dryRun = false, ...given } = wish
    return pruneRuns(warehouse, { ...policy, ...given }, { now: toIso(clock()), dryRun })
  }
  return {
    /** Deletes what the policy no longer keeps; what is given stands in place of the workspace's own. */
    prune,

    /** The same by the workspace's own policy, at most once an hour; null when it is not yet time again. */
    tidyUp: async (): Promise<Pruned | null> => {
      if (clock() - tidiedAt < TIDY_EVERY_MILLISECONDS) return null
      tidiedAt = clock()
      return prune()
    },
  }
}
