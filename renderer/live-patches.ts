/** What an event changes in answers that are on the screen; one that nobody has asked for stays unasked. */
import type { useQueryCache } from '@pinia/colada'
import type { WorkspaceState } from '../shared/contract/answers.ts'
import type { CallName, ParamsOf } from '../shared/contract/index.ts'
import type { GraphJob, PipelineGraph } from '../shared/contract/pipelines.ts'
import type { DryRun, PredictedStep } from '../shared/plan.ts'
import type { RunDetail, RunStep, RunSummary } from '../shared/run.ts'
import { keyOf } from './answers.ts'

export type Cache = ReturnType<typeof useQueryCache>

/** A run that will not move any more. */
export const isOver = (run: RunSummary): boolean => run.ended_at !== null

function patch<Answer, N extends CallName>(cache: Cache, [name, params]: [N, ParamsOf<N>], change: (answer: Answer) => Answer): void {
  const known = cache.getQueryData<Answer>(keyOf(name, params))
  if (known !== undefined) cache.setQueryData(keyOf(name, params), change(known))
}

export function patchRun(cache: Cache, run: RunSummary): void {
  patch<WorkspaceState, 'workspace.state'>(cache, ['workspace.state', {}], (state) => {
    const others = state.running.filter(({ run_id }) => run_id !== run.run_id)
    return { ...state, running: isOver(run) ? others : [...others, run] }
  })
  patch<RunDetail, 'runs.show'>(cache, ['runs.show', { run_id: run.run_id }], (detail) => ({ ...detail, ...run }))
}

/** The job as the step leaves it; how many rows the target holds is not known before the graph is read again. */
function jobAfter(job: GraphJob, runId: string, step: RunStep): GraphJob {
  const moved = { ...job, status: step.status, last_run_id: runId }
  if (step.ended_at === null) return moved
  return { ...moved, last_ended_at: step.ended_at, last_seconds: step.seconds, watermark: step.watermark, held_by: null }
}

export function patchStep(cache: Cache, runId: string, step: RunStep): void {
  patch<RunDetail, 'runs.show'>(cache, ['runs.show', { run_id: runId }], (detail) => ({
    ...detail,
    steps: [...detail.steps.filter(({ job }) => job !== step.job), step].sort((a, b) => a.position - b.position),
  }))
  patch<PipelineGraph, 'pipelines.graph'>(cache, ['pipelines.graph', {}], (graph) => ({
    ...graph,
    jobs: graph.jobs.map((job) => (job.job === step.job ? jobAfter(job, runId, step) : job)),
  }))
}

export function patchDryRun(cache: Cache, dryRunId: string, step: PredictedStep): void {
  patch<DryRun, 'pipelines.show_dry_run'>(cache, ['pipelines.show_dry_run', { dry_run_id: dryRunId }], (dryRun) => ({
    ...dryRun,
    steps: dryRun.steps.map((known) => (known.job === step.job ? step : known)),
  }))
}
