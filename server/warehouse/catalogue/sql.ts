/** The statements that keep `quintile.catalogue` beside the tables. Needs `quintile.schema_parts()` of the engine’s migration 0004. */
import { quoteLiteral } from '../identifiers.ts'

/** Before a migration’s file: the parts as they are, to tell afterwards which ones the file changed and which somebody else did. */
export function partsBefore(): string {
  return 'CREATE TEMP TABLE quintile_parts_before ON COMMIT DROP AS SELECT * FROM quintile.schema_parts();'
}

/** After a migration’s file: writes down the parts that it made or changed and removes those that it dropped. */
export function partsAfter(set: string, migration: string): string {
  return `CREATE TEMP TABLE quintile_parts_after ON COMMIT DROP AS SELECT * FROM quintile.schema_parts();
${writeParts(
  { set, migration },
  `quintile_parts_after p LEFT JOIN quintile_parts_before b USING (kind, object) WHERE b.definition IS DISTINCT FROM p.definition`,
)}
DELETE FROM quintile.catalogue c USING quintile_parts_before b
WHERE (c.kind, c.object) = (b.kind, b.object) AND NOT EXISTS (SELECT 1 FROM quintile_parts_after p WHERE (p.kind, p.object) = (c.kind, c.object));
DROP TABLE quintile_parts_before, quintile_parts_after;`
}

/** For a migration that ran unseen: its parts as they stand now, found by the names that its file makes. */
export function adoptParts({ set, migration, objects }: { set: string; migration: string; objects: readonly string[] }): string[] {
  if (objects.length === 0) return []
  const names = `ARRAY[${objects.map(quoteLiteral).join(', ')}]`
  // A function’s object carries its parameters behind its name.
  return [
    writeParts(
      { set, migration },
      `quintile.schema_parts() p WHERE coalesce(p.parent, split_part(p.object, '(', 1)) = ANY (${names})`,
      'NOTHING',
    ),
  ]
}

function writeParts(
  { set, migration }: { set: string; migration: string },
  from: string,
  conflict: 'NOTHING' | 'UPDATE' = 'UPDATE',
): string {
  const onConflict =
    conflict === 'NOTHING'
      ? 'DO NOTHING'
      : 'DO UPDATE SET parent = excluded.parent, definition = excluded.definition, set_name = excluded.set_name,\n  migration = excluded.migration, described_at = excluded.described_at'
  return `INSERT INTO quintile.catalogue (kind, object, parent, definition, set_name, migration, described_at)
SELECT p.kind, p.object, p.parent, p.definition, ${quoteLiteral(set)}, ${quoteLiteral(migration)}, now() FROM ${from}
ON CONFLICT (kind, object) ${onConflict};`
}
