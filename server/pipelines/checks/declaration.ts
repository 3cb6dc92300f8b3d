/**
 * Data-quality checks as a job declares them. On staged rows a failing `error` check keeps the bad rows out; on the target
 * it fails the step. `warn` only tells. Thresholds: more bad rows than `warn_above` are told, more than `error_above` fail
 * the step; both may be a share of the rows, as “5 %”.
 */
import { z } from 'zod'

const column = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a column name: small letters, digits and _')
const table = z.string().regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]{0,62}$/, 'a table name: table or schema.table')
const value = z.union([z.string(), z.number()])
const threshold = z.union([z.int().min(0), z.string().regex(/^\d{1,3}(\.\d+)? ?%$/, 'a number of rows, or a share such as 5 %')])

const common = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, 'a name: small letters, digits and _')
    .optional(),
  severity: z.enum(['error', 'warn']).default('error'),
  on: z.enum(['staged', 'target']).optional(),
  warn_above: threshold.default(0),
  error_above: threshold.optional(),
  /** What becomes of bad staged rows under `error`: kept out, or the whole step is given up. */
  bad_rows: z.enum(['reject', 'abort']).default('reject'),
  /** False keeps bad rows out of the results, for data that nobody else may read. */
  sample: z.boolean().default(true),
}

export const checkSchema = z.union([
  z.strictObject({ not_null: column, ...common }),
  z.strictObject({ unique: z.union([column, z.array(column).min(1)]), ...common }),
  z.strictObject({ accepted_values: z.strictObject({ column, values: z.array(value).min(1) }), ...common }),
  z.strictObject({ range: z.strictObject({ column, min: value.optional(), max: value.optional() }), ...common }),
  z.strictObject({ relationship: z.strictObject({ column, to: table, field: column.optional() }), ...common }),
  z.strictObject({
    freshness: z.strictObject({ column, max_age: z.string().regex(/^[1-9]\d{0,4} (minute|hour|day)s?$/, 'a duration such as 2 days') }),
    ...common,
  }),
  /** The number of rows read against the median of the last runs that read any. */
  z.strictObject({
    volume: z.strictObject({
      min: z.number().min(0).default(0.5),
      max: z.number().positive().default(2),
      runs: z.int().min(3).max(100).default(10),
    }),
    ...common,
  }),
  /** A query that returns bad rows, of the target or, with `on: staged`, of `staging` (with its `staging_row`). */
  z.strictObject({ sql: z.string().min(1), ...common }),
])
export type Check = z.infer<typeof checkSchema>

/** Key column of a check's own thing, e.g. `not_null`. */
export function formOf(check: Check): string {
  return FORMS.find((form) => form in check) ?? 'check'
}
const FORMS = ['not_null', 'unique', 'accepted_values', 'range', 'relationship', 'freshness', 'volume', 'sql']

/** Name under which results are kept: the given one, or form and column. */
export function nameOf(check: Check): string {
  if (check.name !== undefined) return check.name
  if ('not_null' in check) return `not_null(${check.not_null})`
  if ('unique' in check) return `unique(${[check.unique].flat().join(', ')})`
  if ('accepted_values' in check) return `accepted_values(${check.accepted_values.column})`
  if ('range' in check) return `range(${check.range.column})`
  if ('relationship' in check) return `relationship(${check.relationship.column})`
  if ('freshness' in check) return `freshness(${check.freshness.column})`
  return formOf(check)
}

/** Where the check looks: given, or by its form. */
export function stageOf(check: Check): 'staged' | 'target' {
  if ('freshness' in check) return 'target'
  if ('volume' in check) return 'staged'
  return check.on ?? ('unique' in check || 'sql' in check ? 'target' : 'staged')
}
