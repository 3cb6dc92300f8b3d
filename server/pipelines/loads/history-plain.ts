/**
 * The two statements of a history load where nothing is late: close what changed, insert what is new or changed. Keys that
 * need more (late rows, several rows, corrections, deletions, returns) are left to the timeline.
 */
import { quoteIdentifier, quoteList, type Session } from '../../warehouse/index.ts'
import { hasOneRowPerKey } from './history-observe.ts'
import { differs, FOREVER, recordHash, sameKey, type HistoryShape } from './history-request.ts'

/** Writes `pg_temp.timeline_key`: keys whose versions must be laid out along their time. Returns how many. */
export async function findTimelineKeys(session: Session, shape: HistoryShape): Promise<number> {
  const { key, rebuild, spared } = shape.request
  // Of a key whose row was rejected the batch does not tell the whole past.
  const isWhole = spared === undefined ? 'true' : `NOT EXISTS (SELECT 1 FROM ${spared} p WHERE ${sameKey(key, 'p', 'o')})`
  const keys = quoteList(key, 'o')
  const rows =
    rebuild === true
      ? `SELECT ${keys}, bool_or(NOT o.q_gone AND ${isWhole}) AS q_rebuild FROM pg_temp.observation o GROUP BY ${keys}`
      : `SELECT DISTINCT ${keys}, false AS q_rebuild FROM (${notPlainSql(shape)}) o`
  const { count } = await session.query(`CREATE TEMP TABLE timeline_key ON COMMIT DROP AS ${rows}`)
  if (count > 0) await session.script('ANALYZE pg_temp.timeline_key')
  return count
}

function notPlainSql(shape: HistoryShape): string {
  const { request, table } = shape
  const known = `EXISTS (SELECT 1 FROM ${table} v WHERE ${sameKey(request.key, 'v', 'o')})`
  const keys = quoteList(request.key, 'o')
  const alone = (from: string, and: string): string => `
    SELECT ${keys} FROM ${from} o WHERE o.q_from IS NULL AND NOT o.q_gone AND ${known}${and}
    UNION ALL
    SELECT ${keys} FROM ${from} o WHERE o.q_from IS NOT NULL AND o.q_differs AND (o.q_gone OR NOT o.q_current OR o.q_from >= o.q_at)${and}`
  if (hasOneRowPerKey(shape)) return alone('pg_temp.observation', '')
  const counted = `(
      SELECT *, count(*) OVER w AS q_rows, bool_or(q_differs) OVER w AS q_any FROM pg_temp.observation WINDOW w AS (PARTITION BY ${quoteList(request.key)}))`
  return `${alone(counted, ' AND o.q_rows = 1')}
    UNION ALL
    SELECT ${keys} FROM ${counted} o WHERE o.q_rows > 1 AND o.q_any`
}

export interface PlainEffect {
  /** Versions of new keys. */
  inserted: number
  /** Versions that closed the one before. */
  opened: number
}

/** Closes and inserts for all keys that are not in `timeline_key`. */
export async function closeAndInsertPlain(session: Session, shape: HistoryShape, timelineKeys: number): Promise<PlainEffect> {
  const { request, table, others } = shape
  const { key, tracked, update } = request
  const isPlain = timelineKeys === 0 ? '' : ` AND NOT EXISTS (SELECT 1 FROM pg_temp.timeline_key k WHERE ${sameKey(key, 'k', 'o')})`
  const differing = `o.q_differs AND NOT o.q_gone${isPlain}`
  await session.script(`
    UPDATE ${table} v SET effective_to = o.q_at, is_current = false FROM pg_temp.observation o
    WHERE ${differing} AND o.q_from IS NOT NULL AND ${sameKey(key, 'v', 'o')} AND v.effective_from = o.q_from`)
  const insert = (columns: readonly string[], condition: string): string => `
    INSERT INTO ${table} (${quoteList(columns)}, effective_from, effective_to, is_current, record_hash)
    SELECT ${quoteList(columns, 'o')}, o.q_at, ${FOREVER}, true, ${recordHash(tracked, 'o')}
    FROM pg_temp.observation o WHERE ${differing} AND ${condition} ORDER BY ${quoteList(key, 'o')}`
  const own = [...key, ...tracked, ...update]
  const { count: opened } = await session.query(insert([...own, ...others], 'o.q_from IS NOT NULL'))
  // A new key has no version whose other columns could go along: they get the table's defaults.
  const { count: inserted } = await session.query(insert(own, 'o.q_from IS NULL'))
  return { inserted, opened }
}

/**
 * Type 1: the newest row of each key overwrites the current version in place, whatever time it is of; closed versions keep
 * what was known when they closed. Returns how many rows did nothing else.
 */
export async function overwriteCurrent(session: Session, shape: HistoryShape, timelineKeys: number): Promise<number> {
  const { key, update } = shape.request
  if (update.length === 0) return 0
  const newest = hasOneRowPerKey(shape)
    ? 'SELECT * FROM pg_temp.observation WHERE NOT q_gone'
    : `SELECT DISTINCT ON (${quoteList(key)}) * FROM pg_temp.observation WHERE NOT q_gone ORDER BY ${quoteList(key)}, q_at DESC`
  const counted =
    timelineKeys === 0
      ? 'true'
      : `NOT EXISTS (SELECT 1 FROM pg_temp.timeline t WHERE ${sameKey(key, 't', 'c')} AND t.q_said_at = c.q_said_at AND t.q_rank > 0)`
  const { rows } = await session.query<{ n: string }>(`
    WITH changed AS (
      UPDATE ${shape.table} t SET ${update.map((name) => `${quoteIdentifier(name)} = o.${quoteIdentifier(name)}`).join(', ')}
      FROM (${newest}) o
      WHERE ${sameKey(key, 't', 'o')} AND t.is_current AND ${differs(update, 't', 'o')}
      RETURNING ${quoteList(key, 'o')}, o.q_said_at)
    SELECT count(*)::text AS n FROM changed c WHERE ${counted}`)
  return Number(rows[0]?.n ?? 0)
}
