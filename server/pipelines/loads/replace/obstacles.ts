/**
 * Why a table cannot be swapped for one built beside it. What hangs on a table by name moves over in silence, what hangs on
 * its identity would be lost or would keep the old one: then the contents are changed in place.
 */
import type { Session } from '../../../warehouse/index.ts'

/** Each line is one reason, as the rest of a sentence. `t` is the table, `parts` the objects that stand for it: its row type too. */
const REASONS = `
  WITH t AS (SELECT * FROM pg_class WHERE oid = to_regclass($1)),
  parts AS (
    SELECT 'pg_class'::regclass AS class, oid FROM t
    UNION ALL SELECT 'pg_type', y.oid FROM t JOIN pg_type y ON y.oid = t.reltype OR y.typelem = t.reltype AND t.reltype <> 0
    UNION ALL SELECT 'pg_class', d.objid FROM t JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
      AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  ),
  dependants AS (
    SELECT d.classid, d.objid FROM parts p JOIN pg_depend d ON d.refclassid = p.class AND d.refobjid = p.oid AND d.deptype = 'n'
    WHERE NOT (d.classid = 'pg_attrdef'::regclass AND EXISTS (SELECT 1 FROM pg_attrdef a, t WHERE a.oid = d.objid AND a.adrelid = t.oid))
  ),
  grants AS (
    SELECT t.relowner, acl.grantor FROM t, aclexplode(t.relacl) acl
    UNION ALL SELECT t.relowner, acl.grantor FROM t JOIN pg_attribute a ON a.attrelid = t.oid, aclexplode(a.attacl) acl
  )
  SELECT 1 AS rank, 'it is partitioned' AS why FROM t WHERE relkind = 'p'
  UNION ALL SELECT 1, 'it is no plain table' FROM t WHERE relkind NOT IN ('r', 'p') OR reloftype <> 0
  UNION ALL SELECT 1, 'it is part of another table' FROM t WHERE relispartition
  UNION ALL SELECT 1, 'it inherits or is inherited from' FROM t, pg_inherits i WHERE t.oid IN (i.inhrelid, i.inhparent) AND NOT t.relispartition AND relkind = 'r'
  UNION ALL SELECT 2, r.ev_class::regclass || ' reads it' FROM dependants d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid, t WHERE r.ev_class <> t.oid
  UNION ALL SELECT 2, c.conrelid::regclass || ' refers to it' FROM t JOIN pg_constraint c ON c.confrelid = t.oid
  UNION ALL SELECT 3, pg_describe_object(classid, objid, 0) || ' depends on it' FROM dependants WHERE classid NOT IN ('pg_rewrite'::regclass, 'pg_constraint'::regclass)
  UNION ALL SELECT 4, 'it has the trigger ' || g.tgname FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
  UNION ALL SELECT 4, 'it has rules' FROM t JOIN pg_rewrite r ON r.ev_class = t.oid AND t.relkind = 'r'
  UNION ALL SELECT 4, 'row level security guards it' FROM t WHERE relrowsecurity OR EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = t.oid)
  UNION ALL SELECT 4, 'the publication ' || p.pubname || ' sends it' FROM t JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_publication_tables p ON p.schemaname = n.nspname AND p.tablename = t.relname
  UNION ALL SELECT 4, 'it has a replica identity of its own' FROM t WHERE relreplident <> 'd' AND relkind = 'r'
  UNION ALL SELECT 5, 'it belongs to an extension' FROM t JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e'
  UNION ALL SELECT 5, 'it has a security label' FROM t JOIN pg_seclabel s ON s.classoid = 'pg_class'::regclass AND s.objoid = t.oid
  UNION ALL SELECT 5, 'an index of it is invalid or lies in a tablespace of its own' FROM t JOIN pg_index i ON i.indrelid = t.oid
    JOIN pg_class x ON x.oid = i.indexrelid WHERE NOT i.indisvalid OR x.reltablespace <> 0
  UNION ALL SELECT 5, 'it belongs to ' || pg_get_userbyid(relowner) FROM t WHERE pg_get_userbyid(relowner) <> current_user
    AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
  UNION ALL SELECT 5, 'no table may be created in its schema' FROM t WHERE NOT has_schema_privilege(relnamespace, 'CREATE')
  UNION ALL SELECT 5, 'others than its owner have granted rights on it' FROM grants WHERE grantor <> relowner
  UNION ALL SELECT 5, 'the warehouse is distributed' FROM t WHERE to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL
  ORDER BY rank, why LIMIT 1`

/** The first reason as the rest of a sentence (“fact_sales refers to it”), or null when the table can be swapped. */
export async function whyNotSwapped(session: Session, target: string): Promise<string | null> {
  const { rows } = await session.query<{ why: string }>(REASONS, [target])
  return rows[0]?.why ?? null
}
