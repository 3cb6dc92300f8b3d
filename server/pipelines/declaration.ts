/**
 * A job is one file: YAML in the leading comment, then SQL that also runs in psql. This module reads such a file and
 * says exactly what is wrong with it (file, line, key, nearest valid word).
 */
import { isMap, LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'

const column = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a column name: small letters, digits and _')
const table = z.string().regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]{0,62}$/, 'a table name: table or schema.table')
const jobName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a job name: small letters, digits and _')

const severity = z.enum(['error', 'warn']).default('error')
export const checkSchema = z.union([
  z.strictObject({ not_null: column, severity }),
  z.strictObject({ accepted_values: z.strictObject({ column, values: z.array(z.union([z.string(), z.number()])).min(1) }), severity }),
  z.strictObject({ range: z.strictObject({ column, min: z.number().optional(), max: z.number().optional() }), severity }),
])
export type Check = z.infer<typeof checkSchema>

const shared = {
  source: z.string().optional(),
  target: table,
  needs: z.array(jobName).default([]),
  checks: z.array(checkSchema).default([]),
  watermark: column.optional(),
  /** What `:since` stands for before the first load. */
  start: z.coerce.string().default('-infinity'),
  lookback: z
    .string()
    .regex(/^\d+ (second|minute|hour|day)s?$/, 'a duration such as 10 minutes')
    .optional(),
  /** Column with the newest data's own time, shown as freshness of the target. */
  data_as_of: column.optional(),
}

const mergeSchema = z.strictObject({ kind: z.literal('merge'), ...shared, key: z.array(column).min(1) })

const historySchema = z.strictObject({
  kind: z.literal('history'),
  ...shared,
  key: z.array(column).min(1),
  track: z.array(column).min(1),
  update: z.array(column).default([]),
  /** Column with the time from which a row holds; without it, the run's one boundary time. */
  effective: column.optional(),
})

const rfmSchema = z.strictObject({
  kind: z.literal('rfm'),
  ...shared,
  key: z.array(column).min(1),
  method: z.enum(['quantile', 'ntile']).default('quantile'),
  /** Added to each cut point of `quantile`. */
  cut_offset: z.number().min(0).default(0),
  /** First match wins; the last must take the rest with `min: 0`. */
  segments: z.array(z.strictObject({ min: z.int(), name: z.string() })).min(1),
  /** A history table that takes over the outcome: its columns and, behind each, ours. */
  dimension: z
    .strictObject({
      target: table,
      key: column,
      set: z.record(column, column),
      track: z.array(column),
      update: z.array(column).default([]),
      effective: column,
    })
    .optional(),
})

export const jobSchema = z.discriminatedUnion('kind', [mergeSchema, historySchema, rfmSchema])
export type JobHeader = z.infer<typeof jobSchema>
export type MergeJob = z.infer<typeof mergeSchema>
export type HistoryJob = z.infer<typeof historySchema>
export type RfmJob = z.infer<typeof rfmSchema>

export type Job = JobHeader & {
  name: string
  group: string
  sql: string
  /** The file below the workspace, for messages. */
  file: string
}

const HEADER = /^\s*\/\*([\s\S]*?)\*\/([\s\S]*)$/
const KEYS = [...new Set([mergeSchema, historySchema, rfmSchema].flatMap((schema) => Object.keys(schema.shape)))]

export interface JobFile {
  file: string
  name: string
  group: string
  text: string
}

/** Reads one job file. Errors: `job.no-header`, `job.bad-yaml`, `job.bad-declaration`, all with file and line. */
export function parseJob({ file, name, group, text }: JobFile): Job {
  const parts = HEADER.exec(text)
  if (parts === null) {
    throw mistake(
      'job.no-header',
      `${file} does not begin with a /* … */ comment`,
      'Start the file with the job’s YAML inside /* and */, then its SQL.',
    )
  }
  const [, yaml = '', sql = ''] = parts
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines })
  const problem = document.errors[0]
  if (problem !== undefined) {
    throw mistake(
      'job.bad-yaml',
      `${file}:${String(lineIn(text, yaml, lines.linePos(problem.pos[0]).line))}: ${problem.message}`,
      'Correct the YAML in the leading comment.',
    )
  }
  const parsed = jobSchema.safeParse(document.toJS())
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw badDeclaration({ file, text, yaml, lines, document }, issue)
  }
  if (sql.trim() === '') throw mistake('job.no-sql', `${file} has no SQL behind its comment`, 'Write the extraction or transform SQL.')
  return { ...parsed.data, name: jobName.parse(name), group, sql: sql.trim().replace(/;\s*$/, ''), file }
}

interface Place {
  file: string
  text: string
  yaml: string
  lines: LineCounter
  document: Document
}

function badDeclaration(place: Place, issue: z.core.$ZodIssue | undefined): Error {
  const path = issue?.path.map(String) ?? []
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const key = [...path, ...(unknown === undefined ? [] : [unknown])]
  const line = lineIn(place.text, place.yaml, lineOf(place, key))
  const where = `${place.file}:${String(line)}: ${key.join('.') || 'the declaration'}`
  if (unknown !== undefined) return mistake('job.bad-declaration', `${where} is not known`, suggest(unknown, KEYS))
  const hint = issue?.code === 'invalid_union' && path[0] === 'kind' ? 'kind is one of merge, history, rfm.' : 'Correct the value.'
  return mistake('job.bad-declaration', `${where}: ${issue?.message ?? 'not valid'}`, hint)
}

/** The YAML's own line of a key, or of the nearest parent that exists. */
function lineOf({ document, lines }: Place, key: readonly string[]): number {
  for (let length = key.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(key.slice(0, length - 1), true)
    if (!isMap(parent)) continue
    const pair = parent.items.find((item) => String(item.key) === key[length - 1])
    const range = pair === undefined ? undefined : (pair.key as { range?: [number, number, number] }).range
    if (range !== undefined) return lines.linePos(range[0]).line
  }
  return 1
}

function lineIn(text: string, yaml: string, lineInYaml: number): number {
  return text.slice(0, text.indexOf(yaml)).split('\n').length - 1 + lineInYaml
}
