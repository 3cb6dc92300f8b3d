/**
 * Carries out a plan. Steps run in parallel where the graph allows; a failed step does not stop independent ones; its
 * dependants are skipped with the cause named. What the world broke (`retry`) is tried again, three times in all.
 */
import { PGraph, type PGraphNodeRecord } from 'p-graph'
import pRetry, { AbortError } from 'p-retry'
import { Failure, toFailure } from '../../shared/failure.ts'
import type { RunStatus, RunSummary } from '../../shared/run.ts'
import type { SourceReader } from '../sources/index.ts'
import { holdLeases, type Warehouse } from '../warehouse/index.ts'
import { trackedColumns, type JobCatalogue } from './catalogue.ts'
import type { Plan, PlannedStep } from './plan.ts'
import type { RunRecorder } from './recorder.ts'
import { refreshStatistics } from './statistics.ts'
import { executeStep, type StepResult } from './step.ts'

export interface RunNeeds {
  warehouse: Warehouse
  recorder: RunRecorder
  identity: { machine: string; user: string; pid: number }
  /** Tables of the warehouse that are sources. */
  sourceTables: readonly string[]
  /** The reader of a job's source, or undefined when its tables lie in the warehouse; and those tables. */
  sourceOf(job: PlannedStep['job']): { reader: SourceReader | undefined; tables: readonly string[] }
}

