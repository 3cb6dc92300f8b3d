/**
 * Words of the run book. A run is one execution of a plan; a step is one job in it.
 * Times are ISO-8601 UTC strings, durations seconds, counts integers.
 */
import { z } from 'zod'

export const RUN_STATUSES = ['queued', 'running', 'succeeded', 'warning', 'failed', 'cancelled', 'skipped'] as const
export const runStatusSchema = z.enum(RUN_STATUSES)
export type RunStatus = z.infer<typeof runStatusSchema>

/**
 * `pipeline`: jobs of the workspace. `import`: a file into a source. `sync`: features into the local snapshot.
 * `replay`: mended rejects through their job.
 */
export const RUN_KINDS = ['pipeline', 'import', 'sync', 'replay'] as const
export const runKindSchema = z.enum(RUN_KINDS)
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
  /** The source that the job read; null when it read the warehouse. */
  source: z.string().nullable().default(null),
  /** The table that the job loads. */
  target: z.string().nullable().default(null),
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
  /** The schedule that started it; null when a person did. */
  schedule: z.string().nullable().default(null),
  /** The run whose failed and skipped steps this one runs again. */
  retry_of: z.string().nullable().default(null),
  /** When somebody asked it to stop. */
  cancel_requested_at: z.string().nullable().default(null),
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
  reject_id: z.int(),
  run_id: z.string(),
  /** When the run that kept it out began. */
  at: z.string(),
  job: z.string(),
  row_number: z.int().nullable(),
  reason: z.string(),
  /** The row as it came, untouched. */
  row: z.string(),
  /** When and by which run it was taken in after all; null while it is open. */
  replayed_at: z.string().nullable(),
  replayed_run_id: z.string().nullable(),
})
export type RunReject = z.infer<typeof runRejectSchema>

/** What a check found on one run; kept for the passed ones too, so that a trend can be seen. */
export const checkResultSchema = z.object({
  check: z.string(),
  /** `staged`: on the batch, before the load. `target`: on the table as the step leaves it. */
  stage: z.enum(['staged', 'target']),
  severity: z.enum(['warn', 'error']),
  /** `error`: it could not be judged. */
  status: z.enum(['pass', 'warn', 'fail', 'error']),
  /** Rows that break the rule, below the threshold too; null where the check measures something else. */
  bad_rows: z.int().nullable(),
  measured: z.string().nullable(),
  expected: z.string().nullable(),
  /** At most 5 bad rows. */
  sample: z.array(z.unknown()),
})
export type CheckResult = z.infer<typeof checkResultSchema>

/** A result with the job that it belongs to. */
export const jobCheckSchema = checkResultSchema.extend({ job: z.string() })
export type JobCheck = z.infer<typeof jobCheckSchema>

/** One result of one check among those of other runs. */
export const checkPointSchema = jobCheckSchema.extend({ run_id: z.string(), at: z.string() })
export type CheckPoint = z.infer<typeof checkPointSchema>

/** One try of a step. */
export const runAttemptSchema = z.object({
  job: z.string(),
  attempt: z.int(),
  status: z.enum(['running', 'succeeded', 'warning', 'failed', 'cancelled']),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  seconds: z.number().nullable(),
  /** `kind` says whether another try could help; `causes` are what lay behind it, nearest first. */
  error: failureReportSchema.extend({ kind: z.string(), causes: z.array(z.string()) }).nullable(),
})
export type RunAttempt = z.infer<typeof runAttemptSchema>

/** What happens in a run, for programs; each kind has its own `detail`. */
export type RunEventKind =
  | 'run.started'
  | 'run.ended'
  | 'step.started'
  | 'step.ended'
  | 'attempt.started'
  | 'attempt.failed'
  | 'watermark.moved'
  | 'check.finished'
  | 'cancel.requested'
  | 'lease.taken-over'
  | 'source.note'
  | 'prediction.compared'
  | 'rejects.replayed'

export const runEventSchema = z.object({
  at: z.string(),
  /** A `RunEventKind`; a newer Quintile may know more. */
  kind: z.string(),
  job: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
})
export type RunEvent = z.infer<typeof runEventSchema>

/** What the last dry run foretold of a step, and what the run then did. */
export const stepPredictionSchema = z.object({
  job: z.string(),
  predicted: stepCountsSchema,
  /** Null when the step did not commit. */
  actual: stepCountsSchema.nullable(),
  same: z.boolean(),
})
export type StepPrediction = z.infer<typeof stepPredictionSchema>

/** A run whole. Log and events are the newest ones only; the export has all. */
export const runDetailSchema = runSummarySchema.extend({
  arguments: z.record(z.string(), z.unknown()),
  code_version: z.string(),
  pack_hash: z.string(),
  steps: z.array(runStepSchema),
  log: z.array(runLogLineSchema),
  rejects: z.array(rejectReasonSchema),
  attempts: z.array(runAttemptSchema).default([]),
  events: z.array(runEventSchema).default([]),
  checks: z.array(jobCheckSchema).default([]),
  /** Null when no dry run went before. */
  prediction: z.array(stepPredictionSchema).nullable().default(null),
})
export type RunDetail = z.infer<typeof runDetailSchema>
