/**
 * A table built beside the target: a plain table with a name of its own that is made like it in everything but its contents,
 * its indexes and its foreign keys, which are built over the whole when the rows are there (0.4 of the time of filling them
 * row by row). Identity columns go on counting where the target's stand.
 */
import { toFailure } from '../../../../shared/failure.ts'
import { quoteIdentifier, quoteQualified, type Session } from '../../../warehouse/index.ts'

export interface Beside {
  /** The table that it shall become, quoted. */
  target: string
  /** Its own name, quoted, in the target's schema. */
  name: string
  /** Its own name without schema, from which its indexes and sequences have theirs. */
  plain: string
}

/** The name that a table beside the target has in this session; the table need not exist. */
export async function besideOf(session: Session, target: string): Promise<Beside> {
  const { rows } = await session.query<{ schema: string; name: string }>(
    'SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)',
    [target],
  )
  const { schema = 'public', name = target } = rows[0] ?? {}
  // The session's number keeps two jobs with one target apart; both names fit into the 63 bytes of an identifier.
  const plain = `${name.slice(0, 40)}_beside_${String(session.backend)}`
  return { target: quoteQualified(target), name: `${quoteIdentifier(schema)}.${quoteIdentifier(plain)}`, plain }
}

/** Options of the table and of its TOAST table, storage and persistence are not part of LIKE. */
const CREATE = `
  SELECT format('CREATE %sTABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS) USING %I%s%s',
    CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, $2::text, c.oid::regclass, m.amname,
    (SELECT ' WITH (' || string_agg(format('%s = %L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ') || ')'
     FROM (SELECT unnest(c.reloptions) UNION ALL SELECT 'toast.' || unnest(x.reloptions)) AS options(o)),
    ' TABLESPACE ' || quote_ident(s.spcname)) AS statement
  FROM pg_class c JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_class x ON x.oid = c.reltoastrelid LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
  WHERE c.oid = to_regclass($1)`

/** What LIKE leaves out, and where the sequences of identity columns stand. */
const FURNISH = `
  WITH t AS (SELECT * FROM pg_class WHERE oid = to_regclass($1)),
  columns AS (SELECT a.* FROM t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attnum > 0 AND NOT a.attisdropped),
  sequences AS (
    SELECT attname, pg_get_serial_sequence(t.oid::regclass::text, attname)::regclass AS theirs FROM t, columns WHERE attidentity <> ''
  )
  SELECT format('ALTER TABLE %s ALTER %I SET STATISTICS %s', $2::text, attname, attstattarget) AS statement FROM columns WHERE attstattarget >= 0
  UNION ALL SELECT format('ALTER TABLE %s ALTER %I SET (%s)', $2, attname, array_to_string(attoptions, ', ')) FROM columns WHERE attoptions IS NOT NULL
  UNION ALL SELECT format('COMMENT ON TABLE %s IS %L', $2, obj_description(t.oid, 'pg_class')) FROM t WHERE obj_description(t.oid, 'pg_class') IS NOT NULL
  UNION ALL SELECT format('SELECT setval(pg_get_serial_sequence(%L, %L), last_value, is_called) FROM %s', $2, attname, theirs) FROM sequences`

/** Makes the table, empty. */
export async function createBeside(session: Session, target: string): Promise<Beside> {
  const beside = await besideOf(session, target)
  await runEach(session, CREATE, [target, beside.name])
  await runEach(session, FURNISH, [target, beside.name])
  return beside
}

/** Runs the statements that a query over the catalogue makes. */
export async function runEach(session: Session, sql: string, values: readonly string[]): Promise<void> {
  const { rows } = await session.query<{ statement: string }>(sql, values)
  if (rows.length > 0) await session.script(rows.map(({ statement }) => statement).join(';\n'))
}

/** An index, or a constraint, which may own one; constraints first, so that a foreign key finds what it needs. */
interface Part {
  name: string
  kind: 'constraint' | 'index'
  /** Its name is one of the schema's and not of the table's alone. */
  renamed: boolean
  definition: string
  comment: string | null
  clustered: boolean
  /** Columns that it keeps unique, all rows of them at once; null otherwise. */
  unique_over: string[] | null
}

