/** What a workspace needs that only reads its warehouse: a way there, and tables that it may look into. */
import { toFailure } from '../../../shared/failure.ts'
import type { Connection } from '../connection.ts'
import { withClient } from '../session.ts'
import { failed, ok, skipped, warning, type Diagnosis } from './diagnosis.ts'

const LOOK = `
  SELECT current_user AS login, split_part(version(), ' ', 2) AS version,
    (SELECT count(*)::int FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
       AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')) AS tables`

/** Never rejects for what it finds. */
export async function lookReadOnly(locate: () => Promise<Connection>): Promise<Diagnosis[]> {
  try {
    const [seen] = await withClient(
      await locate(),
      'quintile doctor',
      async (session) => (await session.query<{ login: string; version: string; tables: number }>(LOOK)).rows,
    )
    const { login = '', version = '', tables = 0 } = seen ?? {}
    return [
      ok('login', `${login} is let in by PostgreSQL ${version}`),
      tables === 0
        ? warning('read', `${login} may read no table`, { hint: 'Ask for SELECT on the tables of mapping.yaml.' })
        : ok('read', `${login} may read ${String(tables)} tables and views`),
      ok('records', 'nothing is written there: runs and their records are kept on this machine'),
    ]
  } catch (thrown) {
    const { message, hint } = toFailure(thrown)
    return [failed('login', message, { hint: hint ?? undefined }), skipped('read', 'not looked at')]
  }
}
