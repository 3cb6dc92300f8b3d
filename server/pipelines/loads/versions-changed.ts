/**
 * Times at which another version is valid than before, though no new version began: a version was closed before a gap, or
 * opened again over one. Facts of those times are held against the history anew (versions.ts).
 */
import { quoteIdentifier, type Session } from '../../warehouse/index.ts'
import type { HistoryRequest } from './history-request.ts'

/**
 * Records what `rows` selects: the key's columns, `q_from` (inclusive) and `q_until` (exclusive). Returns how many.
 * @param rows a SELECT, or a data-changing statement with RETURNING
 */
export async function recordChanges(
  session: Session,
  { target, key }: Pick<HistoryRequest, 'target' | 'key'>,
  rows: string,
): Promise<number> {
  const values = key.map((name) => `'${name}', r.${quoteIdentifier(name)}`).join(', ')
  const { count } = await session.query(
    `WITH r AS (${rows})
     INSERT INTO quintile.version_changes (target, version_key, changed_from, changed_to)
     SELECT to_regclass($1)::text, jsonb_build_object(${values}), r.q_from, r.q_until FROM r`,
    [target],
  )
  return count
}
