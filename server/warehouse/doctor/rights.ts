/** What the login may do with schemas and tables, and the GRANT for what it may not. */
import type { Session } from '../session.ts'
import { failed, ok, warning, type Diagnosis } from './diagnosis.ts'

interface DatabaseRow {
  can_create: boolean
  has_schema: boolean
  grant_create: string
}

/** CREATE on the database: needed as long as a schema is still to be made. */
export async function checkDatabaseRights(session: Session, pending: number): Promise<Diagnosis> {
  const { rows } = await session.query<DatabaseRow>(`
    SELECT has_database_privilege(current_database(), 'CREATE') AS can_create, to_regnamespace('quintile') IS NOT NULL AS has_schema,
      format('GRANT CREATE ON DATABASE %I TO %I;', current_database(), current_user) AS grant_create`)
  const row = rows[0]
  if (row === undefined || row.can_create) return ok('create-schemas', 'May create schemas in the database')
  const message = 'May not create schemas in the database'
  const remedy = { grant: row.grant_create }
  if (row.has_schema && pending === 0) return warning('create-schemas', `${message}; a later upgrade may need it`, remedy)
  return failed('create-schemas', message, remedy)
}

interface SchemaRow {
  schema: string
  allowed: boolean
  grant_all: string
}

/** USAGE and CREATE on `quintile`, on `public`, where packs put their tables, and on the schemas that packs made. `made`: what migrations make, by name. */
export async function checkSchemaRights(session: Session, made: readonly string[]): Promise<Diagnosis[]> {
  const { rows } = await session.query<SchemaRow>(
    `
    SELECT n.nspname AS schema, has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE') AS allowed,
      format('GRANT USAGE, CREATE ON SCHEMA %I TO %I;', n.nspname, current_user) AS grant_all
    FROM pg_namespace n WHERE n.nspname IN ('public', 'quintile') OR format('%I', n.nspname) = ANY ($1::text[]) ORDER BY 1`,
    [made],
  )
  return rows.map(({ schema, allowed, grant_all }) =>
    allowed
      ? ok(`schema-${schema}`, `May use the schema ${schema} and create in it`)
      : failed(`schema-${schema}`, `May not use the schema ${schema} and create in it`, { grant: grant_all }),
  )
}

interface TableRow {
  table_name: string
  may_change: boolean
  owns: boolean
  grant_change: string
  change_owner: string
}

const TABLES = `
  SELECT c.oid::regclass::text AS table_name, pg_has_role(c.relowner, 'USAGE') AS owns,
    has_table_privilege(c.oid, 'SELECT') AND (c.relkind IN ('v', 'm')
      OR (has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
        AND has_table_privilege(c.oid, 'DELETE') AND has_table_privilege(c.oid, 'TRUNCATE'))) AS may_change,
    format('GRANT SELECT%s ON %I.%I TO %I;', CASE WHEN c.relkind IN ('v', 'm') THEN '' ELSE ', INSERT, UPDATE, DELETE, TRUNCATE' END,
      n.nspname, c.relname, current_user) AS grant_change,
    format('ALTER TABLE %I.%I OWNER TO %I;', n.nspname, c.relname, current_user) AS change_owner
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND (n.nspname = 'quintile' OR format('%I.%I', n.nspname, c.relname) = ANY ($1::text[]))
  ORDER BY 1`

/** The tables that the migrations made. `made`: those outside the schema `quintile`, as `schema.table`. */
export async function checkTableRights(session: Session, made: readonly string[]): Promise<Diagnosis[]> {
  const { rows } = await session.query<TableRow>(TABLES, [made])
  const closed = rows.filter((row) => !row.may_change)
  const foreign = rows.filter((row) => row.may_change && !row.owns)
  return [
    closed.length === 0
      ? ok('tables', `May read and change all ${String(rows.length)} tables and views`)
      : failed('tables', `May not read and change ${closed.map((row) => row.table_name).join(', ')}`, {
          grant: closed.map((row) => row.grant_change).join('\n'),
        }),
    ...(foreign.length === 0
      ? []
      : [
          warning('owner', `Does not own ${foreign.map((row) => row.table_name).join(', ')}: an upgrade cannot change them`, {
            grant: foreign.map((row) => row.change_owner).join('\n'),
          }),
        ]),
  ]
}
