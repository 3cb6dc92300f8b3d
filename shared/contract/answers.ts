/** What the API answers with: the words of the screen. Times are ISO-8601 UTC, durations seconds, counts integers. */
import { z } from 'zod'
import { runSummarySchema } from '../run.ts'

/** Where a number came from: computed in the warehouse now, or read from the local snapshot. */
export const originSchema = z.enum(['warehouse', 'cache'])

export const snapshotInfoSchema = z.object({
  snapshot_id: z.string(),
  /** When the copy was made. */
  synced_at: z.string(),
  /** The newest data in it: freshness is judged by this, not by `synced_at`. */
  as_of: z.string().nullable(),
  customers: z.int(),
  features: z.int(),
})
export type SnapshotInfo = z.infer<typeof snapshotInfoSchema>

export const workspaceStateSchema = z.object({
  name: z.string(),
  pack: z.string(),
  version: z.string(),
  warehouse: z.object({
    state: z.enum(['online', 'offline']),
    /** Host and database, never credentials. */
    label: z.string(),
    checked_at: z.string(),
    message: z.string().nullable(),
  }),
  /** Why nothing may be written (a newer Quintile has upgraded the warehouse); null when everything may. */
  read_only: z.string().nullable(),
  /** Why no job can run here (the workspace only reads its warehouse), though features can be synced; null when jobs can. */
  no_jobs: z.string().nullable(),
  snapshot: snapshotInfoSchema.nullable(),
  /** `stale`: the warehouse holds newer data than the snapshot. */
  freshness: z.enum(['fresh', 'stale', 'empty', 'unknown']),
  running: z.array(runSummarySchema),
  /** One choice over all reports and segments, e.g. the tenant; null where the workspace has none. */
  filter: z.object({ name: z.string(), label: z.string(), choices: z.array(z.string()) }).nullable(),
})
export type WorkspaceState = z.infer<typeof workspaceStateSchema>

/** `percent` is a share of one: 0.125 reads as 12.5 %. */
export const VALUE_FORMATS = ['integer', 'decimal', 'money', 'percent', 'date', 'datetime', 'text', 'boolean'] as const
export const valueFormatSchema = z.enum(VALUE_FORMATS)
export type ValueFormat = z.infer<typeof valueFormatSchema>

/** A JSON scalar. Money and other exact decimals arrive as text, so that nothing is rounded on the way. */
export const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()])
export type Scalar = z.infer<typeof scalarSchema>

export const columnSchema = z.object({ name: z.string(), label: z.string(), format: valueFormatSchema })
export type Column = z.infer<typeof columnSchema>

export const rowSchema = z.record(z.string(), scalarSchema)
export type Row = z.infer<typeof rowSchema>

export const chartSchema = z.object({
  kind: z.enum(['bar', 'line', 'stacked-bar']),
  x: z.string(),
  y: z.string(),
  /** Column that splits the series, or null for one series. */
  series: z.string().nullable(),
})
export type Chart = z.infer<typeof chartSchema>

export const reportSummarySchema = z.object({
  report: z.string(),
  title: z.string(),
  description: z.string(),
  chart: chartSchema.nullable(),
})
export type ReportSummary = z.infer<typeof reportSummarySchema>

/** A choice that a report offers. */
export const reportParameterSchema = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum(['text', 'integer', 'date']),
  /** Null: all. */
  value: z.string().nullable(),
  /** What can be chosen; null where anything can be written. */
  choices: z.array(z.string()).nullable(),
})
export type ReportParameter = z.infer<typeof reportParameterSchema>

/** A line of the report's own proof, e.g. `report total = warehouse total`. */
export const reconciliationLineSchema = z.object({
  label: z.string(),
  reported: scalarSchema,
  expected: scalarSchema,
  ok: z.boolean(),
})

export const reportResultSchema = reportSummarySchema.extend({
  /** The newest data that the rows contain. */
  as_of: z.string().nullable(),
  computed_at: z.string(),
  source: originSchema,
  parameters: z.array(reportParameterSchema).default([]),
  columns: z.array(columnSchema),
  rows: z.array(rowSchema),
  reconciliation: z.object({ ok: z.boolean(), lines: z.array(reconciliationLineSchema) }),
  /** The SQL that made the rows, for "show the definition". */
  definition: z.string(),
})
export type ReportResult = z.infer<typeof reportResultSchema>

export const figureSchema = z.object({
  name: z.string(),
  label: z.string(),
  value: scalarSchema,
  format: valueFormatSchema,
  /** One sentence: how the figure is computed. */
  definition: z.string(),
})
export type Figure = z.infer<typeof figureSchema>

export const targetFreshnessSchema = z.object({
  target: z.string(),
  job: z.string(),
  rows: z.int().nullable(),
  /** Newest data loaded, by the source's own stamp; null where the target has none. */
  data_as_of: z.string().nullable(),
  /** When a run last loaded or confirmed it. */
  checked_at: z.string().nullable(),
  status: z.enum(['succeeded', 'warning', 'failed', 'running', 'skipped', 'cancelled', 'queued', 'never']),
})
export type TargetFreshness = z.infer<typeof targetFreshnessSchema>

export const overviewSchema = z.object({
  source: originSchema,
  as_of: z.string().nullable(),
  figures: z.array(figureSchema),
  rfm: reportResultSchema.nullable(),
  revenue: reportResultSchema.nullable(),
  targets: z.array(targetFreshnessSchema),
  last_run: runSummarySchema.nullable(),
})
export type Overview = z.infer<typeof overviewSchema>

export const segmentSummarySchema = z.object({
  segment: z.string(),
  title: z.string(),
  description: z.string(),
  /** JSONLogic. */
  rule: z.unknown(),
  /** The rule in plain words. */
  words: z.string(),
})
export type SegmentSummary = z.infer<typeof segmentSummarySchema>

export const segmentCountSchema = z.object({
  segment: z.string().nullable(),
  rule: z.unknown(),
  count: z.int(),
  of: z.int(),
  as_of: z.string().nullable(),
  source: originSchema,
})
export type SegmentCount = z.infer<typeof segmentCountSchema>

export const memberPageSchema = z.object({
  segment: z.string(),
  as_of: z.string().nullable(),
  columns: z.array(columnSchema),
  rows: z.array(rowSchema),
  offset: z.int(),
  total: z.int(),
})
export type MemberPage = z.infer<typeof memberPageSchema>
