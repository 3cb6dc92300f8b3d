/** Keys that a full extract does not have any more. */
import { quoteList, type Session } from '../../warehouse/index.ts'
import { isSeeingDeletes } from './history-observe.ts'
import { FOREVER, MOMENT, sameKey, type HistoryShape } from './history-request.ts'
import { recordChanges } from './versions-changed.ts'

/**
 * Closes the open versions of keys that are missing in a full batch, at the boundary. Returns how many; 0 where missing
 * keys mean nothing. An empty batch closes nothing: the caller says so.
 */
export async function closeMissing(session: Session, shape: HistoryShape): Promise<number> {
  const { request, table, boundary } = shape
  const { key, from, extent, spared } = request
  if (extent !== 'full' || !isSeeingDeletes(shape)) return 0
  const isMissing = `v.effective_to = ${FOREVER} AND NOT EXISTS (SELECT 1 FROM ${from} s WHERE ${sameKey(key, 's', 'v')})
    ${spared === undefined ? '' : `AND NOT EXISTS (SELECT 1 FROM ${spared} p WHERE ${sameKey(key, 'p', 'v')})`}`
  // Written down first: with nobody missing, which is the rule, the target is only read.
  const { count } = await session.query(
    `CREATE TEMP TABLE missing ON COMMIT DROP AS SELECT ${quoteList(key, 'v')}, v.effective_from FROM ${table} v WHERE ${isMissing}`,
  )
  if (count > 0) {
    await recordChanges(
      session,
      request,
      `UPDATE ${table} v SET effective_to = greatest(${boundary}, v.effective_from + ${MOMENT}), is_current = false
       FROM pg_temp.missing m WHERE ${sameKey(key, 'm', 'v')} AND v.effective_from = m.effective_from
       RETURNING ${quoteList(key, 'v')}, v.effective_to AS q_from, ${FOREVER} AS q_until`,
    )
  }
  await session.script('DROP TABLE pg_temp.missing')
  return count
}
