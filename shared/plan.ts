/** Words of a plan: what is asked of a run, and the steps that it would take. */
import { z } from 'zod'
import { stepCountsSchema } from './run.ts'

/** `all`, a group, a job; with `+` before it all that it needs, with `+` behind it all that need it. */
export const selectionWord = z
  .string()
  .regex(/^\+?[a-z][a-z0-9_-]{0,62}\+?$/, 'all, a group or a job, with + before it (and what it needs) or behind it (and what needs it)')

/** What a person asks of a run. Everything but `jobs` may be left out. */
export const runOptionsSchema = z.strictObject({
  jobs: z.array(selectionWord).min(1).max(200),
  exclude: z.array(selectionWord).max(200).default([]),
  /** Only jobs that read this source. */
  source: z.string().nullable().default(null),
  /** Read everything again; histories keep their past. */
  full_reload: z.boolean().default(false),
  /** With `full_reload`: the past of histories is made anew as well. */
  rebuild_history: z.boolean().default(false),
  /** Read from this stamp on instead of from the watermark. */
  since: z.string().max(100).nullable().default(null),
  /** The steps of this run that failed or were skipped; `latest` is the last run of jobs. */
  from_failure: z.string().nullable().default(null),
  /** Steps at once; the default of the workspace when left out. */
  threads: z.int().min(1).max(32).nullable().default(null),
})
export type RunOptions = z.output<typeof runOptionsSchema>
export type RunOptionsInput = z.input<typeof runOptionsSchema>

export const planStepSchema = z.object({
  job: z.string(),
  group: z.string(),
  /** Load kind: merge, history, … */
  kind: z.string(),
  /** Null: the job reads in the warehouse. */
  source: z.string().nullable(),
  target: z.string(),
  position: z.int(),
  /** Needs inside the plan: the step waits for them. */
  after: z.array(z.string()),
  /** What it will read: everything, what came since the watermark, or since the given stamp. */
  reads: z.enum(['everything', 'since the watermark', 'since the given stamp']),
  watermark: z.string().nullable(),
  /** Why it is in the plan: asked for by name, or by which word. */
  because: z.string(),
})
export type PlanStep = z.infer<typeof planStepSchema>

export const planSchema = z.object({
  steps: z.array(planStepSchema),
  /** Needs outside the plan that an earlier run satisfied. */
  satisfied: z.array(z.object({ job: z.string(), succeeded_at: z.string() })),
  /** The same as a Mermaid flowchart. */
  mermaid: z.string(),
})
export type PlanAnswer = z.infer<typeof planSchema>

/** What a dry run predicts for one step. */
export const predictedStepSchema = z.object({
  job: z.string(),
  target: z.string(),
  status: z.enum(['queued', 'running', 'succeeded', 'warning', 'failed', 'skipped', 'cancelled']),
  ...stepCountsSchema.shape,
  note: z.string().nullable(),
  seconds: z.number().nullable(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  findings: z.array(z.object({ reason: z.string(), rows: z.int(), severity: z.enum(['error', 'warn']) })),
})
export type PredictedStep = z.infer<typeof predictedStepSchema>

export const dryRunSchema = z.object({
  dry_run_id: z.string(),
  status: z.enum(['running', 'succeeded', 'warning', 'failed', 'cancelled']),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  options: runOptionsSchema,
  steps: z.array(predictedStepSchema),
  totals: stepCountsSchema,
  /** The run that was later held against it. */
  compared_run_id: z.string().nullable(),
})
export type DryRun = z.infer<typeof dryRunSchema>