const PARTS = `
  SELECT c.conname AS name, 'constraint' AS kind, c.contype <> 'f' AS renamed, pg_get_constraintdef(c.oid) AS definition,
    obj_description(c.oid, 'pg_constraint') AS comment, coalesce(i.indisclustered, false) AS clustered,
    CASE WHEN c.contype IN ('p', 'u') AND NOT c.condeferrable
      THEN ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)) END AS unique_over, c.contype = 'f' AS late
  FROM pg_constraint c LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND c.contype <> 'f'
  WHERE c.conrelid = to_regclass($1) AND c.contype IN ('p', 'u', 'x', 'f')
  UNION ALL
  SELECT x.relname, 'index', true, pg_get_indexdef(x.oid), obj_description(x.oid, 'pg_class'), i.indisclustered, NULL, false
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
  WHERE i.indrelid = to_regclass($1) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.oid AND c.conrelid = i.indrelid)
  ORDER BY late, name`

/** A part of the table beside under the name that it has until the swap. */
export interface BuiltPart {
  kind: Part['kind']
  now: string
  later: string
}

/** Builds indexes, keys and foreign keys over the rows, and gathers statistics. Answers with what must be renamed at the swap. */
export async function completeBeside(session: Session, target: string, beside: Beside): Promise<BuiltPart[]> {
  const built: BuiltPart[] = []
  for (const { part, now } of await partsOf(session, target, beside)) {
    const { rows } = await session.query('SELECT 1 FROM pg_class WHERE oid = to_regclass($1)', [besideName(beside, now)])
    if (rows.length === 0) await session.script(buildOf(part, now, beside).join(';\n'))
    if (part.renamed) built.push({ kind: part.kind, now, later: part.name })
  }
  await session.script(`ANALYZE ${beside.name}`)
  return built
}

/** Builds the part that keeps the key unique before the others; false, and nothing built, when it is not, or when there is no such part. */
export async function buildKey(
  session: Session,
  { target, key }: { target: string; key: readonly string[] },
  beside: Beside,
): Promise<boolean> {
  const wanted = [...key].sort().join()
  const found = (await partsOf(session, target, beside)).find(
    ({ part }) => part.unique_over !== null && [...part.unique_over].sort().join() === wanted,
  )
  if (found === undefined) return false
  await session.script('SAVEPOINT before_key')
  try {
    await session.script(buildOf(found.part, found.now, beside).join(';\n'))
    await session.script('RELEASE SAVEPOINT before_key')
    return true
  } catch (thrown) {
    if (toFailure(thrown).code !== 'warehouse.constraint') throw thrown
    await session.script('ROLLBACK TO SAVEPOINT before_key')
    return false
  }
}

/** Each part with the name that it has until the swap. */
async function partsOf(session: Session, target: string, { plain }: Beside): Promise<{ part: Part; now: string }[]> {
  const { rows } = await session.query<Part>(PARTS, [target])
  return rows.map((part, index) => ({ part, now: part.renamed ? `${plain}_${String(index)}` : part.name }))
}

/** A name in the schema of the table beside. */
function besideName({ name, plain }: Beside, part: string): string {
  return `${name.slice(0, name.length - quoteIdentifier(plain).length)}${quotePart(part)}`
}

function buildOf({ kind, definition, comment, clustered }: Part, now: string, beside: Beside): string[] {
  const { name } = beside
  const quoted = quotePart(now)
  const text = comment === null ? null : `E'${comment.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
  const mark = clustered ? [`ALTER TABLE ${name} CLUSTER ON ${quoted}`] : []
  if (kind === 'constraint') {
    const said = text === null ? [] : [`COMMENT ON CONSTRAINT ${quoted} ON ${name} IS ${text}`]
    return [`ALTER TABLE ${name} ADD CONSTRAINT ${quoted} ${definition}`, ...said, ...mark]
  }
  const said = text === null ? [] : [`COMMENT ON INDEX ${besideName(beside, now)} IS ${text}`]
  // “CREATE UNIQUE INDEX name ON table USING …”: all behind the table's name stays as it is.
  const unique = definition.startsWith('CREATE UNIQUE') ? 'UNIQUE ' : ''
  return [`CREATE ${unique}INDEX ${quoted} ON ${name}${definition.slice(definition.indexOf(' USING '))}`, ...said, ...mark]
}

/** Quotes a name that comes from the catalogue and not from a declaration: any character may stand in it. */
export function quotePart(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
