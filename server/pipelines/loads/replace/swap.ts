/**
 * The swap: the target goes, the table beside takes its name, and its indexes, keys and sequences the names that the target's
 * had. All of it catalogue work of milliseconds; only for those, and until the commit, do readers wait.
 *
 * A reader in REPEATABLE READ whose snapshot is older than the commit and who had not touched the table before sees it empty,
 * as after any rewriting of a table in PostgreSQL; everybody else sees the old or the new contents whole.
 */
import { toFailure } from '../../../../shared/failure.ts'
import type { Session } from '../../../warehouse/index.ts'
import { quotePart, runEach, type Beside, type BuiltPart } from './beside.ts'

/** Rights as the target has them. A new table may have been given some by default privileges; an untouched one has none. */
const RIGHTS = `
  WITH t AS (SELECT * FROM pg_class WHERE oid = to_regclass($1)), b AS (SELECT * FROM pg_class WHERE oid = to_regclass($2)),
  named AS (SELECT 0::oid AS oid, 'PUBLIC' AS role UNION ALL SELECT oid, quote_ident(rolname) FROM pg_roles),
  granted AS (
    SELECT acl.*, NULL::name AS attname FROM t, aclexplode(coalesce(t.relacl, acldefault('r', t.relowner))) acl
    WHERE t.relacl IS NOT NULL OR EXISTS (SELECT 1 FROM b WHERE relacl IS NOT NULL)
    UNION ALL SELECT acl.*, a.attname FROM t JOIN pg_attribute a ON a.attrelid = t.oid, aclexplode(a.attacl) acl
  )
  SELECT 1 AS rank, format('ALTER TABLE %s OWNER TO %I', $2::text, pg_get_userbyid(t.relowner)) AS statement FROM t, b WHERE t.relowner <> b.relowner
  UNION ALL SELECT 2, format('REVOKE ALL ON %s FROM %s', $2, role) FROM named
    WHERE (SELECT coalesce(t.relacl, b.relacl) IS NOT NULL FROM t, b)
      AND oid IN (SELECT grantee FROM b, aclexplode(b.relacl) UNION SELECT relowner FROM t)
  UNION ALL SELECT 3, format('GRANT %s%s ON %s TO %s%s', privilege_type, '(' || quote_ident(attname) || ')', $2, role, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
    FROM granted JOIN named ON named.oid = grantee
  ORDER BY rank`

/** Sequences of `serial` columns move over as they are; those of identity columns are made anew and take the old name. */
const SEQUENCES = `
  WITH columns AS (
    SELECT a.attname, a.attidentity, pg_get_serial_sequence($1, a.attname)::regclass AS theirs, pg_get_serial_sequence($2, a.attname)::regclass AS ours
    FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
  )
  SELECT 'before' AS stage, format('ALTER SEQUENCE %s OWNED BY %s.%I', theirs, $2::text, attname) AS statement FROM columns
    WHERE theirs IS NOT NULL AND attidentity = ''
  UNION ALL SELECT 'behind', format('ALTER SEQUENCE %s RENAME TO %I', ours, (SELECT relname FROM pg_class WHERE oid = theirs)) FROM columns WHERE attidentity <> ''`

/** Names of NOT NULL rules (constraints since PostgreSQL 18) that were taken off for a while. */
const NOT_NULLS = `
  SELECT format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', $2::text, n.conname, o.conname) AS statement
  FROM pg_constraint o JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = o.conkey[1]
  JOIN pg_attribute m ON m.attrelid = to_regclass($2) AND m.attname = a.attname
  JOIN pg_constraint n ON n.conrelid = m.attrelid AND n.contype = 'n' AND n.conkey[1] = m.attnum
  WHERE o.conrelid = to_regclass($1) AND o.contype = 'n' AND n.conname <> o.conname`

const STATISTICS = 'SELECT pg_get_statisticsobjdef(oid) AS statement FROM pg_statistic_ext WHERE stxrelid = to_regclass($1) ORDER BY oid'

/** Puts the table in the target's place. The last work of the transaction. Errors: `warehouse.lock-timeout`, to be tried again. */
export async function swap(session: Session, beside: Beside, built: readonly BuiltPart[]): Promise<void> {
  const { target, name, plain } = beside
  await runEach(session, RIGHTS, [target, name])
  await runEach(session, NOT_NULLS, [target, name])
  const { rows: sequences } = await session.query<{ stage: string; statement: string }>(SEQUENCES, [target, name])
  const { rows: statistics } = await session.query<{ statement: string }>(STATISTICS, [target])
  const { rows: names } = await session.query<{ schema: string; name: string }>(
    'SELECT quote_ident(n.nspname) AS schema, quote_ident(c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)',
    [target],
  )
  const { schema = '', name: old = '' } = names[0] ?? {}
  const staged = (stage: string): string[] => sequences.filter((one) => one.stage === stage).map(({ statement }) => statement)
  const renames = built.map(({ kind, now, later }) =>
    kind === 'index'
      ? `ALTER INDEX ${schema}.${quotePart(now)} RENAME TO ${quotePart(later)}`
      : `ALTER TABLE ${schema}.${old} RENAME CONSTRAINT ${quotePart(now)} TO ${quotePart(later)}`,
  )
  await takeExclusively(session, target)
  await session.script(
    [
      ...staged('before'),
      `DROP TABLE ${target}`,
      `ALTER TABLE ${schema}.${quotePart(plain)} RENAME TO ${old}`,
      ...renames,
      ...staged('behind'),
      ...statistics.map(({ statement }) => statement),
      // Statistics over several columns are gathered only now that they have their names.
      ...(statistics.length === 0 ? [] : [`ANALYZE ${target}`]),
    ].join(';\n'),
  )
}

/** Whoever waits for this lock makes all new readers wait behind: so it is asked for a second at a time, and let go in between. */
const TRIES = 60
const PATIENCE = '1s'

async function takeExclusively(session: Session, table: string): Promise<void> {
  const { rows } = await session.query<{ limit: string }>(`SELECT current_setting('lock_timeout') AS limit`)
  for (let left = TRIES; ; left -= 1) {
    await session.script(`SAVEPOINT before_lock; SET LOCAL lock_timeout = '${PATIENCE}'`)
    try {
      await session.script(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
      await session.script(`SET LOCAL lock_timeout = '${rows[0]?.limit ?? '0'}'; RELEASE SAVEPOINT before_lock`)
      return
    } catch (thrown) {
      const failure = toFailure(thrown)
      if (failure.code !== 'warehouse.lock-timeout' || left === 1) throw failure
      await session.script('ROLLBACK TO SAVEPOINT before_lock; SELECT pg_sleep(0.5)')
    }
  }
}
