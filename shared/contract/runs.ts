/** Calls about the run book. */
import { z } from 'zod'
import { runOptionsSchema } from '../plan.ts'
import { runDiffSchema } from '../run-diff.ts'
import { runDetailSchema, runLogLineSchema, runRejectSchema, runStatusSchema, runSummarySchema } from '../run.ts'
import { call } from './call.ts'

const nothing = z.object({})
const none = z.undefined()
const page = { offset: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(500).default(100) }
const started = z.object({ run_id: z.string() })
const run = { run_id: z.uuid() }

export const runCalls = {
  'runs.list': call({
    method: 'GET',
    path: '/api/runs',
    summary: 'Runs, newest first',
    params: z.object({
      ...page,
      status: runStatusSchema.optional(),
      job: z.string().max(100).optional(),
      schedule: z.string().max(100).optional(),
    }),
    body: none,
    answer: z.object({ runs: z.array(runSummarySchema), total: z.int(), source: z.enum(['warehouse', 'cache']) }),
    status: 200,
  }),
  'runs.show': call({
    method: 'GET',
    path: '/api/runs/:run_id',
    summary: 'One run with its steps, attempts, checks, counts and log',
    params: z.object(run),
    body: none,
    answer: runDetailSchema,
    status: 200,
  }),
  'runs.log': call({
    method: 'GET',
    path: '/api/runs/:run_id/log',
    summary: 'Lines of a run’s log, in order, with filters',
    params: z.object({
      ...run,
      ...page,
      job: z.string().max(100).optional(),
      level: z.enum(['info', 'warn', 'error']).optional(),
      search: z.string().max(200).optional(),
    }),
    body: none,
    answer: z.object({ lines: z.array(runLogLineSchema), total: z.int() }),
    status: 200,
  }),
  'runs.diff': call({
    method: 'GET',
    path: '/api/runs/:run_id/diff',
    summary: 'What differs from another run; from the one before it when none is named',
    params: z.object({ ...run, with: z.uuid().optional() }),
    body: none,
    /** Null where there is no run before it. */
    answer: z.object({ diff: runDiffSchema.nullable() }),
    status: 200,
  }),
  'runs.rejects': call({
    method: 'GET',
    path: '/api/runs/:run_id/rejects',
    summary: 'Rows that a run kept out, with their reasons',
    params: z.object({ ...run, ...page }),
    body: none,
    answer: z.object({ rejects: z.array(runRejectSchema), total: z.int() }),
    status: 200,
  }),
  'runs.start': call({
    method: 'POST',
    path: '/api/runs',
    summary: 'Start a run of jobs',
    params: nothing,
    body: runOptionsSchema,
    answer: started,
    status: 202,
  }),
  'runs.retry': call({
    method: 'POST',
    path: '/api/runs/:run_id/retry',
    summary: 'Run again the steps that failed or were skipped',
    params: z.object(run),
    body: z.strictObject({}),
    answer: started,
    status: 202,
  }),
  'runs.cancel': call({
    method: 'POST',
    path: '/api/runs/:run_id/cancel',
    summary: 'Ask a running run, of whatever process, to stop',
    params: z.object(run),
    body: z.strictObject({}),
    answer: z.object({ cancelled: z.boolean() }),
    status: 200,
  }),
}
