/**
 * The first load of an empty target from another database: the rows go straight into a table beside it, which stands for
 * staging meanwhile, and which becomes the target when its indexes are built. Each row is written once: writing it to
 * staging first and then to the target takes twice as long as the copy alone.
 */
import { NO_COUNTS } from '../../../../shared/run.ts'
import type { SourceColumn } from '../../../sources/index.ts'
import { quoteIdentifier, quoteList, quoteQualified, type Session } from '../../../warehouse/index.ts'
import { stageOf, type Check } from '../../checks/declaration.ts'
import type { LoadContext, LoadOutcome } from '../../load-kind.ts'
import { besideOf, buildKey, completeBeside, createBeside, runEach, type Beside } from './beside.ts'
import { hasRows } from './extract.ts'
import { whyNotSwapped } from './obstacles.ts'
import { swap } from './swap.ts'

type Context = Pick<LoadContext<object>, 'session' | 'dryRun' | 'isReplay'>

export interface FirstLoad {
  target: string
  /** Columns that the source gives. */
  columns: readonly SourceColumn[]
  /** Columns that staged rows may lack, and are rejected for it. */
  required: readonly string[]
  /** The job's own; those on staged rows must judge them before the table's rules do. */
  checks: readonly Check[]
}

/** Makes the table beside and the view over it that stands for staging; null where the rows must be staged. */
export async function openFirstLoad({ session, dryRun, isReplay }: Context, first: FirstLoad): Promise<string | null> {
  const { target, columns, required, checks } = first
  const checked = checks.some((check) => stageOf(check) === 'staged')
  if (dryRun || isReplay || checked || !(await fits(session, target, columns))) return null
  if ((await hasRows(session, target)) || (await whyNotSwapped(session, target)) !== null) return null
  // A row that somebody else inserts meanwhile would go with the old table.
  await session.script(`LOCK TABLE ${quoteQualified(target)} IN SHARE ROW EXCLUSIVE MODE`)
  if (await hasRows(session, target)) return null
  const beside = await createBeside(session, target)
  const lacking = required.map((name) => `ALTER ${quoteIdentifier(name)} DROP NOT NULL`)
  if (lacking.length > 0) await session.script(`ALTER TABLE ${beside.name} ${lacking.join(', ')}`)
  const list = quoteList(
    columns.map(({ name }) => name),
    'b',
  )
  // A view cannot be temporary for a transaction alone: it goes with the table that it names, and that one with the commit.
  await session.script(`
    CREATE TEMP TABLE staging_end () ON COMMIT DROP;
    CREATE TEMP VIEW staging AS SELECT ${list}, CASE WHEN NULL::pg_temp.staging_end IS NULL THEN ${ROW_NUMBER} END AS staging_row
    FROM ${beside.name} b`)
  return beside.name
}

/** A number of the row from its place (page and line), which follows the order in which rows came. */
const ROW_NUMBER = '((b.ctid::text::point)[0]::bigint << 16) + (b.ctid::text::point)[1]::bigint'

const COLUMNS = `
  SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
  LEFT JOIN pg_type e ON e.oid = y.typelem
  WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity <> 'a' AND a.attgenerated = ''
    AND y.typnamespace = 'pg_catalog'::regnamespace AND (e.oid IS NULL OR e.typnamespace = 'pg_catalog'::regnamespace)`

/** Binary rows fit where the target has each column in the same type; a modifier (a length, a scale) is applied when they are read. */
async function fits(session: Session, target: string, columns: readonly SourceColumn[]): Promise<boolean> {
  const { rows } = await session.query<{ name: string; type: string }>(COLUMNS, [target])
  const types = new Map(rows.map(({ name, type }) => [name, plainType(type)]))
  return columns.every(({ name, type }) => types.get(name) === plainType(type))
}

/** Texts with and without a greatest length have one binary form. */
function plainType(type: string): string {
  return type.replace(/\(\d+(,-?\d+)?\)/, '').replace(/^character varying/, 'text')
}

const MISSING_RULES = `
  SELECT format('ALTER TABLE %s ALTER %I SET NOT NULL', $2::text, m.attname) AS statement
  FROM pg_attribute a JOIN pg_attribute m ON m.attrelid = to_regclass($2) AND m.attname = a.attname
  WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND a.attnotnull AND NOT m.attnotnull`

/** True when the key of the table beside could be built, so that no two of its rows are doubles: sorting is quicker than counting. */
export async function proveUnique(session: Session, { target, key }: { target: string; key: readonly string[] }): Promise<boolean> {
  const beside = await findBeside(session, target)
  return beside !== null && (await buildKey(session, { target, key }, beside))
}

async function findBeside(session: Session, target: string): Promise<Beside | null> {
  const beside = await besideOf(session, target)
  const { rows } = await session.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [beside.name])
  return rows[0]?.found === true ? beside : null
}

/** Ends what `openFirstLoad` began, once the batch is checked; null when there was no such beginning. */
export async function finishFirstLoad(context: Context & { staged: number }, target: string): Promise<LoadOutcome | null> {
  const { session, staged } = context
  const beside = await findBeside(session, target)
  if (beside === null) return null
  await runEach(session, MISSING_RULES, [target, beside.name])
  const built = await completeBeside(session, target, beside)
  return { counts: { ...NO_COUNTS, inserted: staged }, rows: staged, note: null, settle: () => swap(session, beside, built) }
}
