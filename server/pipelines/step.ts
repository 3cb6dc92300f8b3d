/** One job in one transaction: extraction, checks, load, watermark and the step's own log row commit together or not at all. */
import type { CheckResult, StepCounts } from '../../shared/run.ts'
import { NO_COUNTS } from '../../shared/run.ts'
import type { Feed, FeedPosition, SourceReader } from '../sources/index.ts'
import type { Session } from '../warehouse/index.ts'
import { checkStaged } from './checks/apply.ts'
import { stageOf } from './checks/declaration.ts'
import type { Finding } from './checks/outcome.ts'
import { checkTarget } from './checks/target.ts'
import { inputStamp, newWatermark, readState, saveState, touchTargets, type JobState } from './job-state.ts'
import type { LoadContext, LoadMode, LoadOutcome, WorkspacePlace } from './load-kind.ts'
import { kindOf, type Job } from './load-kinds.ts'
import { moveToValidVersions } from './loads/versions.ts'
import { mayBeSkipped } from './skip.ts'
import { fillStaging, type Batch } from './staging.ts'
import { refreshStatistics } from './statistics.ts'

/** Where the job's SQL runs, or what its rows come from. */
export type Origin =
  | { kind: 'warehouse' }
  | { kind: 'database'; reader: SourceReader }
  | { kind: 'feed'; feed: Feed; source: string; stream: string }
  /** The source may be missing, and it is. */
  | { kind: 'nothing'; source: string }
  | RejectOrigin

/** Rows that the job kept out before, by id, with new values for some of their columns. */
export interface RejectOrigin {
  kind: 'rejects'
  ids: readonly string[]
  mended: Readonly<Record<string, Readonly<Record<string, string | number | boolean | null>>>>
}

export interface StepRequest extends Omit<LoadMode, 'extent'> {
  job: Job
  runId: string
  /** All tracked columns of the target's history, over all jobs that feed it. */
  tracked: readonly string[]
  origin: Origin
  /** Tables of the warehouse that the job reads: its source's, and the targets of the jobs that go before it. */
  inputs: readonly string[]
  workspace: WorkspacePlace
  /** `--since`: read from here on instead of from the watermark. */
  since: string | null
  signal: AbortSignal
  onRows?: ((done: number) => void) | undefined
}

export interface StepResult {
  counts: StepCounts
  findings: Finding[]
  checks: CheckResult[]
  watermark_before: string | null
  watermark: string | null
  note: string | null
  /** Of a feed, to be confirmed at the source after the commit. */
  position: FeedPosition | null
}

const NOTHING_NEW = 'nothing new since the last run'

const NEVER_LOADED: JobState = { watermark: null, input_stamp: '', versions_seen: {} }

/** Runs the job inside the caller's transaction. */
export async function executeStep(session: Session, request: StepRequest): Promise<StepResult> {
  const before = await readState(session, request.job.name)
  const stamp = await inputStamp(session, request)
  if (before !== undefined && (await mayBeSkipped(session, request, { before, stamp }))) return nothingNew(before)
  const batch = await fillStaging(session, request, before)
  const known = before ?? NEVER_LOADED
  return batch.isEmpty ? keepPosition(session, request, { known, batch, stamp }) : loadBatch(session, request, { known, batch, stamp })
}

interface Staged {
  /** What was safely loaded before. */
  known: JobState
  batch: Batch
  stamp: string
}

async function loadBatch(session: Session, request: StepRequest, { known, batch, stamp }: Staged): Promise<StepResult> {
  const { job, runId } = request
  const staged = await checkStaged(session, job, runId)
  const outcome = await kindOf(job).load(loadContext(session, request, { batch, known, kept: staged.rejected }))
  const settle = await settleInTime(job, outcome)
  const { moved, seen } = await moveToValidVersions(session, job, known.versions_seen)
  const target = await checkTarget(session, { job, runId, staged })
  // A replay reads nothing at the source: how far the job has read stays as it is.
  const isReplay = request.origin.kind === 'rejects'
  const watermark = isReplay ? known.watermark : await newWatermark(session, job, known.watermark)
  if (!isReplay) await saveState(session, request, { watermark, input_stamp: stamp, versions_seen: seen })
  await settle()
  const changed = hasChanged(outcome, moved)
  if (changed) {
    await touchTargets(session, request, outcome)
    // Statistics outlive a rollback.
    if (!request.dryRun) await refreshStatistics(session, kindOf(job).written(job))
  }
  return {
    counts: { ...outcome.counts, read: batch.read, rejected: batch.rejected + staged.rejected },
    findings: [...batch.findings, ...staged.findings, ...target.findings],
    checks: [...staged.results, ...target.results],
    watermark_before: known.watermark,
    watermark,
    note: sayNotes([batch.note, outcome.note, moved === 0 ? null : sayMoved(moved)], changed),
    position: batch.position,
  }
}

function hasChanged({ counts, removed = 0 }: LoadOutcome, moved: number): boolean {
  return counts.inserted + counts.updated + counts.versions_closed + removed + moved > 0
}

/** A feed without anything new: how far it was read is kept all the same. */
async function keepPosition(
  session: Session,
  request: StepRequest,
  { known: { watermark, versions_seen }, batch, stamp }: Staged,
): Promise<StepResult> {
  await saveState(session, request, { watermark, input_stamp: stamp, versions_seen })
  const nothing = nothingNew({ watermark, input_stamp: stamp, versions_seen })
  return { ...nothing, note: batch.note ?? nothing.note, position: batch.position }
}

function nothingNew({ watermark }: JobState): StepResult {
  return {
    counts: NO_COUNTS,
    findings: [],
    checks: [],
    watermark_before: watermark,
    watermark,
    note: NOTHING_NEW,
    position: null,
  }
}

const SETTLED = (): Promise<void> => Promise.resolve()

/**
 * A swap makes readers wait until the commit, so it is put off to the very end, unless what comes behind the load reads or
 * changes the target. Answers with what is left to do there.
 */
async function settleInTime(job: Job, { settle = SETTLED }: LoadOutcome): Promise<() => Promise<void>> {
  const isLookedAt = job.versions.length > 0 || job.checks.some((check) => stageOf(check) === 'target')
  if (!isLookedAt) return settle
  await settle()
  return SETTLED
}

interface Loading {
  batch: Batch
  known: JobState
  /** Rows that the checks kept out of staging. */
  kept: number
}

function loadContext(session: Session, request: StepRequest, { batch, known, kept }: Loading): LoadContext<Job> {
  const { job, runId, tracked, workspace, reload, rebuildHistory, dryRun } = request
  const mode = { extent: batch.extent, reload, rebuildHistory, dryRun, isReplay: request.origin.kind === 'rejects' }
  const staged = batch.read - batch.rejected - kept
  return { session, job, runId, tracked, workspace, staged, watermark: known.watermark, ...mode }
}

function sayMoved(rows: number): string {
  return `${String(rows)} rows moved to the version valid at their time`
}

function sayNotes(notes: readonly (string | null)[], changed: boolean): string | null {
  const said = notes.filter((note) => note !== null)
  if (said.length > 0) return said.join('; ')
  return changed ? null : NOTHING_NEW
}
