/** Dry runs as things that go on, are kept on this machine, and are held against the next real run. */
import { v7 as newId } from 'uuid'
import { mistake, toFailure } from '../../shared/failure.ts'
import type { DryRun, PredictedStep, RunOptions } from '../../shared/plan.ts'
import { NO_COUNTS, type RunSummary, type StepCounts } from '../../shared/run.ts'
import { toIso, type Clock } from '../../shared/time.ts'
import type { JobCatalogue } from './catalogue.ts'
import { predictPlan, type DryRunNeeds } from './dry-run.ts'
import type { Plan } from './plan.ts'
import { comparePrediction, sayDifference } from './prediction.ts'
import type { RunRecorder } from './recorder.ts'

/** Where dry runs are kept: on this machine, for the warehouse must stay as it was. */
export interface DryRunShelf {
  keepDryRun(dryRun: DryRun): void
  dryRun(id: string): DryRun | undefined
  /** Newest first. */
  listDryRuns(): DryRun[]
}

export interface DryRunsNeeds extends DryRunNeeds {
  clock: Clock
  recorder: Pick<RunRecorder, 'openIn' | 'event' | 'log'>
  shelf: DryRunShelf
}

export interface DryRunStart {
  options: RunOptions
  plan: Plan
  catalogue: JobCatalogue
  signal: AbortSignal
  onStep?: ((step: PredictedStep) => void) | undefined
}

/** Opens the shelf and what fills it. */
export function openDryRuns(needs: DryRunsNeeds) {
  const { clock, shelf, recorder } = needs
  return {
    /** Begins; `done` resolves with the whole prediction and never rejects once the plan stands, except when a run holds a job. */
    start: (request: DryRunStart): { dryRunId: string; done: Promise<DryRun> } => {
      const dryRunId = newId()
      return { dryRunId, done: predict(needs, request, blankDryRun(dryRunId, request, toIso(clock()))) }
    },
    list: () => shelf.listDryRuns(),
    /** Errors: `dry-run.unknown`. */
    show: (id: string): DryRun => {
      const found = shelf.dryRun(id)
      if (found === undefined)
        throw mistake('dry-run.unknown', `There is no dry run ${id} on this machine`, 'Dry runs stand where they were made.')
      return found
    },
    /** Holds the newest prediction that no run was held against yet to what this run did. */
    compare: async (run: RunSummary, steps: readonly ({ job: string; status: string } & StepCounts)[]): Promise<void> => {
      const open = shelf
        .listDryRuns()
        .find((one) => one.status !== 'running' && one.steps.some((step) => steps.some(({ job }) => job === step.job)))
      if (open === undefined || open.compared_run_id !== null || open.started_at > run.started_at) return
      const compared = comparePrediction(open.steps, steps)
      if (compared.length === 0) return
      shelf.keepDryRun({ ...open, compared_run_id: run.run_id })
      await recorder.event(run.run_id, { kind: 'prediction.compared', job: null, detail: { dry_run_id: open.dry_run_id, steps: compared } })
      for (const one of compared.filter(({ same }) => !same))
        await recorder.log(run.run_id, { level: 'info', job: one.job, message: sayDifference(one) })
    },
  }
}

export type DryRuns = ReturnType<typeof openDryRuns>

function blankDryRun(dry_run_id: string, { options, plan }: DryRunStart, started_at: string): DryRun {
  const steps = plan.steps.map(({ job }): PredictedStep => {
    const nothing = { note: null, seconds: null, error: null, findings: [] }
    return { job: job.name, target: job.target, status: 'queued', ...NO_COUNTS, ...nothing }
  })
  return { dry_run_id, status: 'running', started_at, ended_at: null, options, steps, totals: NO_COUNTS, compared_run_id: null }
}

async function predict(needs: DryRunsNeeds, request: DryRunStart, blank: DryRun): Promise<DryRun> {
  const { shelf, clock } = needs
  let current = blank
  shelf.keepDryRun(current)
  const onStep = (step: PredictedStep): void => {
    current = { ...current, steps: current.steps.map((one) => (one.job === step.job ? step : one)) }
    shelf.keepDryRun(current)
    request.onStep?.(step)
  }
  try {
    const steps = await predictPlan(needs, { ...request, dryRunId: blank.dry_run_id, onStep })
    const ended: DryRun = { ...current, steps, status: statusOf(steps), ended_at: toIso(clock()), totals: sum(steps) }
    shelf.keepDryRun(ended)
    return ended
  } catch (thrown) {
    const { code, message, hint } = toFailure(thrown)
    const steps = current.steps.map((step) =>
      step.status === 'queued' ? { ...step, status: 'failed' as const, error: { code, message, hint } } : step,
    )
    shelf.keepDryRun({ ...current, steps, status: 'failed', ended_at: toIso(clock()) })
    throw thrown
  }
}

function statusOf(steps: readonly PredictedStep[]): DryRun['status'] {
  for (const status of ['cancelled', 'failed', 'warning'] as const) if (steps.some((step) => step.status === status)) return status
  return 'succeeded'
}

function sum(steps: readonly PredictedStep[]): StepCounts {
  const total = { ...NO_COUNTS }
  for (const step of steps) for (const name of Object.keys(total) as (keyof StepCounts)[]) total[name] += step[name]
  return total
}
