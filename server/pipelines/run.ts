/**
 * Carries out a plan. Steps run in parallel where the graph allows; a failed step does not stop independent ones; its
 * dependants are skipped with the cause named.
 */
import { PGraph, type PGraphNodeRecord } from 'p-graph'
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { RunStatus, RunSummary } from '../../shared/run.ts'
import { holdLeases, type Lease, type Warehouse } from '../warehouse/index.ts'
import { attemptStep, statusOf, type RunningRun } from './attempt.ts'
import type { JobCatalogue } from './catalogue.ts'
import { CheckFailure } from './checks/outcome.ts'
import { importedTables, openRunSources, type JobSources } from './job-sources.ts'
import type { WorkspacePlace } from './load-kind.ts'
import type { Plan, PlannedStep } from './plan.ts'
import type { RunRecorder } from './recorder.ts'
import { refreshStatistics } from './statistics.ts'
import type { StepResult } from './step.ts'

export interface RunNeeds {
  warehouse: Warehouse
  recorder: RunRecorder
  identity: { machine: string; user: string; pid: number }
  sources: JobSources
  workspace: WorkspacePlace
}

export interface RunRequest {
  runId: string
  catalogue: JobCatalogue
  plan: Plan
  /** What the person typed or clicked, for the run book. */
  request: string
  /** Steps at once. */
  threads: number
  signal: AbortSignal
  /** The run whose failed steps this one runs again. */
  retryOf?: string | undefined
  schedule?: string | undefined
  /** Called when the run stands in the book. */
  onStarted?: (() => void) | undefined
  /** Told of each step that ended, for the terminal. */
  onStep?: ((ended: StepEnded) => void) | undefined
}

export interface StepEnded {
  job: string
  status: RunStatus
  /** Null when the step did not commit. */
  result: StepResult | null
  failure: Failure | null
}

/** Runs the plan to its end and returns the run book's summary. Errors: `lease.held` and an unreachable warehouse, before anything ran. */
export async function runPlan(needs: RunNeeds, request: RunRequest): Promise<RunSummary> {
  const { warehouse, recorder, identity } = needs
  const { runId, plan } = request
  // The sources too: lines that an import brings between the dimensions and the facts would miss their customers.
  const held = [...plan.steps.map((step) => step.job.name), ...importedTables(needs.sources), leaseOfRun(runId)]
  const lease = await holdLeases(await warehouse.connection(), held, { ...identity, run_id: runId })
  try {
    await recorder.closeInterrupted()
    await recorder.startRun(opening(request))
    for (const former of lease.takenOver) await recorder.event(runId, { kind: 'lease.taken-over', job: null, detail: { ...former } })
    request.onStarted?.()
    await refreshStatistics(warehouse, importedTables(needs.sources))
    return await carryOut(needs, request, lease)
  } catch (thrown) {
    return await recorder.finishRun(runId, { status: 'failed', failure: toFailure(thrown) })
  } finally {
    await lease.release()
  }
}

function opening({ runId, request, plan, catalogue, retryOf, schedule }: RunRequest): Parameters<RunRecorder['startRun']>[0] {
  const steps = plan.steps.map(({ job, position }) => ({
    ...{ job: job.name, group: job.group, position },
    ...{ source: job.source ?? null, target: job.target },
  }))
  return { runId, kind: 'pipeline', request, arguments: { ...plan.options }, packHash: catalogue.hash, steps, retryOf, schedule }
}

/** A run holds a lease of its own name too: who finds it free knows that the run's process is gone. */
export function leaseOfRun(runId: string): string {
  return `run ${runId}`
}

async function carryOut(needs: RunNeeds, request: RunRequest, lease: Lease): Promise<RunSummary> {
  const { warehouse, recorder, workspace } = needs
  const { runId, plan, catalogue } = request
  const { full_reload: reload, rebuild_history: rebuildHistory, since } = plan.options
  const cancelled = new AbortController()
  const watch = recorder.watchCancel(runId, () => cancelled.abort())
  const asked = AbortSignal.any([request.signal, cancelled.signal])
  const sources = openRunSources(needs.sources, (source, moment) => {
    const detail = { source, at: moment.at, note: 'the connection was cut: from here on the source is read as of a later moment' }
    recorder.event(runId, { kind: 'source.note', job: null, detail }).catch(() => undefined)
  })
  try {
    const signal = AbortSignal.any([asked, lease.lost])
    const run = { runId, warehouse, recorder, catalogue, sources, lease, workspace, mode: { reload, rebuildHistory, since }, signal }
    const statuses = await runSteps(run, request)
    if (lease.lost.aborted && !asked.aborted)
      return await recorder.finishRun(runId, { status: 'failed', failure: toFailure(lease.lost.reason) })
    return await recorder.finishRun(runId, { status: runStatus(statuses, asked), failure: null })
  } finally {
    await watch.close()
    await sources.close()
  }
}

function runStatus(statuses: ReadonlyMap<string, RunStatus>, signal: AbortSignal): RunStatus {
  const all = [...statuses.values()]
  if (signal.aborted) return 'cancelled'
  if (all.some((status) => status === 'failed' || status === 'skipped')) return 'failed'
  return all.includes('warning') ? 'warning' : 'succeeded'
}

async function runSteps(run: RunningRun, { plan, threads, onStep }: RunRequest): Promise<Map<string, RunStatus>> {
  const statuses = new Map<string, RunStatus>()
  const nodes: PGraphNodeRecord = {}
  for (const step of plan.steps) {
    nodes[step.job.name] = {
      run: async () => {
        const ended = await runStep(run, step, statuses)
        statuses.set(step.job.name, ended.status)
        onStep?.(ended)
      },
    }
  }
  const edges = plan.steps.flatMap((step) => [...step.after, ...step.behind].map((need): [string, string] => [need, step.job.name]))
  await new PGraph(nodes, edges).run({ concurrency: threads })
  return statuses
}

/** One step to its end. Never rejects: what went wrong stands in the run book, and others go on. */
async function runStep(run: RunningRun, step: PlannedStep, statuses: ReadonlyMap<string, RunStatus>): Promise<StepEnded> {
  const { recorder, runId, signal } = run
  const job = step.job.name
  const broken = step.after.find((need) => !['succeeded', 'warning'].includes(statuses.get(need) ?? ''))
  if (signal.aborted || broken !== undefined) {
    const status = broken === undefined ? 'cancelled' : 'skipped'
    const note = broken === undefined ? 'the run was cancelled' : `${broken} did not succeed`
    // With the warehouse gone the book cannot be written; the next run closes what stands open.
    await recorder.endStep(runId, { job, status, note, failure: null }).catch(() => undefined)
    return { job, status, result: null, failure: null }
  }
  try {
    const result = await attemptStep(run, step)
    return { job, status: statusOf(result), result, failure: null }
  } catch (thrown) {
    const failure = toFailure(thrown)
    const status = signal.aborted ? 'cancelled' : 'failed'
    const cause = status === 'cancelled' ? { note: 'the run was cancelled', failure: null } : { note: null, failure }
    const checks = failure instanceof CheckFailure ? failure.results : []
    await recorder.endStep(runId, { job, status, ...cause, checks }).catch(() => undefined)
    return { job, status, result: null, failure }
  }
}
