/** The load kinds. A new one is a file under loads/ and its name in the two lists here. */
import { z } from 'zod'
import type { JobIdentity } from './job-keys.ts'
import type { LoadKind } from './load-kind.ts'
import { append, appendSchema } from './loads/append.ts'
import { calendar, calendarSchema } from './loads/calendar.ts'
import { full, fullSchema } from './loads/full.ts'
import { history, historySchema } from './loads/history.ts'
import { merge, mergeSchema } from './loads/merge.ts'
import { reference, referenceSchema } from './loads/reference.ts'
import { rfm, rfmSchema } from './loads/rfm.ts'
import { transform, transformSchema } from './loads/transform.ts'

const SCHEMAS = [mergeSchema, historySchema, rfmSchema, fullSchema, appendSchema, transformSchema, calendarSchema, referenceSchema] as const
export const LOADS = { merge, history, rfm, full, append, transform, calendar, reference }

export const jobSchema = z.discriminatedUnion('kind', SCHEMAS)

/** A job: its declaration, its SQL and its names. */
export type Job = z.infer<typeof jobSchema> & JobIdentity

/** Every key that some kind knows, for suggestions. */
export const JOB_KEYS = [...new Set(SCHEMAS.flatMap((schema) => Object.keys(schema.shape)))]

/** The kind of a job, with methods that take any job: each is only ever called with jobs of its own kind. */
export function kindOf(job: Job): LoadKind<Job> {
  return LOADS[job.kind] as unknown as LoadKind<Job>
}
