/** The keys that job files share, whatever their kind; each load kind adds its own in its file under loads/. */
import { z } from 'zod'
import { checkSchema } from './checks/declaration.ts'

export const columnName = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a column name: small letters, digits and _')
export const tableName = z.string().regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]{0,62}$/, 'a table name: table or schema.table')
export const jobName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a job name: small letters, digits and _')
export const duration = z.string().regex(/^[1-9]\d{0,4} (second|minute|hour|day)s?$/, 'a duration such as 10 minutes')

/** A surrogate key of a history that a fact carries: facts follow when a version arrives that is valid at their time. */
const versionSchema = z.strictObject({
  /** Column of the target that holds the version's surrogate key. */
  column: columnName,
  dimension: tableName,
  /** Column of the target with the time at which the version must be valid. */
  at: columnName,
  /** Key column of the dimension: the column of the target with the same value. */
  on: z.record(columnName, columnName),
  /** Surrogate key column of the dimension; the same name as `column` when left out. */
  key: columnName.optional(),
  /** What stands in the column where no version is valid; null when left out. */
  unknown: z.int().optional(),
})
export type VersionReference = z.infer<typeof versionSchema>

export const sharedKeys = {
  source: z.string().optional(),
  /** Of a source that is not asked by SQL: file pattern, endpoint or table. Its rows stand in `incoming`. */
  stream: z.string().min(1).optional(),
  target: tableName,
  needs: z.array(jobName).default([]),
  /** Jobs that go first where a run has them, whatever becomes of them: a source that is away must not stop the jobs of another. */
  after: z.array(jobName).optional(),
  checks: z.array(checkSchema).default([]),
  watermark: columnName.optional(),
  /** What `:since` stands for before the first load. */
  start: z.coerce.string().default('-infinity'),
  lookback: duration.optional(),
  /** Column with the newest data's own time, shown as freshness of the target. */
  data_as_of: columnName.optional(),
  /** The longest that one attempt may take. */
  timeout: duration.default('6 hours'),
  /** Tries after the first when the world fails the step. */
  retries: z.int().min(0).max(10).default(2),
  versions: z.array(versionSchema).default([]),
}

/** What every job has beside its declaration. */
export interface JobIdentity {
  name: string
  group: string
  sql: string
  /** The file below the workspace, for messages. */
  file: string
}
