/**
 * The target becomes the extract, whole: what is not in it is removed, and a rejected row is not in it. With `key` a row stays
 * the same row and keeps its surrogate key; without one it is told apart by its values alone.
 */
import { z } from 'zod'
import { columnName, sharedKeys } from '../job-keys.ts'
import type { LoadContext, LoadKind, LoadOutcome } from '../load-kind.ts'
import { emptyKey, requireWhole } from './replace/extract.ts'
import { finishFirstLoad, openFirstLoad, proveUnique } from './replace/first-load.ts'
import { replaceContents } from './replace/replace.ts'

export const fullSchema = z.strictObject({
  kind: z.literal('full'),
  ...sharedKeys,
  ...emptyKey,
  key: z.array(columnName).min(1).optional(),
})
type FullJob = z.infer<typeof fullSchema>

export const full: LoadKind<FullJob> = {
  schema: fullSchema,
  needsSql: true,
  required: ({ key = [] }) => key,
  identity: ({ key = [] }) => key,
  direct: (context, columns) => {
    const { target, key = [], checks } = context.job
    return openFirstLoad(context, { target, columns, required: key, checks })
  },
  provesUnique: (session, { target, key = [] }) => proveUnique(session, { target, key }),
  load,
  written: (job) => [job.target],
}

async function load(context: LoadContext<FullJob>): Promise<LoadOutcome> {
  const { job } = context
  requireWhole(context, job)
  return (await finishFirstLoad(context, job.target)) ?? (await replaceContents(context, job))
}
