/** Rows that a merge deletes: those that the batch marks, and on a reload those that it does not have. */
import { mistake } from '../../../shared/failure.ts'
import type { StepCounts } from '../../../shared/run.ts'
import { quoteIdentifier, quoteQualified, type Session } from '../../warehouse/index.ts'
import type { JobIdentity } from '../job-keys.ts'
import type { LoadContext, LoadOutcome } from '../load-kind.ts'
import { STAGING } from '../staging-table.ts'
import { columnsOf, requireColumns, sameKey, sharedColumns, splitKey } from './columns.ts'
import { keptOut, requireWhole } from './replace/extract.ts'
import { deleteReferenced } from './replace/referenced.ts'
import { replaceContents } from './replace/replace.ts'
import { rowsInWords } from './rows-in-words.ts'
import { loadMerge } from './upsert.ts'

export type DeletionContext = Pick<LoadContext<object>, 'session' | 'dryRun' | 'staged' | 'extent' | 'reload' | 'isReplay' | 'runId'>

export interface KeyedJob extends Pick<JobIdentity, 'name' | 'file'> {
  target: string
  key: readonly string[]
  empty: 'refuse' | 'allow'
}

/** A reload: keys that the whole extract does not have are gone at the source. `from` holds the rows that it has. */
export async function reloadByKey(
  context: DeletionContext,
  job: KeyedJob,
  { from = STAGING, rows = context.staged }: { from?: string; rows?: number } = {},
): Promise<LoadOutcome> {
  requireWhole(context, job)
  const { session, dryRun } = context
  const kept = await keptOut(session, { runId: context.runId, job: job.name })
  if (kept === 0) {
    const outcome = await replaceContents({ ...context, staged: rows }, { ...job, from, mayBeSwapped: false })
    return outcome
  }
  // A row that was kept out is not gone: without its key nobody can tell which are.
  const counts = await loadMerge(session, { ...job, from, dryRun })
  return { counts, note: `nothing was removed: ${rowsInWords(kept)} ${kept === 1 ? 'was' : 'were'} rejected and may be what is missing` }
}

/** Loads rows, and deletes those whose `deleted` column is true. A deletion counts as an update where there was a row. */
export async function deleteMarked(context: DeletionContext, job: KeyedJob & { deleted: string }): Promise<LoadOutcome> {
  const { session, dryRun, reload, isReplay } = context
  const { target, key, deleted } = job
  await requireBoolean(session, deleted)
  const mark = quoteIdentifier(deleted)
  await session.script(`
    CREATE TEMP TABLE present ON COMMIT DROP AS SELECT * FROM ${STAGING} WHERE ${mark} IS NOT TRUE;
    ALTER TABLE pg_temp.present DROP COLUMN ${mark};
    ANALYZE pg_temp.present`)
  const { rows } = await session.query<{ marked: string }>(`SELECT count(*)::text AS marked FROM ${STAGING} WHERE ${mark}`)
  const marked = Number(rows[0]?.marked ?? 0)
  const gone = marked === 0 ? 0 : await deleteKeys(session, { target, key, from: STAGING, where: `s.${mark}` })
  const loaded =
    reload && !isReplay
      ? await reloadByKey(context, job, { from: 'pg_temp.present', rows: context.staged - marked })
      : { counts: await loadMerge(session, { target, key, from: 'pg_temp.present', dryRun }), note: null }
  return withDeletions(loaded, { asked: marked, gone })
}

/** Adds deletions to an outcome: of a row that was there an update, else nothing. */
export function withDeletions(outcome: LoadOutcome, { asked, gone }: { asked: number; gone: number }): LoadOutcome {
  const { counts, note, deleted = 0 } = outcome
  const all: StepCounts = { ...counts, updated: counts.updated + gone, unchanged: counts.unchanged + asked - gone }
  const said = [...(gone === 0 ? [] : [`${rowsInWords(gone)} deleted`]), ...(note === null ? [] : [note])]
  return { ...outcome, counts: all, deleted: deleted + gone, note: said.length === 0 ? null : said.join('; ') }
}

export interface KeysToDelete {
  target: string
  key: readonly string[]
  /** Table with the keys. */
  from: string
  /** Which of its rows (alias `s`). */
  where: string
}

/** Deletes the rows of these keys; returns how many there were. Errors: `load.still-referenced`. */
export async function deleteKeys(session: Session, { target, key, from, where }: KeysToDelete): Promise<number> {
  const { keys } = splitKey(await sharedColumns(session, { target, batch: from }), key)
  const sql = `DELETE FROM ${quoteQualified(target)} t USING ${from} s WHERE ${where} AND ${sameKey(keys, 't', 's')}`
  return (await deleteReferenced(target, () => session.query(sql))).count
}

async function requireBoolean(session: Session, column: string): Promise<void> {
  requireColumns([column], await columnsOf(session, STAGING), '“deleted”')
  const { rows } = await session.query<{ type: string }>(
    `SELECT format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2`,
    [STAGING, column],
  )
  if (rows[0]?.type === 'boolean') return
  throw mistake(
    'load.deleted-not-boolean',
    `“${column}” is of type ${rows[0]?.type ?? 'unknown'}, and only a boolean says which rows are deleted`,
    `Let the job’s SQL make one: (${column} = …) AS ${column}.`,
  )
}
