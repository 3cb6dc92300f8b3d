/** Reference data: rows that people keep in a CSV file of the workspace. The file is the truth; its digest says when it changed. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { columnName, sharedKeys } from '../job-keys.ts'
import type { Filled, LoadContext, LoadKind, LoadOutcome, WorkspacePlace } from '../load-kind.ts'
import { requireUniqueKey } from './columns.ts'
import { reloadByKey } from './deletions.ts'
import { castLines } from './reference-cells.ts'
import { locate, readLines } from './reference-file.ts'
import { emptyKey } from './replace/extract.ts'
import { loadMerge } from './upsert.ts'

export const referenceSchema = z
  .strictObject({
    kind: z.literal('reference'),
    ...sharedKeys,
    ...emptyKey,
    key: z.array(columnName).min(1),
    /** Below the workspace's folder, with / between folders. Its first line names columns of the target. */
    csv: z.string().regex(/^(?![/.])(?!.*\.\.)[^\\:]+$/, 'a path below the workspace’s folder, such as reference/countries.csv'),
    /** Found out when left out. */
    delimiter: z.string().optional(),
    encoding: z.enum(['utf-8', 'windows-1252']).optional(),
    /** `full`: a key that is gone from the file is deleted; `merge`: it stays. */
    mode: z.enum(['full', 'merge']).default('full'),
  })
  .superRefine(({ source, stream }, context) => {
    const key = source === undefined ? (stream === undefined ? null : 'stream') : 'source'
    if (key !== null) context.addIssue({ code: 'custom', path: [key], message: 'a reference job reads its file and no source' })
  })
type ReferenceJob = z.infer<typeof referenceSchema>

export const reference: LoadKind<ReferenceJob> = {
  schema: referenceSchema,
  needsSql: false,
  required: (job) => job.key,
  identity: (job) => job.key,
  fill,
  stamp,
  load,
  written: (job) => [job.target],
}

async function fill({ session, job, runId, workspace }: LoadContext<ReferenceJob>): Promise<Filled> {
  const path = await locate(workspace.folder, job.csv)
  const lines = await readLines(session, { path, wishes: { delimiter: job.delimiter, encoding: job.encoding }, job })
  return await castLines(session, { lines, job, runId })
}

async function load(context: LoadContext<ReferenceJob>): Promise<LoadOutcome> {
  const { session, job, dryRun } = context
  const { target, key } = job
  await requireUniqueKey(session, target, key)
  if (job.mode === 'full') return await reloadByKey(context, job)
  return { counts: await loadMerge(session, { target, key, dryRun }), note: null }
}

/** A file that is not there has a digest too: the load itself says what is wrong. */
async function stamp(job: ReferenceJob, { folder }: WorkspacePlace): Promise<string> {
  const bytes = await readFile(join(folder, job.csv)).catch(() => null)
  return bytes === null ? 'missing' : createHash('sha256').update(bytes).digest('hex')
}