export interface RunRequest {
  runId: string
  catalogue: JobCatalogue
  plan: Plan
  request: string
  arguments: Record<string, unknown>
  /** Steps at once. */
  threads: number
  signal: AbortSignal
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

const ATTEMPTS = 3

/** Runs the plan to its end and returns the run book's summary. Errors: `lease.held` and an unreachable warehouse, before anything ran. */
export async function runPlan(needs: RunNeeds, request: RunRequest): Promise<RunSummary> {
  const { warehouse, recorder, identity } = needs
  const jobs = request.plan.steps.map((step) => step.job.name)
  // The sources too: lines that an import brings between the dimensions and the facts would miss their customers.
  const held = [...jobs, ...needs.sourceTables, leaseOfRun(request.runId)]
  const lease = await holdLeases(await warehouse.connection(), held, { ...identity, run_id: request.runId })
  try {
    await recorder.closeInterrupted()
    await recorder.startRun({
      runId: request.runId,
      kind: 'pipeline',
      request: request.request,
      arguments: request.arguments,
      packHash: request.catalogue.hash,
      steps: request.plan.steps.map((step) => ({ job: step.job.name, group: step.job.group, position: step.position })),
    })
    request.onStarted?.()
    await refreshStatistics(warehouse, needs.sourceTables)
    const statuses = await runSteps(needs, request)
    return await recorder.finishRun(request.runId, { status: runStatus(statuses, request.signal), failure: null })
  } catch (thrown) {
    const failure = toFailure(thrown)
    return await recorder.finishRun(request.runId, { status: 'failed', failure })
  } finally {
    await lease.release()
  }
}

/** A run holds a lease of its own name too: who finds it free knows that the run's process is gone. */
export function leaseOfRun(runId: string): string {
  return `run ${runId}`
}

function runStatus(statuses: ReadonlyMap<string, RunStatus>, signal: AbortSignal): RunStatus {
  const all = [...statuses.values()]
  if (signal.aborted) return 'cancelled'
  if (all.some((status) => status === 'failed' || status === 'skipped')) return 'failed'
  return all.includes('warning') ? 'warning' : 'succeeded'
}

async function runSteps(needs: RunNeeds, request: RunRequest): Promise<Map<string, RunStatus>> {
  const statuses = new Map<string, RunStatus>()
  const nodes: PGraphNodeRecord = {}
  for (const step of request.plan.steps) {
    nodes[step.job.name] = { run: async () => void statuses.set(step.job.name, await runStep(needs, request, { step, statuses })) }
  }
  const edges = request.plan.steps.flatMap((step) => step.after.map((need): [string, string] => [need, step.job.name]))
  await new PGraph(nodes, edges).run({ concurrency: request.threads })
  return statuses
}

interface StepTurn {
  step: PlannedStep
  statuses: ReadonlyMap<string, RunStatus>
}

/** One step to its end. Never rejects: what went wrong stands in the run book, and others go on. */
async function runStep(needs: RunNeeds, request: RunRequest, { step, statuses }: StepTurn): Promise<RunStatus> {
  const { recorder } = needs
  const { runId, signal } = request
  const job = step.job.name
  const broken = step.after.find((need) => !['succeeded', 'warning'].includes(statuses.get(need) ?? ''))
  if (signal.aborted || broken !== undefined) {
    const status = broken === undefined ? 'cancelled' : 'skipped'
    const note = broken === undefined ? 'the run was cancelled' : `${broken} did not succeed`
    // With the warehouse gone the book cannot be written; the next run closes what stands open.
    await recorder.endStep(runId, { job, status, note, failure: null }).catch(() => undefined)
    request.onStep?.({ job, status, result: null, failure: null })
    return status
  }
  try {
    const result = await attemptStep(needs, request, step)
    const status = statusOf(result)
    request.onStep?.({ job, status, result, failure: null })
    return status
  } catch (thrown) {
    const failure = toFailure(thrown)
    const status = signal.aborted ? 'cancelled' : 'failed'
    await recorder
      .endStep(runId, {
        job,
        status,
        note: status === 'cancelled' ? 'the run was cancelled' : null,
        failure: status === 'cancelled' ? null : failure,
      })
      .catch(() => undefined)
    request.onStep?.({ job, status, result: null, failure })
    return status
  }
}

function statusOf({ counts, findings }: StepResult): RunStatus {
  const sum = counts.inserted + counts.updated + counts.versions_closed + counts.unchanged + counts.rejected
  return findings.length > 0 || sum !== counts.read ? 'warning' : 'succeeded'
}

async function attemptStep(needs: RunNeeds, request: RunRequest, step: PlannedStep): Promise<StepResult> {
  const attempt = async (number: number): Promise<StepResult> => {
    try {
      await needs.recorder.startStep(request.runId, step.job.name, number)
      return await commitStep(needs, request, step)
    } catch (thrown) {
      const failure = toFailure(thrown)
      if (failure.kind === 'retry' && !request.signal.aborted) throw failure
      throw new AbortError(failure)
    }
  }
  return pRetry(attempt, { retries: ATTEMPTS - 1, minTimeout: 300, factor: 3, randomize: true, signal: request.signal })
}

/** The transaction. Cancelling asks PostgreSQL to stop the statement, which rolls everything back. */
async function commitStep(needs: RunNeeds, request: RunRequest, { job }: PlannedStep): Promise<StepResult> {
  const { warehouse, recorder, sourceOf } = needs
  const { runId, catalogue, signal } = request
  const { reader, tables } = sourceOf(job)
  try {
    return await warehouse.withTransaction(async (session) => {
      const cancel = (): void => {
        warehouse.cancelBackend(session.backend).catch(() => undefined)
        reader?.cancel().catch(() => undefined)
      }
      signal.addEventListener('abort', cancel, { once: true })
      try {
        if (signal.aborted) throw new Failure({ kind: 'stop', code: 'run.cancelled', message: 'The run was cancelled' })
        const inputs = [...tables, ...job.needs.flatMap((need) => catalogue.jobs.get(need)?.target ?? [])]
        const result = await executeStep(session, {
          job,
          runId,
          tracked: trackedColumns(catalogue.jobs.values(), historyTarget(job)),
          reader,
          inputs,
        })
        await recorder.finishStep(session, runId, { job: job.name, status: statusOf(result), result })
        return result
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    })
  } finally {
    await reader?.close()
  }
}

function historyTarget(job: PlannedStep['job']): string {
  return job.kind === 'rfm' && job.dimension !== undefined ? job.dimension.target : job.target
}
