/** The local API, whole. The server registers its handlers by these names; the screen calls by them. */
import { z } from 'zod'
import {
  memberPageSchema,
  overviewSchema,
  reportResultSchema,
  reportSummarySchema,
  segmentCountSchema,
  segmentSummarySchema,
  workspaceStateSchema,
} from './answers.ts'
import { call } from './call.ts'
import { helpCalls } from './help.ts'
import { pipelineCalls } from './pipelines.ts'
import { runCalls } from './runs.ts'
import { scheduleCalls } from './schedules.ts'

const nothing = z.object({})
const none = z.undefined()
const page = { offset: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(500).default(100) }
/** Names of things in a workspace: they are also file names. */
const name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'a name has small letters, digits, _ and -')

/** Only customers with this value of the workspace's filter. */
const filter = z.string().max(200).optional()
/** Values of a report's parameters by name, as JSON text; a parameter that is left out has its default. */
const reportValues = z
  .string()
  .max(4000)
  .transform((text, context): Record<string, string> => {
    try {
      return z.record(z.string(), z.string()).parse(JSON.parse(text))
    } catch {
      context.addIssue({ code: 'custom', message: 'values is JSON such as {"tenant":"acme"}' })
      return z.NEVER
    }
  })
  .optional()

const started = z.object({ run_id: z.string() })

export const contract = {
  'workspace.state': call({
    method: 'GET',
    path: '/api/workspace',
    summary: 'The open workspace, its connection and its snapshot',
    params: nothing,
    body: none,
    answer: workspaceStateSchema,
    status: 200,
  }),
  'overview.show': call({
    method: 'GET',
    path: '/api/overview',
    summary: 'Freshness, last run, key figures and RFM segments',
    params: z.object({ filter }),
    body: none,
    answer: overviewSchema,
    status: 200,
  }),
  'segments.list': call({
    method: 'GET',
    path: '/api/segments',
    summary: 'The segments of the workspace',
    params: nothing,
    body: none,
    answer: z.object({ segments: z.array(segmentSummarySchema) }),
    status: 200,
  }),
  'segments.count': call({
    method: 'GET',
    path: '/api/segments/:segment/count',
    summary: 'How many customers are in a segment',
    params: z.object({ segment: name, source: z.enum(['cache', 'warehouse']).default('cache'), filter }),
    body: none,
    answer: segmentCountSchema,
    status: 200,
  }),
  'segments.members': call({
    method: 'GET',
    path: '/api/segments/:segment/members',
    summary: 'One page of members with their features',
    params: z.object({
      segment: name,
      ...page,
      sort: z.string().max(64).default('customer_id'),
      descending: z.stringbool().default(false),
      filter,
    }),
    body: none,
    answer: memberPageSchema,
    status: 200,
  }),
  'reports.list': call({
    method: 'GET',
    path: '/api/reports',
    summary: 'The reports of the workspace',
    params: nothing,
    body: none,
    answer: z.object({ reports: z.array(reportSummarySchema) }),
    status: 200,
  }),
  'reports.run': call({
    method: 'GET',
    path: '/api/reports/:report',
    summary: 'A report: from the warehouse, or from the snapshot when offline',
    params: z.object({ report: name, values: reportValues, filter }),
    body: none,
    answer: reportResultSchema,
    status: 200,
  }),
  ...pipelineCalls,
  ...runCalls,
  ...scheduleCalls,
  ...helpCalls,
  'features.sync': call({
    method: 'POST',
    path: '/api/features/sync',
    summary: 'Copy the features into the local snapshot',
    params: nothing,
    body: z.strictObject({}),
    answer: started,
    status: 202,
  }),
}

export type Contract = typeof contract
export type CallName = keyof Contract
/** Parameters as a caller writes them: defaults may be left out. */
export type ParamsOf<N extends CallName> = z.input<Contract[N]['params']>
export type BodyOf<N extends CallName> = z.input<Contract[N]['body']>
export type AnswerOf<N extends CallName> = z.output<Contract[N]['answer']>

/** Paths that answer with a file and not with a call's JSON: streamed, CSV with the definition and the as-of in its first lines. */
export const FILE_PATHS = {
  segment: (segment: string, filter?: string): string => `/api/segments/${encodeURIComponent(segment)}/export.csv${query({ filter })}`,
  report: (report: string, asked: { values?: string | undefined; filter?: string | undefined } = {}): string =>
    `/api/reports/${encodeURIComponent(report)}/export.csv${query(asked)}`,
  rejects: (runId: string): string => `/api/runs/${encodeURIComponent(runId)}/rejects.csv`,
  runLog: (runId: string): string => `/api/runs/${encodeURIComponent(runId)}/log.txt`,
  runExport: (runId: string): string => `/api/runs/${encodeURIComponent(runId)}/run.json`,
}

function query(values: Record<string, string | undefined>): string {
  const given = Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${key}=${encodeURIComponent(value)}`],
  )
  return given.length === 0 ? '' : `?${given.join('&')}`
}

/** Server-sent events at this path; each `data` is one `LiveEvent` as JSON. */
export const EVENTS_PATH = '/api/events'
