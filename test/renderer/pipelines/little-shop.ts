/** A graph of five jobs as plain data, for tests of the screen. */
import type { GraphJob, PipelineGraph } from '../../../shared/contract/pipelines.ts'
import type { PlanStep, PredictedStep } from '../../../shared/plan.ts'
import { NO_COUNTS, type RunStep } from '../../../shared/run.ts'

export function graphJob(job: string, group: string, more: Partial<GraphJob> = {}): GraphJob {
  return {
    job,
    group,
    kind: 'merge',
    source: 'shop',
    target: job,
    needs: [],
    status: 'succeeded',
    last_run_id: '019f0000-0000-7000-8000-000000000001',
    last_ended_at: '2026-01-01T10:00:00Z',
    last_seconds: 1.5,
    rows: 42,
    data_as_of: '2026-01-01T09:00:00Z',
    watermark: null,
    open_rejects: 0,
    held_by: null,
    ...more,
  }
}

export const SHOP: PipelineGraph = {
  groups: ['dimensions', 'facts', 'analytics'],
  sources: [{ source: 'shop', kind: 'postgres', label: 'shop on localhost' }],
  jobs: [
    graphJob('dim_date', 'dimensions', { kind: 'calendar', source: null }),
    graphJob('dim_users', 'dimensions', { kind: 'history' }),
    graphJob('fact_sales', 'facts', {
      needs: ['dim_date', 'dim_users'],
      status: 'failed',
      open_rejects: 7,
      last_ended_at: '2026-01-01T10:01:00Z',
    }),
    graphJob('fact_stock', 'facts', { needs: ['dim_date'], held_by: 'anna on desk', status: 'running' }),
    graphJob('rfm', 'analytics', { needs: ['fact_sales'], source: null, status: 'never', last_ended_at: null, rows: null }),
  ],
}

export function planStep(job: string, position: number, more: Partial<PlanStep> = {}): PlanStep {
  return {
    job,
    position,
    group: 'facts',
    kind: 'merge',
    source: 'shop',
    target: job,
    after: [],
    reads: 'everything',
    watermark: null,
    because: job,
    ...more,
  }
}

export function predicted(job: string, more: Partial<PredictedStep> = {}): PredictedStep {
  return { job, target: job, status: 'succeeded', ...NO_COUNTS, note: null, seconds: 1, error: null, findings: [], ...more }
}

export function runStep(job: string, more: Partial<RunStep> = {}): RunStep {
  return {
    job,
    group: 'facts',
    position: 0,
    source: null,
    target: job,
    status: 'succeeded',
    ...NO_COUNTS,
    watermark_before: null,
    watermark: null,
    started_at: '2026-01-01T00:00:00Z',
    ended_at: '2026-01-01T00:00:10Z',
    seconds: 10,
    attempts: 1,
    note: null,
    reconciles: true,
    error: null,
    ...more,
  }
}
