/** What a history load is asked for, and the pieces of SQL that its statements share. */
import { mistake } from '../../../shared/failure.ts'
import { quoteIdentifier, quoteList, quoteLiteral, quoteQualified, type Session } from '../../warehouse/index.ts'

/** End of a version that is still open. */
export const FOREVER = "timestamptz '9999-12-31 00:00:00+00'"

/** By so much a deletion comes after the version that begins at its very time: a version has a length. */
export const MOMENT = "interval '1 microsecond'"

export interface HistoryRequest {
  target: string
  /** Table that holds the observations. */
  from: string
  key: readonly string[]
  /** Tracked columns that this batch supplies. */
  track: readonly string[]
  /** All tracked columns of the target, over all jobs that feed it. */
  tracked: readonly string[]
  update: readonly string[]
  /** Column with the time from which an observation holds; without it the boundary, one for all. */
  effective?: string | undefined
  /** Column with the time from which a key holds that the history does not know yet. */
  knownFrom?: string | undefined
  /** Boolean column: the row says that its key is gone. */
  deleted?: string | undefined
  /** The rows are changes of a replication feed. */
  changes?: boolean
  deletes?: 'ignore' | 'close' | 'reopen'
  /** `full`: the batch holds every key that the source has. */
  extent?: 'full' | 'partial'
  /** Temporary table of keys that the source has though the batch does not (their rows were rejected). */
  spared?: string | undefined
  /** False for a feeder that only adds to keys of others: its observations in a gap bring nobody back. */
  revives?: boolean
  /** The past that the batch tells replaces the one that is there. */
  rebuild?: boolean
  /** The load's one time, as PostgreSQL reads it; the transaction's when left out. */
  boundary?: string | undefined
}

/** Where each column of the target stands in this load. */
export interface HistoryShape {
  request: HistoryRequest
  /** The target, quoted. */
  table: string
  /** Tracked columns that other jobs feed. */
  carried: readonly string[]
  /** The other columns that go along with a key when a version opens: type 1 columns of other jobs, constants. */
  others: readonly string[]
  /** The load's one time, as SQL. */
  boundary: string
  /** A column of the batch as the target's type: what is compared and hashed is what will be stored. */
  typed(name: string, alias: string): string
  /** Null of the column's type. */
  missing(name: string): string
}

interface TargetColumn {
  name: string
  type: string
  filled: boolean
}

// The cast to varchar(10) would cut a longer text off without a word; without the length, storing it is refused.
const COLUMNS = `
  SELECT a.attname AS name, format_type(a.atttypid, CASE WHEN t.typname IN ('varchar', 'bpchar') THEN -1 ELSE a.atttypmod END) AS type,
    a.attidentity <> '' OR a.attgenerated <> '' OR EXISTS (
      SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY(i.indkey)) AS filled
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

const OF_VERSION = ['effective_from', 'effective_to', 'is_current', 'record_hash']

/** Looks at the target. Errors: `load.no-target`; `load.no-column` when it lacks one that a history needs. */
export async function readShape(session: Session, request: HistoryRequest): Promise<HistoryShape> {
  const { target, key, track, tracked, update, boundary } = request
  const { rows } = await session.query<TargetColumn>(COLUMNS, [target])
  const types = new Map(rows.map(({ name, type }) => [name, type]))
  const fixed = [...key, ...tracked, ...update, ...OF_VERSION]
  const lacking = fixed.find((name) => !types.has(name))
  if (rows.length === 0)
    throw mistake('load.no-target', `The target table ${target} does not exist`, 'Run “quintile warehouse upgrade”, or correct “target”.')
  if (lacking !== undefined)
    throw mistake(
      'load.no-column',
      `${target} has no column “${lacking}”`,
      'A history needs its key, all tracked columns and the four of a version.',
    )
  return {
    request,
    table: quoteQualified(target),
    carried: tracked.filter((name) => !track.includes(name)),
    others: rows.filter(({ name, filled }) => !filled && !fixed.includes(name)).map(({ name }) => name),
    boundary: boundary === undefined ? 'transaction_timestamp()' : `timestamptz ${quoteLiteral(boundary)}`,
    typed: (name, alias) => `${alias}.${quoteIdentifier(name)}::${types.get(name) ?? 'text'}`,
    missing: (name) => `NULL::${types.get(name) ?? 'text'}`,
  }
}

/** The version's hash: null, '' and separators cannot be confused in a record's text form, and it costs a third of JSON. */
export function recordHash(tracked: readonly string[], alias: string): string {
  return `md5(ROW(${quoteList(tracked, alias)})::text)`
}

/** `a."k" = b."k" AND …` */
export function sameKey(key: readonly string[], left: string, right: string): string {
  return key.map((name) => `${left}.${quoteIdentifier(name)} = ${right}.${quoteIdentifier(name)}`).join(' AND ')
}

/** True where any of the columns differs, null being a value like any other. */
export function differs(names: readonly string[], left: string, right: string): string {
  return names.length === 0 ? 'false' : `(${quoteList(names, left)}) IS DISTINCT FROM (${quoteList(names, right)})`
}

/** Each piece with a comma behind it, to go before a column that is always there. */
export function listed(pieces: readonly string[]): string {
  return pieces.map((piece) => `${piece}, `).join('')
}
