/**
 * Merge by natural key: new keys are inserted, changed rows overwritten, equal rows left untouched. Keys go only where
 * somebody says so: `deleted` and `changes` in the batch, or `--full-reload` with a whole extract.
 */
import { z } from 'zod'
import { columnName, sharedKeys } from '../job-keys.ts'
import type { LoadContext, LoadKind, LoadOutcome } from '../load-kind.ts'
import { loadChanges } from './changes.ts'
import { requireUniqueKey } from './columns.ts'
import { deleteMarked, reloadByKey } from './deletions.ts'
import { emptyKey } from './replace/extract.ts'
import { finishFirstLoad, openFirstLoad, proveUnique } from './replace/first-load.ts'
import { loadMerge } from './upsert.ts'

export const mergeSchema = z
  .strictObject({
    kind: z.literal('merge'),
    ...sharedKeys,
    ...emptyKey,
    key: z.array(columnName).min(1),
    /** Boolean column of the batch: true deletes the row of that key. It is not loaded itself. */
    deleted: columnName.optional(),
    /** The batch holds changes in the order of `change_order`, as a replication slot gives them. */
    changes: z.boolean().default(false),
  })
  .superRefine(({ changes, deleted }, context) => {
    if (changes && deleted !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['deleted'],
        message: 'changes say themselves which rows are deleted: declare one of the two',
      })
  })
type MergeJob = z.infer<typeof mergeSchema>

export const merge: LoadKind<MergeJob> = {
  schema: mergeSchema,
  needsSql: true,
  // A change that empties the table has no key, and several changes of one key are no doubles.
  required: (job) => (job.changes ? [] : job.key),
  identity: (job) => (job.changes ? [] : job.key),
  direct: async (context, columns) => {
    const { target, key, deleted, changes, checks } = context.job
    if (changes || deleted !== undefined) return null
    return openFirstLoad(context, { target, columns, required: key, checks })
  },
  provesUnique: (session, job) => proveUnique(session, job),
  load,
  written: (job) => [job.target],
}

async function load(context: LoadContext<MergeJob>): Promise<LoadOutcome> {
  const { session, job, reload, dryRun, isReplay } = context
  const { target, key, deleted, changes } = job
  const first = await finishFirstLoad(context, target)
  if (first !== null) return first
  await requireUniqueKey(session, target, key)
  if (changes) return await loadChanges(context, job)
  if (deleted !== undefined) return await deleteMarked(context, { ...job, deleted })
  if (reload && !isReplay) return await reloadByKey(context, job)
  return { counts: await loadMerge(session, { target, key, dryRun }), note: null }
}
