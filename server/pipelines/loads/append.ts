/**
 * Rows are only ever added, each once. What says that a row was added before: its `key`; or, without one, the position of a
 * feed, which is stored with the rows; or a stamp that no two rows share (`unique_stamps`), of which the largest is stored.
 * A plain watermark is not enough: a row that arrives later with the largest stamp seen would be lost, or be added twice.
 */
import { z } from 'zod'
import { NO_COUNTS } from '../../../shared/run.ts'
import { quoteIdentifier, quoteList, quoteLiteral, quoteQualified, type Session } from '../../warehouse/index.ts'
import { columnName, sharedKeys } from '../job-keys.ts'
import type { LoadContext, LoadKind, LoadOutcome } from '../load-kind.ts'
import { STAGING } from '../staging-table.ts'
import { insertAll } from './bulk.ts'
import { differs, requireUniqueKey, sameKey, sharedColumns, splitKey, type SharedColumn } from './columns.ts'
import { emptyKey, hasRows, requireWhole } from './replace/extract.ts'
import { finishFirstLoad, openFirstLoad, proveUnique } from './replace/first-load.ts'
import { replaceContents } from './replace/replace.ts'
import { rowsInWords } from './rows-in-words.ts'

export const appendSchema = z
  .strictObject({
    kind: z.literal('append'),
    ...sharedKeys,
    ...emptyKey,
    key: z.array(columnName).min(1).optional(),
    /** No two rows of the source have the same stamp in `watermark`, whenever they arrive. */
    unique_stamps: z.boolean().default(false),
    /** Others (imports) add rows to the target too: a full reload adds what is new and takes nothing away. */
    shared: z.boolean().default(false),
  })
  .superRefine(({ key, source, stream, watermark, unique_stamps }, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
    if (unique_stamps && watermark === undefined) refuse('unique_stamps', 'unique_stamps needs a watermark: the column with the stamp')
    if (key !== undefined || unique_stamps || (source !== undefined && stream !== undefined)) return
    refuse(
      'kind',
      'append needs a key, so that no row is added twice; without one it takes a feed (source and stream), or a watermark of which no two rows share a value (unique_stamps: true)',
    )
  })
type AppendJob = z.infer<typeof appendSchema>

/** What makes a row unmistakable; a feed's rows need nothing. */
const identified = ({ key, unique_stamps, watermark }: AppendJob): readonly string[] =>
  key ?? (unique_stamps && watermark !== undefined ? [watermark] : [])

export const append: LoadKind<AppendJob> = {
  schema: appendSchema,
  needsSql: true,
  required: identified,
  identity: identified,
  direct: async (context, columns) => {
    const { target, checks, key } = context.job
    // Stamps up to the watermark were added before, even if somebody has emptied the target since.
    if (key === undefined && context.watermark !== null) return null
    return await openFirstLoad(context, { target, columns, required: identified(context.job), checks })
  },
  provesUnique: (session, job) => proveUnique(session, { target: job.target, key: identified(job) }),
  load,
  written: (job) => [job.target],
}

async function load(context: LoadContext<AppendJob>): Promise<LoadOutcome> {
  const { session, job, reload, isReplay } = context
  const { target, key, unique_stamps, watermark, shared } = job
  if (reload && !isReplay && !shared) {
    requireWhole(context, job)
    return (await finishFirstLoad(context, target)) ?? (await replaceContents(context, job))
  }
  const first = await finishFirstLoad(context, target)
  if (first !== null) return first
  const columns = await sharedColumns(session, { target, batch: STAGING })
  if (key !== undefined) return await appendByKey(context, { target, key, columns })
  // Mended rejects have stamps of long ago, and were never added.
  const stamp = unique_stamps && !isReplay ? watermark : undefined
  return await appendRows(context, { target, columns, stamp })
}

interface Addition {
  target: string
  columns: readonly SharedColumn[]
}

/** A row whose key is there stays as it is, even where the new one differs. */
async function appendByKey(
  { session, dryRun, staged }: LoadContext<AppendJob>,
  { target, key, columns }: Addition & { key: readonly string[] },
): Promise<LoadOutcome> {
  await requireUniqueKey(session, target, key)
  const names = columns.map(({ name }) => name)
  if (!(await hasRows(session, target))) {
    const inserted = await insertAll(session, { target, columns: names, from: STAGING, keepIndexes: dryRun })
    return { counts: { ...NO_COUNTS, inserted }, note: null }
  }
  const list = quoteList(names)
  const { count: inserted } = await session.query(
    `INSERT INTO ${quoteQualified(target)} (${list}) SELECT ${list} FROM ${STAGING} ON CONFLICT (${quoteList(key)}) DO NOTHING`,
  )
  const unchanged = staged - inserted
  const differing = unchanged === 0 ? 0 : await countDiffering(session, { target, key, columns })
  const note =
    differing === 0
      ? null
      : `${rowsInWords(differing)} ${differing === 1 ? 'differs' : 'differ'} from what was appended before; append keeps the first`
  return { counts: { ...NO_COUNTS, inserted, unchanged }, note }
}

/** Rows just inserted equal themselves: only the former ones can differ. */
async function countDiffering(session: Session, { target, key, columns }: Addition & { key: readonly string[] }): Promise<number> {
  const { keys, others } = splitKey(columns, key)
  const { rows } = await session.query<{ n: string }>(
    `SELECT count(*)::text AS n FROM ${STAGING} s JOIN ${quoteQualified(target)} t ON ${sameKey(keys, 't', 's')} WHERE ${differs(others, 't', 's')}`,
  )
  return Number(rows[0]?.n ?? 0)
}

async function appendRows(
  { session, staged, watermark }: LoadContext<AppendJob>,
  { target, columns, stamp }: Addition & { stamp: string | undefined },
): Promise<LoadOutcome> {
  const list = quoteList(columns.map(({ name }) => name))
  const isNew = watermark === null || stamp === undefined ? 'true' : `${quoteIdentifier(stamp)} > ${quoteLiteral(watermark)}`
  const { count: inserted } = await session.query(
    `INSERT INTO ${quoteQualified(target)} (${list}) SELECT ${list} FROM ${STAGING} WHERE ${isNew}`,
  )
  return { counts: { ...NO_COUNTS, inserted, unchanged: staged - inserted }, note: null }
}
