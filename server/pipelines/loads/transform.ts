/**
 * A table made by SQL in the warehouse. `replace`: the target becomes the result, whole. `partition`: only the dates that the
 * result has are made anew (rows of those dates that are not in it are deleted), all others stay; so a date that has become
 * empty altogether cannot be seen, and its rows stay until `--full-reload`.
 */
import { z } from 'zod'
import { mistake } from '../../../shared/failure.ts'
import { quoteIdentifier, quoteQualified, type Session } from '../../warehouse/index.ts'
import { columnName, sharedKeys } from '../job-keys.ts'
import type { LoadContext, LoadKind, LoadOutcome } from '../load-kind.ts'
import { STAGING } from '../staging-table.ts'
import { asHeld, requireUniqueKey, sameKey, sharedColumns, splitKey, type SharedColumn } from './columns.ts'
import { emptyKey, requireWhole } from './replace/extract.ts'
import { deleteReferenced } from './replace/referenced.ts'
import { replaceContents } from './replace/replace.ts'
import { rowsInWords } from './rows-in-words.ts'
import { loadMerge } from './upsert.ts'

export const transformSchema = z
  .strictObject({
    kind: z.literal('transform'),
    ...sharedKeys,
    ...emptyKey,
    mode: z.enum(['replace', 'partition']).default('replace'),
    key: z.array(columnName).min(1).optional(),
    /** Column with the date (or its number, or a month) by which the target is made anew in parts. */
    partition: columnName.optional(),
    /** A full reload too makes only the dates of its result anew: those before tell how it was then, and nobody can tell again. */
    keeps_past: z.boolean().default(false),
  })
  .superRefine(({ mode, key, partition, keeps_past, stream }, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
    if (stream !== undefined) refuse('stream', 'a transform reads the warehouse; another kind takes the rows of a feed')
    if (mode === 'partition' && partition === undefined) refuse('mode', 'mode partition needs “partition”: the column with the date')
    if (mode === 'partition' && key === undefined) refuse('mode', 'mode partition needs a key, by which rows of a date stay the same rows')
    if (mode === 'replace' && keeps_past) refuse('keeps_past', 'keeps_past goes with mode: partition')
    if (mode === 'replace' && partition !== undefined) refuse('partition', 'partition goes with mode: partition')
  })
type TransformJob = z.infer<typeof transformSchema>

const required = ({ key = [], partition }: TransformJob): string[] => [
  ...key,
  ...(partition === undefined || key.includes(partition) ? [] : [partition]),
]

export const transform: LoadKind<TransformJob> = {
  schema: transformSchema,
  needsSql: true,
  required,
  identity: ({ key = [] }) => key,
  load,
  written: (job) => [job.target],
}

async function load(context: LoadContext<TransformJob>): Promise<LoadOutcome> {
  const { session, job, reload } = context
  const { target, key, partition, keeps_past } = job
  if (partition === undefined || key === undefined || (reload && !keeps_past)) {
    requireWhole(context, job)
    return await replaceContents(context, job)
  }
  await requireUniqueKey(session, target, key)
  const columns = await sharedColumns(session, { target, batch: STAGING })
  const { keys } = splitKey(columns, key)
  const removed = await deleteInDates(session, { target, keys, date: dateColumn(columns, partition) })
  const counts = await loadMerge(session, { target, key, dryRun: context.dryRun })
  return {
    counts,
    removed,
    deleted: removed,
    note: removed === 0 ? null : `${rowsInWords(removed)} removed: no longer in the result for their date`,
  }
}

/** Errors: `load.no-column`, and `load.partition-not-a-date` where each moment would be a part of its own. */
function dateColumn(columns: readonly SharedColumn[], partition: string): SharedColumn {
  const { keys } = splitKey(columns, [partition])
  const [column] = keys
  if (column !== undefined && !/^time|^interval/.test(column.type)) return column
  throw mistake(
    'load.partition-not-a-date',
    `“${partition}” is of type ${column?.type ?? 'unknown'}: each moment of it would be a partition of its own`,
    'Give the target a date column, and let the SQL fill it.',
  )
}

async function deleteInDates(
  session: Session,
  { target, keys, date }: { target: string; keys: readonly SharedColumn[]; date: SharedColumn },
): Promise<number> {
  const dates = `SELECT DISTINCT ${asHeld(date, 's')} FROM ${STAGING} s`
  const sql = `
    DELETE FROM ${quoteQualified(target)} t WHERE t.${quoteIdentifier(date.name)} IN (${dates})
      AND NOT EXISTS (SELECT 1 FROM ${STAGING} s WHERE ${sameKey(keys, 't', 's')})`
  return (await deleteReferenced(target, () => session.query(sql))).count
}
