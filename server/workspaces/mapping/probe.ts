/** Questions to a live database that may fail without ending the conversation. */
import { toFailure, type Failure } from '../../../shared/failure.ts'
import type { Session } from '../../warehouse/index.ts'
import { quoteAny, relationSql } from './sql-names.ts'

export type Rows<R> = { rows: R[]; failure: null } | { rows: null; failure: Failure }

/** Inside a transaction: a statement that fails is taken back, and the next one can be asked. */
export async function probe<R>(session: Session, sql: string, values: readonly (string | null)[] = []): Promise<Rows<R>> {
  await session.query('SAVEPOINT probing')
  try {
    const { rows } = await session.query<R>(sql, values)
    await session.query('RELEASE SAVEPOINT probing')
    return { rows, failure: null }
  } catch (thrown) {
    const failure = toFailure(thrown)
    // Without a connection there is nothing to roll back to, and nothing more to ask.
    if (failure.kind === 'retry') throw failure
    await session.query('ROLLBACK TO SAVEPOINT probing')
    return { rows: null, failure }
  }
}

export interface Described {
  name: string
  /** As PostgreSQL writes it, without lengths. */
  type: string
}

/** Columns of a table or query, without a single row of it, and without leave to create anything. */
export async function describeRelation(
  session: Session,
  part: { table?: string | undefined; query?: string | undefined },
): Promise<Rows<Described>> {
  const nothing = `(SELECT 1) AS one LEFT JOIN (SELECT * FROM ${relationSql(part, 'r')}) AS q ON false`
  const named = await probe<{ names: string[] }>(
    session,
    `SELECT ARRAY (SELECT json_object_keys(row_to_json(e))) AS names FROM (SELECT q.* FROM ${nothing}) AS e`,
  )
  if (named.rows === null) return named
  const names = named.rows[0]?.names ?? []
  const types = names.map((name) => `pg_typeof(q.${quoteAny(name)})::text`)
  return probe<Described>(
    session,
    `SELECT name, type FROM (SELECT $1::text[] AS names, ARRAY[${types.join(', ')}]::text[] AS types FROM ${nothing}) AS d, unnest(d.names, d.types) AS u(name, type)`,
    [`{${names.map((name) => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`],
  )
}
