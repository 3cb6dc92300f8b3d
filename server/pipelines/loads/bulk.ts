/**
 * First load of an empty table: indexes and foreign keys are taken off, the rows go in, and both are built again over the
 * whole. Measured on 541,909 fact rows with five indexes and four foreign keys: the checks row by row take longer than
 * the rows themselves. All in the step's transaction: nobody ever sees the table without its rules.
 */
import { quoteList, quoteQualified, type Session } from '../../warehouse/index.ts'

interface Part {
  taken_off: string
  built: string
}

/**
 * Statements for each foreign key and each index that no constraint owns: those of constraints (keys) stay, they guard the
 * merge itself. Of plain tables alone: an index of a partitioned one has parts with names of their own, which would be lost.
 */
const PARTS = `
  WITH t AS (SELECT oid, oid::regclass::text AS name FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'r' AND NOT relispartition),
  parts AS (
    SELECT 2 AS rank, c.conname AS part, format('ALTER TABLE %s DROP CONSTRAINT %I', t.name, c.conname) AS taken_off,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.name, c.conname, pg_get_constraintdef(c.oid)) AS built,
      format('CONSTRAINT %I ON %s', c.conname, t.name) AS named, obj_description(c.oid, 'pg_constraint') AS said, NULL AS clustered
    FROM t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f'
    UNION ALL
    SELECT 1, x.relname, format('DROP INDEX %s', x.oid::regclass), pg_get_indexdef(x.oid), format('INDEX %s', x.oid::regclass),
      obj_description(x.oid, 'pg_class'), CASE WHEN i.indisclustered THEN format('ALTER TABLE %s CLUSTER ON %I', t.name, x.relname) END
    FROM t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid
    WHERE i.indisvalid AND NOT i.indisreplident AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.oid)
  )
  SELECT taken_off, concat_ws('; ', built, CASE WHEN said IS NOT NULL THEN format('COMMENT ON %s IS %L', named, said) END, clustered) AS built
  FROM parts ORDER BY rank, part`

export interface Insertion {
  target: string
  columns: readonly string[]
  /** Table that holds the rows. */
  from: string
  /** The target has rows, or nothing but rows may be touched: taking an index off keeps readers waiting. */
  keepIndexes: boolean
}

/**
 * Below this, rows go in with all rules in place, in well under a second. Taking a foreign key off locks the table that it
 * refers to as well, and two first loads of facts with one dimension would wait for each other until one is tried again.
 */
const WORTH_ROWS = 10_000

async function isWorthIt(session: Session, { from, keepIndexes }: Insertion): Promise<boolean> {
  if (keepIndexes) return false
  const { rows } = await session.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (SELECT 1 FROM ${from} LIMIT ${String(WORTH_ROWS)}) first_rows`,
  )
  return rows[0]?.n === WORTH_ROWS
}

/** Puts all rows into the target; returns how many. */
export async function insertAll(session: Session, insertion: Insertion): Promise<number> {
  const { target, columns, from } = insertion
  const list = quoteList(columns)
  const { rows: parts } = (await isWorthIt(session, insertion)) ? await session.query<Part>(PARTS, [target]) : { rows: [] }
  if (parts.length > 0) await session.script(parts.map(({ taken_off }) => taken_off).join(';\n'))
  const { count } = await session.query(`INSERT INTO ${quoteQualified(target)} (${list}) SELECT ${list} FROM ${from}`)
  if (parts.length > 0) await session.script(parts.map(({ built }) => built).join(';\n'))
  return count
}
