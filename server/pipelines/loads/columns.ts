/** Which columns of a batch a target takes, and how values of both are held against each other. */
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import { quoteIdentifier, type Session } from '../../warehouse/index.ts'

const OF_TABLE = `
  SELECT attname AS name FROM pg_attribute
  WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attidentity <> 'a' AND attgenerated = ''
  ORDER BY attnum`

/** Column names of a table in its order, without those that the database fills itself; empty when it does not exist. */
export async function columnsOf(session: Session, table: string): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(OF_TABLE, [table])
  return rows.map((row) => row.name)
}

/** A column that the batch and the target have both. */
export interface SharedColumn {
  name: string
  /** The target's type, with its modifier. */
  type: string
  /** The batch has it in that very type. */
  same: boolean
  /** Text or bits of a length: an explicit cast would cut them where an assignment refuses them. */
  cuts: boolean
  /** The type has no equality, or one that does not mean “the same” (two boxes of one size): compared by its text. */
  by_text: boolean
}

const SHARED = `
  SELECT t.attname AS name, format_type(t.atttypid, t.atttypmod) AS type, t.atttypid = b.atttypid AND t.atttypmod = b.atttypmod AS same,
    t.atttypid IN ('varchar'::regtype, 'bpchar'::regtype, 'bit'::regtype, 'varbit'::regtype) AS cuts,
    coalesce(nullif(y.typelem, 0), y.oid)
      IN ('json'::regtype, 'xml'::regtype, 'point'::regtype, 'line'::regtype, 'lseg'::regtype, 'box'::regtype, 'path'::regtype,
          'polygon'::regtype, 'circle'::regtype) OR y.oid IN ('point'::regtype, 'line'::regtype, 'lseg'::regtype, 'box'::regtype) AS by_text
  FROM pg_attribute t JOIN pg_type y ON y.oid = t.atttypid
  JOIN pg_attribute b ON b.attrelid = to_regclass($2) AND b.attname = t.attname AND b.attnum > 0 AND NOT b.attisdropped
  WHERE t.attrelid = to_regclass($1) AND t.attnum > 0 AND NOT t.attisdropped AND t.attidentity <> 'a' AND t.attgenerated = ''
  ORDER BY b.attnum`

interface Pair {
  target: string
  batch: string
  /** Columns that only steer the load, whatever the target has. */
  except?: readonly string[]
}

/**
 * The batch's columns that the target has too; the others (watermark, effective time) only steer the load.
 * Errors: `load.no-target` and `load.no-column-in-common`.
 */
export async function sharedColumns(session: Session, { target, batch, except = [] }: Pair): Promise<SharedColumn[]> {
  const { rows } = await session.query<SharedColumn>(SHARED, [target, batch])
  const shared = rows.filter(({ name }) => !except.includes(name))
  if (shared.length > 0) return shared
  const inTarget = await columnsOf(session, target)
  if (inTarget.length > 0)
    throw mistake('load.no-column-in-common', `The job’s SQL gives no column of ${target}`, `Its columns are ${inTarget.join(', ')}.`)
  throw mistake(
    'load.no-target',
    `The target table ${target} does not exist`,
    'Run “quintile warehouse upgrade”, or correct “target” in the job.',
  )
}

/** The batch's value as the target would hold it: numeric(14,4) keeps four decimals, and only those can be compared. */
export function asHeld({ name, type, same, cuts }: SharedColumn, alias: string): string {
  const value = `${alias}.${quoteIdentifier(name)}`
  return same || cuts ? value : `${value}::${type}`
}

/** True where a row of the target (alias `held`) differs from a row of the batch in one of the columns. */
export function differs(columns: readonly SharedColumn[], held: string, batch: string): string {
  if (columns.length === 0) return 'false'
  const text = ({ by_text }: SharedColumn, value: string): string => (by_text ? `(${value})::text` : value)
  const ours = columns.map((column) => text(column, `${held}.${quoteIdentifier(column.name)}`))
  const theirs = columns.map((column) => text(column, asHeld(column, batch)))
  return `(${ours.join(', ')}) IS DISTINCT FROM (${theirs.join(', ')})`
}

/** `t.a = s.a AND t.b = s.b`, the batch's side as the target would hold it. */
export function sameKey(columns: readonly SharedColumn[], held: string, batch: string): string {
  return columns.map((column) => `${held}.${quoteIdentifier(column.name)} = ${asHeld(column, batch)}`).join(' AND ')
}

/** Key columns and the others. Errors: `load.no-column` where the batch lacks a column of the key. */
export function splitKey(columns: readonly SharedColumn[], key: readonly string[]): { keys: SharedColumn[]; others: SharedColumn[] } {
  requireColumns(
    key,
    columns.map(({ name }) => name),
    'the key',
  )
  return { keys: columns.filter(({ name }) => key.includes(name)), others: columns.filter(({ name }) => !key.includes(name)) }
}

/** Refuses a declared column that the batch does not have. */
export function requireColumns(declared: readonly string[], batch: readonly string[], where: string): void {
  const missing = declared.find((name) => !batch.includes(name))
  if (missing !== undefined)
    throw mistake('load.no-column', `${where} names “${missing}”, which the job’s SQL does not give`, suggest(missing, batch))
}

const UNIQUE_INDEXES = `
  SELECT (SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_attribute a
    WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) AS columns
  FROM pg_index i
  WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL`

/** Refuses a key that the target does not enforce. Errors: `load.key-not-unique`. */
export async function requireUniqueKey(session: Session, target: string, key: readonly string[]): Promise<void> {
  const { rows } = await session.query<{ columns: string[] }>(UNIQUE_INDEXES, [target])
  const wanted = [...key].sort().join()
  if (rows.some(({ columns }) => [...columns].sort().join() === wanted)) return
  throw mistake(
    'load.key-not-unique',
    `${target} has no unique index over ${key.join(', ')}, the key of the job`,
    `Add one in a migration, or the same row could be loaded twice: ALTER TABLE ${target} ADD UNIQUE (${key.join(', ')})`,
  )
}
