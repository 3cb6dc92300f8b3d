/**
 * The difference between a target and the extract that it shall become: found once, into a temporary table, then applied in
 * place (delete what is gone, update what differs, insert what is new), or only counted.
 *
 * With a key a row is the same row when its key is; without one, when all its values are. Equal rows without a key are paired
 * one by one, so that the target ends with as many of them as the extract has.
 */
import { quoteIdentifier, quoteList, quoteQualified, type Session } from '../../../warehouse/index.ts'
import { asHeld, differs, sameKey, splitKey, type SharedColumn } from '../columns.ts'
import { deleteReferenced } from './referenced.ts'

export interface Pair {
  target: string
  /** Table that holds the extract, with `staging_row`. */
  from: string
  columns: readonly SharedColumn[]
  /** Unique in the extract and in the target. */
  key: readonly string[] | undefined
}

export interface Difference {
  inserted: number
  updated: number
  removed: number
}

/** Finds the difference into `pg_temp.difference`, which `applyDifference` uses and `dropDifference` drops. */
export async function findDifference(session: Session, pair: Pair): Promise<Difference> {
  await session.script(`
    CREATE TEMP TABLE difference ON COMMIT DROP AS ${pair.key === undefined ? byValue(pair) : byKey(pair, pair.key)};
    ANALYZE pg_temp.difference`)
  const { rows } = await session.query<{ inserted: string; updated: string; removed: string }>(`
    SELECT count(*) FILTER (WHERE held_row IS NULL)::text AS inserted, count(*) FILTER (WHERE staging_row IS NULL)::text AS removed,
      count(*) FILTER (WHERE held_row IS NOT NULL AND staging_row IS NOT NULL)::text AS updated
    FROM pg_temp.difference`)
  const { inserted = '0', updated = '0', removed = '0' } = rows[0] ?? {}
  return { inserted: Number(inserted), updated: Number(updated), removed: Number(removed) }
}

/** A row's place, for the statements behind; in a table of several parts the part belongs to it. */
const PLACE = 't.ctid AS held_row, t.tableoid AS held_table'
const AT_PLACE = 't.ctid = d.held_row AND t.tableoid = d.held_table'

function byKey({ target, from, columns }: Pair, key: readonly string[]): string {
  const { keys, others } = splitKey(columns, key)
  return `
    SELECT ${PLACE}, s.staging_row FROM ${quoteQualified(target)} t FULL JOIN ${from} s ON ${sameKey(keys, 't', 's')}
    WHERE t.ctid IS NULL OR s.staging_row IS NULL OR ${differs(others, 't', 's')}`
}

function byValue({ target, from, columns }: Pair): string {
  const side = (id: string, values: readonly string[], table: string): string => `
    SELECT *, row_number() OVER (PARTITION BY digest) AS nth FROM (SELECT ${id}, md5(ROW(${values.join(', ')})::text) AS digest FROM ${table}) AS rows_of`
  // The text of char(n) is without its padding, so that it equals the text that it was made from.
  const text = ({ cuts }: SharedColumn, value: string): string => (cuts ? `(${value})::text` : value)
  const held = columns.map((column) => text(column, `t.${quoteIdentifier(column.name)}`))
  const staged = columns.map((column) => text(column, asHeld(column, 's')))
  return `
    SELECT t.held_row, t.held_table, s.staging_row
    FROM (${side(PLACE, held, `${quoteQualified(target)} t`)}) t
    FULL JOIN (${side('s.staging_row', staged, `${from} s`)}) s ON t.digest = s.digest AND t.nth = s.nth
    WHERE t.held_row IS NULL OR s.staging_row IS NULL`
}

/** Makes the target what the extract is, by the difference found. Errors: `load.still-referenced`. */
export async function applyDifference(session: Session, { target, from, columns, key }: Pair, found: Difference): Promise<void> {
  const table = quoteQualified(target)
  const others = columns.filter(({ name }) => !(key ?? []).includes(name))
  const list = quoteList(columns.map(({ name }) => name))
  if (found.removed > 0) {
    await deleteReferenced(target, () =>
      session.query(`DELETE FROM ${table} t USING pg_temp.difference d WHERE d.staging_row IS NULL AND ${AT_PLACE}`),
    )
  }
  if (found.updated > 0) {
    const set = others.map(({ name }) => `${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(', ')
    await session.query(`
      UPDATE ${table} t SET ${set} FROM pg_temp.difference d JOIN ${from} s ON s.staging_row = d.staging_row WHERE ${AT_PLACE}`)
  }
  if (found.inserted > 0) {
    await session.query(`
      INSERT INTO ${table} (${list}) SELECT ${quoteList(
        columns.map(({ name }) => name),
        's',
      )}
      FROM pg_temp.difference d JOIN ${from} s ON s.staging_row = d.staging_row WHERE d.held_row IS NULL`)
  }
}

/** Frees the name for another difference of the same transaction. */
export async function dropDifference(session: Session): Promise<void> {
  await session.script('DROP TABLE pg_temp.difference')
}
