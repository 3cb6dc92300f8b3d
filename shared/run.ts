/**
 * Words of the run book. A run is one execution of a plan; a step is one job in it.
 * Times are ISO-8601 UTC strings, durations seconds, counts integers.
 */
import { z } from 'zod'

export const RUN_STATUSES = ['queued', 'running', 'succeeded', 'warning', 'failed', 'cancelled', 'skipped'] as const
export const runStatusSchema = z.enum(RUN_STATUSES)
export type RunStatus = z.infer<typeof runStatusSchema>

/** `pipeline`: jobs of the workspace. `import`: a file into a source. `sync`: features into the local snapshot. */
export const runKindSchema = z.enum(['pipeline', 'import', 'sync'])
export type RunKind = z.infer<typeof runKindSchema>

/**
 * What a step did with the rows that it read. They reconcile:
 * `read = inserted + updated + versions_closed + unchanged + rejected`, where `versions_closed` counts the rows
 * that closed the current version of their key and opened a new one (SCD Type 2).
 */
export const stepCountsSchema = z.object({
  read: z.int().nonnegative(),
  inserted: z.int().nonnegative(),
  updated: z.int().nonnegative(),
  versions_closed: z.int().nonnegative(),
  unchanged: z.int().nonnegative(),
  rejected: z.int().nonnegative(),
})
export type StepCounts = z.infer<typeof stepCountsSchema>

export const NO_COUNTS: StepCounts = { read: 0, inserted: 0, updated: 0, versions_closed: 0, unchanged: 0, rejected: 0 }

export const failureReportSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
})

export const runStepSchema = z.object({
  job: z.string(),
  group: z.string(),
  position: z.int(),
  status: runStatusSchema,
  ...stepCountsSchema.shape,
  watermark_before: z.string().nullable(),
  watermark: z.string().nullable(),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  seconds: z.number().nullable(),
  attempts: z.int(),
  /** Why it was skipped, or what is worth knowing ("nothing new since the last run"). */
  note: z.string().nullable(),
  reconciles: z.boolean(),
  error: failureReportSchema.nullable(),
})
export type RunStep = z.infer<typeof runStepSchema>

export const runSummarySchema = z.object({
  run_id: z.string(),
  kind: runKindSchema,
  status: runStatusSchema,
  /** The command line or screen action that asked for it, e.g. `--jobs all`. */
  request: z.string(),
  started_by: z.string(),
  machine: z.string(),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  seconds: z.number().nullable(),
  /** Sums over the steps. */
  totals: stepCountsSchema,
  steps_total: z.int(),
  steps_done: z.int(),
  /** True when the run succeeded and no target changed. */
  nothing_changed: z.boolean(),
  error: failureReportSchema.nullable(),
})
export type RunSummary = z.infer<typeof runSummarySchema>

export const runLogLineSchema = z.object({
  at: z.string(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  job: z.string().nullable(),
  message: z.string(),
})
export type RunLogLine = z.infer<typeof runLogLineSchema>

export const rejectReasonSchema = z.object({ reason: z.string(), count: z.int() })
export type RejectReason = z.infer<typeof rejectReasonSchema>

export const runRejectSchema = z.object({
  job: z.string(),
  row_number: z.int().nullable(),
  reason: z.string(),
  /** The row as it came, untouched. */
  row: z.string(),
})
export type RunReject = z.infer<typeof runRejectSchema>

export const runDetailSchema = runSummarySchema.extend({
  arguments: z.record(z.string(), z.unknown()),
  code_version: z.string(),
  pack_hash: z.string(),
  steps: z.array(runStepSchema),
  log: z.array(runLogLineSchema),
  rejects: z.array(rejectReasonSchema),
})
export type RunDetail = z.infer<typeof runDetailSchema>
