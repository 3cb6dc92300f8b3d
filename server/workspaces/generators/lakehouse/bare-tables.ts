/**
 * Rows go into tables without indexes and keys, which are built once over the whole afterwards. All in the caller's transaction: nobody
 * ever sees the tables without their rules.
 */
import type { Session } from '../../../warehouse/index.ts'

interface Part {
  taken_off: string
  built: string
}

/** Foreign keys rest on keys, so they go first and come back last. */
const PARTS = `
  WITH t AS (SELECT c.oid, c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind = 'r' AND c.relname = ANY($1) AND c.relnamespace = 'public'::regnamespace)
  SELECT taken_off, built FROM (
    SELECT CASE c.contype WHEN 'f' THEN 3 ELSE 1 END AS rank, format('ALTER TABLE %s DROP CONSTRAINT %I', t.name, c.conname) AS taken_off,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.name, c.conname, pg_get_constraintdef(c.oid)) AS built
    FROM t JOIN pg_constraint c ON c.conrelid = t.oid WHERE c.contype IN ('f', 'p', 'u')
    UNION ALL
    SELECT 2, format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
    FROM t JOIN pg_index i ON i.indrelid = t.oid WHERE NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
  ) parts ORDER BY rank, taken_off`

/** Takes keys and indexes off; answers with what puts them on again. */
export async function bareTables(session: Session, tables: readonly string[]): Promise<() => Promise<void>> {
  const { rows } = await session.query<Part>(PARTS, [tables])
  for (const { taken_off } of [...rows].reverse()) await session.script(taken_off)
  return async () => {
    // Whole pages go into the log while indexes are built; to compress them takes 22 s of 3 M rows instead of 13.
    await session.script("SET LOCAL wal_compression = off; SET LOCAL maintenance_work_mem = '256MB'")
    for (const { built } of rows) await session.script(built)
  }
}
