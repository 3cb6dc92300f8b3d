/**
 * The target becomes the extract. Three ways, of which readers notice none: nothing at all where the contents are equal; in
 * place by difference where little changed, or where something hangs on the table's identity; else built anew beside and
 * swapped. Never TRUNCATE: it would show readers an empty table.
 */
import { NO_COUNTS } from '../../../../shared/run.ts'
import { quoteList, quoteQualified, type Session } from '../../../warehouse/index.ts'
import { insertAll } from '../bulk.ts'
import { rowsInWords } from '../rows-in-words.ts'
import { requireUniqueKey, sameKey, sharedColumns, splitKey, type SharedColumn } from '../columns.ts'
import type { LoadContext, LoadOutcome } from '../../load-kind.ts'
import { STAGING } from '../../staging-table.ts'
import { completeBeside, createBeside, quotePart } from './beside.ts'
import { applyDifference, dropDifference, findDifference, type Difference, type Pair } from './difference.ts'
import { hasRows, refuseEmpty } from './extract.ts'
import { whyNotSwapped } from './obstacles.ts'
import { swap } from './swap.ts'

type Context = Pick<LoadContext<object>, 'session' | 'dryRun' | 'staged'>

export interface Replacement {
  target: string
  /** By which a row stays the same row, and keeps what the extract does not bring: surrogate keys, columns of other jobs. */
  key?: readonly string[] | undefined
  empty: 'refuse' | 'allow'
  /** Table that holds the extract; staging unless the job made its own. */
  from?: string
  /** False where the target shall keep its identity whatever changes. */
  mayBeSwapped?: boolean
}

/** Makes the target equal to the staged extract. Errors: `load.empty-extract`, `load.key-not-unique`, `load.still-referenced`. */
export async function replaceContents(context: Context, replacement: Replacement): Promise<LoadOutcome> {
  const { session, dryRun, staged } = context
  const { target, key, empty, from = STAGING } = replacement
  const columns = await sharedColumns(session, { target, batch: from })
  if (key !== undefined) await requireUniqueKey(session, target, key)
  await refuseEmpty(session, { target, rows: staged, empty })
  // Readers go on; other writers wait, whose rows a swap would lose.
  if (!dryRun) await session.script(`LOCK TABLE ${quoteQualified(target)} IN SHARE ROW EXCLUSIVE MODE`)
  const pair = { target, from, columns, key }
  if (!(await hasRows(session, target))) return await fillEmpty(context, pair, replacement)
  const found = await findDifference(session, pair)
  const { inserted, updated, removed } = found
  const outcome = { counts: { ...NO_COUNTS, inserted, updated, unchanged: staged - inserted - updated }, removed, rows: staged }
  const why = await whyInPlace(context, { pair, found, replacement })
  if (why !== null) {
    await applyDifference(session, pair, found)
    await dropDifference(session)
    return { ...outcome, note: sayNote(found, why) }
  }
  await dropDifference(session)
  return { ...outcome, note: sayNote(found, 'built anew beside and swapped'), settle: await buildAnew(session, pair) }
}

function sayNote({ removed }: Difference, way: string): string | null {
  const parts = [...(removed === 0 ? [] : [`${rowsInWords(removed)} removed: gone at the source`]), ...(way === '' ? [] : [way])]
  return parts.length === 0 ? null : parts.join('; ')
}

/** An empty target has nothing to lose and nobody to show anything to. */
async function fillEmpty({ session, dryRun, staged }: Context, pair: Pair, { mayBeSwapped = true }: Replacement): Promise<LoadOutcome> {
  const outcome = { counts: { ...NO_COUNTS, inserted: staged }, rows: staged, note: null }
  if (dryRun || !mayBeSwapped || staged === 0 || (await whyNotSwapped(session, pair.target)) !== null) {
    await insertAll(session, { target: pair.target, columns: pair.columns.map(({ name }) => name), from: pair.from, keepIndexes: dryRun })
    return outcome
  }
  return { ...outcome, settle: await buildAnew(session, pair) }
}

/**
 * Below this share of changed rows the difference is cheaper than writing every row and building every index again (measured on
 * 300,000 rows with three indexes: equal at a fifth, at a half twice as dear), and it needs no lock that readers feel.
 */
const FEW = 0.2

interface Decision {
  pair: Pair
  found: Difference
  replacement: Replacement
}

/** Why the difference is applied in place, in words (empty where there is none); null when the table is to be swapped. */
async function whyInPlace({ session, dryRun, staged }: Context, { pair, found, replacement }: Decision): Promise<string | null> {
  const changed = found.inserted + found.updated + found.removed
  if (changed === 0 || dryRun || replacement.mayBeSwapped === false) return ''
  const obstacle = await whyNotSwapped(session, pair.target)
  if (obstacle !== null) return `changed in place, because ${obstacle}`
  const largest = Math.max(staged, staged - found.inserted + found.removed)
  if (changed > FEW * largest || (found.updated > 0 && (await mayCollide(session, pair)))) return null
  return `changed in place, because only ${changed.toLocaleString('en')} of ${rowsInWords(largest)} differ`
}

const UNIQUE_OVER = `
  SELECT 1 FROM pg_index i WHERE i.indrelid = to_regclass($1) AND i.indisunique AND (i.indexprs IS NOT NULL OR EXISTS (
    SELECT 1 FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND a.attname = ANY ($2))) LIMIT 1`

/** Two rows that exchange a unique value collide when they are updated one behind the other. */
async function mayCollide(session: Session, { target, columns, key = [] }: Pair): Promise<boolean> {
  const updated = columns.map(({ name }) => name).filter((name) => !key.includes(name))
  return (await session.query(UNIQUE_OVER, [target, updated])).rows.length > 0
}

const REST = `
  SELECT attname AS name FROM pg_attribute
  WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> ALL ($2) ORDER BY attnum`

/** Builds the new contents; answers with the swap that is left. */
async function buildAnew(session: Session, pair: Pair): Promise<() => Promise<void>> {
  const { target, columns, key } = pair
  const beside = await createBeside(session, target)
  const names = columns.map(({ name }) => name)
  const { rows } = await session.query<{ name: string }>(REST, [target, names])
  const rest = rows.map(({ name }) => name)
  const isKept = key !== undefined && rest.length > 0
  const keys = isKept ? splitKey(columns, key).keys : []
  if (isKept) await session.query(copyKept({ ...pair, beside: beside.name, keys, rest }))
  const known = `SELECT 1 FROM ${quoteQualified(target)} t WHERE ${sameKey(keys, 't', 's')}`
  await session.query(
    `INSERT INTO ${beside.name} (${quoteList(names)}) SELECT ${quoteList(names, 's')} FROM ${pair.from} s ${isKept ? `WHERE NOT EXISTS (${known})` : ''}`,
  )
  const built = await completeBeside(session, target, beside)
  return () => swap(session, beside, built)
}

/** Rows whose key the target has: what the extract does not bring comes along, the surrogate key above all. */
function copyKept({ target, from, columns, beside, keys, rest }: Pair & { beside: string; keys: SharedColumn[]; rest: string[] }): string {
  const names = columns.map(({ name }) => name)
  return `
    INSERT INTO ${beside} (${[quoteList(names), ...rest.map(quotePart)].join(', ')}) OVERRIDING SYSTEM VALUE
    SELECT ${[quoteList(names, 's'), ...rest.map((name) => `t.${quotePart(name)}`)].join(', ')} FROM ${from} s JOIN ${quoteQualified(target)} t ON ${sameKey(keys, 't', 's')}`
}
