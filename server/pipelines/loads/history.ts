/**
 * SCD Type 2. Each row of a batch is an observation: its key had these values from that time on (the boundary of the load,
 * the row's own time, or the commit that a replication feed tells of). What the history does not say yet is found in one
 * pass; plain changes are closed and inserted, the rest is laid out along each key's timeline.
 *
 * Ends are exclusive. Versions of a key never overlap; between a deletion and a return there is a gap. A version that exists
 * is never removed (facts carry its surrogate key), except when a person asks for the past to be rebuilt.
 */
import { z } from 'zod'
import { NO_COUNTS, type StepCounts } from '../../../shared/run.ts'
import { quoteQualified, type Session } from '../../warehouse/index.ts'
import { columnName, sharedKeys } from '../job-keys.ts'
import type { LoadContext, LoadKind, LoadOutcome } from '../load-kind.ts'
import { STAGING } from '../staging-table.ts'
import { columnsOf, requireColumns } from './columns.ts'
import { applyTimelines, NO_EFFECT } from './history-apply.ts'
import { CHANGE_COLUMNS, landChanges } from './history-changes.ts'
import { closeMissing } from './history-deletes.ts'
import { observe } from './history-observe.ts'
import { closeAndInsertPlain, findTimelineKeys, overwriteCurrent } from './history-plain.ts'
import { readShape, type HistoryRequest } from './history-request.ts'
import { spareRejected } from './history-spared.ts'

export const historySchema = z
  .strictObject({
    kind: z.literal('history'),
    ...sharedKeys,
    key: z.array(columnName).min(1),
    /** A change of these makes a new version. */
    track: z.array(columnName).min(1),
    /** A change of these overwrites the current version in place. */
    update: z.array(columnName).default([]),
    /** Column with the time from which a row holds; without it, the run's one boundary time. */
    effective: columnName.optional(),
    /** Column with the time from which a key holds that the history does not know yet: when an account was made, say. */
    known_from: columnName.optional(),
    /** What it means that a full extract lacks a key: nothing; its version ends; its version ends until it comes back. */
    deletes: z.enum(['ignore', 'close', 'reopen']).default('ignore'),
    /** Boolean column of the batch: true says that the key is gone. */
    deleted: columnName.optional(),
    /** The rows are changes of a replication feed: change, commit_lsn, committed_at, change_order, unchanged_columns. */
    changes: z.boolean().default(false),
  })
  .refine((job) => !job.changes || (job.effective ?? job.deleted ?? job.known_from) === undefined, {
    path: ['changes'],
    message: 'changes bring their own times and deletions: leave “effective”, “known_from” and “deleted” out',
  })
type HistoryJob = z.infer<typeof historySchema>

const withTime = ({ key, effective }: HistoryJob): string[] => [...key, ...(effective === undefined ? [] : [effective])]

export const history: LoadKind<HistoryJob> = {
  schema: historySchema,
  needsSql: true,
  // A truncation has no key; of several changes of a key each is a statement of its own.
  required: (job) => (job.changes ? [] : withTime(job)),
  identity: (job) => (job.changes ? [] : withTime(job)),
  load: loadJob,
  written: (job) => [job.target],
}

async function loadJob({ session, job, runId, tracked, isReplay, ...mode }: LoadContext<HistoryJob>): Promise<LoadOutcome> {
  const { target, key, track, update, effective, known_from: knownFrom, deletes, deleted, changes } = job
  const isWhole = mode.extent === 'full' && !isReplay
  const isSeeing = isWhole && (changes || deletes !== 'ignore')
  const isRebuild = mode.reload && mode.rebuildHistory
  const spared = isSeeing || isRebuild ? await spareRejected(session, { runId, job: job.name, key }) : { isUnreadable: false }
  const outcome = await loadHistory(session, {
    ...{ target, from: STAGING, key, track, tracked, update, effective, knownFrom, deleted, changes, deletes },
    extent: isSeeing && !spared.isUnreadable ? 'full' : 'partial',
    spared: spared.table,
    rebuild: isRebuild && isWhole && !spared.isUnreadable,
  })
  const { counts, missing, truncated, removed, grown } = outcome
  const notes = [...sayEnded(outcome), ...sayLeft(counts, { isSeeing, isRebuild, isWhole, isUnreadable: spared.isUnreadable })]
  return {
    counts,
    removed: missing + truncated + removed,
    deleted: counts.inserted + counts.versions_closed - grown,
    note: notes.length === 0 ? null : notes.join('; '),
  }
}

