/** A feature sync as a run of its own: it holds a lease, stands in the run book and says how many customers it copied. */
import { v7 as newRunId } from 'uuid'
import { toFailure } from '../shared/failure.ts'
import { NO_COUNTS, type RunSummary } from '../shared/run.ts'
import type { Features, SyncResult } from './features/index.ts'
import type { Reports } from './reports/index.ts'
import type { Runs } from './runs/index.ts'
import { holdLeases, type Warehouse } from './warehouse/index.ts'

export interface SyncNeeds {
  warehouse: Warehouse
  runs: Runs
  features: Features
  reports: Reports
  identity: { machine: string; user: string; pid: number }
}

export interface SyncRequest {
  /** What the person typed or clicked, for the run book. */
  request: string
  runId?: string | undefined
  /** Called when the run stands in the book. */
  onStarted?: () => void
}

const STEP = 'feature_snapshot'

/** Errors: `lease.held`; an unreachable warehouse. A failure on the way stands in the run that is returned. */
export async function runSync(needs: SyncNeeds, request: SyncRequest): Promise<{ run: RunSummary; snapshot: SyncResult | null }> {
  const { warehouse, runs, identity } = needs
  const runId = request.runId ?? newRunId()
  const lease = await holdLeases(await warehouse.connection(), ['feature sync', `run ${runId}`], { ...identity, run_id: runId })
  try {
    await runs.book.startRun({
      runId,
      kind: 'sync',
      request: request.request,
      arguments: {},
      packHash: '',
      steps: [{ job: STEP, group: 'features', position: 0 }],
    })
    request.onStarted?.()
    const cancelled = new AbortController()
    const watch = runs.book.watchCancel(runId, () => cancelled.abort())
    return await copyAndRecord(needs, runId, AbortSignal.any([cancelled.signal, lease.lost])).finally(() => watch.close())
  } finally {
    await lease.release()
  }
}

async function copyAndRecord(
  { warehouse, runs, features, reports }: SyncNeeds,
  runId: string,
  signal: AbortSignal,
): Promise<{ run: RunSummary; snapshot: SyncResult | null }> {
  const { book } = runs
  try {
    await book.startStep(runId, STEP, 1)
    const snapshot = await features.sync(runId, { signal, onRows: (done) => book.progress(runId, STEP, { done, total: null }) })
    const kept = await reports.keepAll()
    const note = `${String(snapshot.features)} features as of ${snapshot.as_of ?? 'no data'}; ${String(kept)} reports kept for reading offline`
    const result = {
      counts: { ...NO_COUNTS, read: snapshot.customers, inserted: snapshot.customers },
      findings: [],
      watermark_before: null,
      watermark: snapshot.as_of,
      note,
    }
    await warehouse.withTransaction((session) => book.finishStep(session, runId, { job: STEP, status: 'succeeded', result }))
    return { run: await book.finishRun(runId, { status: 'succeeded', failure: null }), snapshot }
  } catch (thrown) {
    const failure = toFailure(thrown)
    const status = signal.aborted ? 'cancelled' : 'failed'
    await book.endStep(runId, { job: STEP, status, note: null, failure })
    return { run: await book.finishRun(runId, { status, failure }), snapshot: null }
  }
}
