/** Calls about jobs, plans, dry runs and rejects. */
import { z } from 'zod'
import { dryRunSchema, planSchema, runOptionsSchema } from '../plan.ts'
import { checkResultSchema, runRejectSchema, runStatusSchema, runStepSchema } from '../run.ts'
import { call } from './call.ts'

const nothing = z.object({})
const none = z.undefined()
const jobName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a job name: small letters, digits and _')
const page = { offset: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(500).default(100) }
const started = z.object({ run_id: z.string() })

/** A job in the graph, with what its last step did. */
export const graphJobSchema = z.object({
  job: z.string(),
  group: z.string(),
  kind: z.string(),
  source: z.string().nullable(),
  target: z.string(),
  needs: z.array(z.string()),
  /** Of the last step of this job in any run; `never` when there was none. */
  status: z.union([runStatusSchema, z.literal('never')]),
  last_run_id: z.string().nullable(),
  last_ended_at: z.string().nullable(),
  last_seconds: z.number().nullable(),
  rows: z.int().nullable(),
  /** Newest data in the target, by the source's own stamp. */
  data_as_of: z.string().nullable(),
  watermark: z.string().nullable(),
  /** Rejected rows of this job that were not replayed. */
  open_rejects: z.int(),
  /** Who runs it now, of any machine. */
  held_by: z.string().nullable(),
})
export type GraphJob = z.infer<typeof graphJobSchema>

export const graphSchema = z.object({
  groups: z.array(z.string()),
  jobs: z.array(graphJobSchema),
  sources: z.array(z.object({ source: z.string(), kind: z.string(), label: z.string() })),
})
export type PipelineGraph = z.infer<typeof graphSchema>

export const jobDetailSchema = graphJobSchema.extend({
  file: z.string(),
  /** The job's file, whole. */
  definition: z.string(),
  /** Newest first, at most 30. */
  history: z.array(z.object({ run_id: z.string(), step: runStepSchema })),
  /** The last result of each check and the numbers before it, oldest first. */
  checks: z.array(checkResultSchema.extend({ at: z.string(), trend: z.array(z.object({ at: z.string(), bad_rows: z.int().nullable() })) })),
})
export type JobDetail = z.infer<typeof jobDetailSchema>

export const pipelineCalls = {
  'pipelines.graph': call({
    method: 'GET',
    path: '/api/pipelines',
    summary: 'Every job with its needs, its state and the freshness of its target',
    params: nothing,
    body: none,
    answer: graphSchema,
    status: 200,
  }),
  'pipelines.job': call({
    method: 'GET',
    path: '/api/pipelines/jobs/:job',
    summary: 'One job: its file, its last steps and its checks over time',
    params: z.object({ job: jobName }),
    body: none,
    answer: jobDetailSchema,
    status: 200,
  }),
  'pipelines.plan': call({
    method: 'POST',
    path: '/api/pipelines/plan',
    summary: 'The steps that a run would take; runs nothing',
    params: nothing,
    body: runOptionsSchema,
    answer: planSchema,
    status: 200,
  }),
  'pipelines.dry_run': call({
    method: 'POST',
    path: '/api/pipelines/dry-runs',
    summary: 'Predict the effect of a run, in a transaction that cannot commit',
    params: nothing,
    body: runOptionsSchema,
    answer: z.object({ dry_run_id: z.string() }),
    status: 202,
  }),
  'pipelines.dry_runs': call({
    method: 'GET',
    path: '/api/pipelines/dry-runs',
    summary: 'Dry runs of this machine, newest first',
    params: nothing,
    body: none,
    answer: z.object({ dry_runs: z.array(dryRunSchema) }),
    status: 200,
  }),
  'pipelines.show_dry_run': call({
    method: 'GET',
    path: '/api/pipelines/dry-runs/:dry_run_id',
    summary: 'One dry run, also while it goes on',
    params: z.object({ dry_run_id: z.uuid() }),
    body: none,
    answer: dryRunSchema,
    status: 200,
  }),
  'pipelines.cancel_dry_run': call({
    method: 'POST',
    path: '/api/pipelines/dry-runs/:dry_run_id/cancel',
    summary: 'Stop a dry run',
    params: z.object({ dry_run_id: z.uuid() }),
    body: z.strictObject({}),
    answer: z.object({ cancelled: z.boolean() }),
    status: 200,
  }),
  'rejects.list': call({
    method: 'GET',
    path: '/api/rejects',
    summary: 'Rows kept out, newest first, with filters',
    params: z.object({
      job: jobName.optional(),
      run_id: z.uuid().optional(),
      reason: z.string().max(500).optional(),
      open: z.stringbool().default(true),
      ...page,
    }),
    body: none,
    answer: z.object({ rejects: z.array(runRejectSchema), total: z.int() }),
    status: 200,
  }),
  'rejects.replay': call({
    method: 'POST',
    path: '/api/rejects/replay',
    summary: 'Run kept-out rows through their job again, mended where new values are given',
    params: nothing,
    body: z.strictObject({
      job: jobName,
      /** Of this run only. */
      run_id: z.uuid().optional(),
      /** These only; all open ones of the job when left out. */
      reject_ids: z.array(z.int().positive()).max(10_000).optional(),
      /** New values by reject: column → value. */
      mended: z
        .record(z.string().regex(/^\d{1,18}$/), z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])))
        .default({}),
    }),
    answer: started,
    status: 202,
  }),
}