function sayEnded({ missing, truncated, removed }: HistoryOutcome): string[] {
  const said: [number, string][] = [
    [missing, 'closed: gone at the source'],
    [truncated, 'closed: truncated at the source'],
    [removed, 'removed: the rebuilt past does not have them'],
  ]
  return said
    .filter(([versions]) => versions > 0)
    .map(([versions, what]) => `${String(versions)} ${versions === 1 ? 'version' : 'versions'} ${what}`)
}

interface Circumstances {
  /** Missing keys would mean something. */
  isSeeing: boolean
  isRebuild: boolean
  isWhole: boolean
  /** Some rejected row does not say whose it is. */
  isUnreadable: boolean
}

/** What was left undone, and why. */
function sayLeft(counts: StepCounts, { isSeeing, isRebuild, isWhole, isUnreadable }: Circumstances): string[] {
  const isEmpty = counts.inserted + counts.updated + counts.versions_closed + counts.unchanged === 0
  return [
    ...(isSeeing && isUnreadable ? ['some rows could not be read: nothing was closed'] : []),
    ...(isSeeing && isEmpty && !isUnreadable ? ['the extract was empty: nothing was closed'] : []),
    ...(isRebuild && (isUnreadable || !isWhole) ? ['not every row was read: the past was kept'] : []),
  ]
}

/** What a load did; `counts` are without `read` and `rejected`. */
export interface HistoryOutcome {
  counts: StepCounts
  /** Versions closed because a full batch lacks their keys. */
  missing: number
  /** Versions closed because the source was truncated. */
  truncated: number
  /** Versions removed because a rebuilt past does not have them. */
  removed: number
  /** Versions that the target has more than before. */
  grown: number
}

const NOTHING: HistoryOutcome = { counts: NO_COUNTS, missing: 0, truncated: 0, removed: 0, grown: 0 }

/** Loads the observations. Errors: `load.*` mistakes; `load.history-referenced` when a rebuilt past would orphan facts. */
export async function loadHistory(session: Session, request: HistoryRequest): Promise<HistoryOutcome> {
  const shape = await readShape(session, request)
  await requireBatch(session, request)
  // Two jobs that feed one history take turns, so that surrogate keys grow in the order of their commits; readers go on.
  await session.script(`LOCK TABLE ${quoteQualified(request.target)} IN SHARE ROW EXCLUSIVE MODE`)
  const { rows } = await session.query<{ batch: string }>(`SELECT count(*)::text AS batch FROM ${request.from}`)
  const batch = Number(rows[0]?.batch ?? 0)
  if (batch === 0) return NOTHING
  if (request.changes === true) await landChanges(session, shape, await columnsOf(session, request.from))
  await observe(session, shape)
  const late = await findTimelineKeys(session, shape)
  const plain = await closeAndInsertPlain(session, shape, late)
  const along = late === 0 ? NO_EFFECT : await applyTimelines(session, shape)
  const inserted = plain.inserted + along.inserted
  const versions_closed = plain.opened + along.closed
  const updated = along.updated + (await overwriteCurrent(session, shape, late))
  const missing = await closeMissing(session, shape)
  await session.script('DROP TABLE IF EXISTS pg_temp.change, pg_temp.observation, pg_temp.timeline_key, pg_temp.timeline')
  return {
    counts: { ...NO_COUNTS, inserted, versions_closed, updated, unchanged: batch - inserted - versions_closed - updated },
    missing,
    truncated: along.truncated,
    removed: along.removed,
    grown: plain.inserted + plain.opened + along.grown,
  }
}

async function requireBatch(session: Session, request: HistoryRequest): Promise<void> {
  const { from, target, key, track, update, effective, knownFrom, deleted, changes } = request
  const steering = [effective, knownFrom, deleted].filter((name) => name !== undefined)
  const declared = [...key, ...track, ...update, ...steering, ...(changes === true ? CHANGE_COLUMNS : [])]
  requireColumns(declared, await columnsOf(session, from), `the history of ${target}`)
}
