/** The two statements of a history load, over the timelines of the keys that changed. */
import { quoteIdentifier, quoteList, quoteQualified, type Session } from '../../warehouse/index.ts'
import type { HistoryRequest } from './history.ts'

export const FOREVER = "timestamptz '9999-12-31 00:00:00+00'"

/** The version's hash: null, '' and separators cannot be confused in a record's text form, and it costs a third of JSON. */
function recordHash(tracked: readonly string[], alias: string): string {
  return `md5(ROW(${quoteList(tracked, alias)})::text)`
}

export interface TimelineEffect {
  /** Versions opened. */
  opened: number
  /** Observations that corrected a version which begins at the very same time. */
  corrected: number
}

/** Rebuilds the timelines of changed keys in a temporary table, then closes and inserts. */
export async function closeAndInsert(session: Session, request: HistoryRequest): Promise<TimelineEffect> {
  const { rows } = await session.query('SELECT 1 FROM pg_temp.observation WHERE differs LIMIT 1')
  if (rows.length === 0) return { opened: 0, corrected: 0 }
  await session.script(timelineSql(request))
  const { target, key, tracked, update } = request
  const table = quoteQualified(target)
  const on = key.map((name) => `v.${quoteIdentifier(name)} = t.${quoteIdentifier(name)}`).join(' AND ')
  await session.script(`
    UPDATE ${table} v SET effective_to = t.until, is_current = t.until = ${FOREVER},
      ${tracked.map((name) => `${quoteIdentifier(name)} = t.${quoteIdentifier(name)}`).join(', ')}, record_hash = ${recordHash(tracked, 't')}
    FROM pg_temp.timeline t
    WHERE ${on} AND v.effective_from = t.at AND t.has_version
      AND (v.effective_to IS DISTINCT FROM t.until OR v.record_hash IS DISTINCT FROM ${recordHash(tracked, 't')})`)
  const all = [...key, ...tracked, ...update]
  const { count: opened } = await session.query(`
    INSERT INTO ${table} (${quoteList(all)}, effective_from, effective_to, is_current, record_hash)
    SELECT ${[quoteList([...key, ...tracked], 't'), ...update.map((name) => `u.${quoteIdentifier(name)}`)].join(', ')}, t.at, t.until, t.until = ${FOREVER}, ${recordHash(tracked, 't')}
    FROM pg_temp.timeline t
    ${update.length === 0 ? '' : `LEFT JOIN pg_temp.observation u ON u.is_latest AND ${key.map((name) => `u.${quoteIdentifier(name)} = t.${quoteIdentifier(name)}`).join(' AND ')}`}
    WHERE NOT t.has_version ORDER BY ${quoteList(key, 't')}, t.at`)
  await carryUpdates(session, request)
  const met = await session.query(
    `SELECT 1 FROM pg_temp.observation v JOIN pg_temp.timeline t ON ${on} AND v.at = t.at WHERE v.differs AND t.has_version`,
  )
  await session.script('DROP TABLE pg_temp.timeline')
  return { opened, corrected: met.count }
}

/**
 * Points of time per changed key. `own` marks where the supplied columns were really said (an observation, or a version
 * whose values differ from the version before); elsewhere they flow on. The carried columns flow on from versions alone.
 */
function timelineSql({ target, key, track, tracked }: HistoryRequest): string {
  const keys = quoteList(key)
  const carried = tracked.filter((name) => !track.includes(name))
  const sameKey = (left: string, right: string): string =>
    key.map((name) => `${left}.${quoteIdentifier(name)} = ${right}.${quoteIdentifier(name)}`).join(' AND ')
  const flow = (names: readonly string[], group: string): string[] =>
    names.map(
      (name) => `first_value(${quoteIdentifier(name)}) OVER (PARTITION BY ${keys}, ${group} ORDER BY at) AS ${quoteIdentifier(name)}`,
    )
  return `
    CREATE TEMP TABLE timeline ON COMMIT DROP AS
    WITH versions AS (
      SELECT ${quoteList([...key, ...tracked], 'v')}, v.effective_from AS at,
        lag(v.effective_from) OVER w IS NULL OR ROW(${quoteList(track, 'v')}) IS DISTINCT FROM ROW(${track.map((name) => `lag(v.${quoteIdentifier(name)}) OVER w`).join(', ')}) AS own
      FROM ${quoteQualified(target)} v
      WHERE EXISTS (SELECT 1 FROM pg_temp.observation o WHERE o.differs AND ${sameKey('o', 'v')})
      WINDOW w AS (PARTITION BY ${quoteList(key, 'v')} ORDER BY v.effective_from)
    ), points AS (
      SELECT ${key.map((name) => `coalesce(v.${quoteIdentifier(name)}, o.${quoteIdentifier(name)}) AS ${quoteIdentifier(name)}`).join(', ')}, coalesce(v.at, o.at) AS at,
        ${track.map((name) => `CASE WHEN o.at IS NULL THEN v.${quoteIdentifier(name)} ELSE o.${quoteIdentifier(name)} END AS ${quoteIdentifier(name)}`).join(', ')},
        ${carried.map((name) => `v.${quoteIdentifier(name)}, `).join('')}
        o.at IS NOT NULL OR v.own AS own, v.at IS NOT NULL AS has_version
      FROM versions v FULL JOIN (
        -- All observations of a changed key: one that agrees with its version may still follow one that does not.
        SELECT o.* FROM pg_temp.observation o WHERE EXISTS (SELECT 1 FROM pg_temp.observation d WHERE d.differs AND ${sameKey('d', 'o')})
      ) o ON ${sameKey('o', 'v')} AND o.at = v.at
    ), grouped AS (
      SELECT *, count(*) FILTER (WHERE own) OVER (PARTITION BY ${keys} ORDER BY at) AS said,
        count(*) FILTER (WHERE has_version) OVER (PARTITION BY ${keys} ORDER BY at) AS versioned
      FROM points
    ), flowed AS (
      SELECT ${[keys, 'at', 'has_version', ...flow(track, 'said'), ...flow(carried, 'versioned')].join(', ')} FROM grouped
    ), kept AS (
      SELECT *, has_version OR lag(at) OVER w IS NULL
        OR ROW(${quoteList(tracked)}) IS DISTINCT FROM ROW(${tracked.map((name) => `lag(${quoteIdentifier(name)}) OVER w`).join(', ')}) AS keep
      FROM flowed WINDOW w AS (PARTITION BY ${keys} ORDER BY at)
    )
    SELECT ${quoteList([...key, ...tracked])}, at, has_version, lead(at, 1, ${FOREVER}) OVER (PARTITION BY ${keys} ORDER BY at) AS until
    FROM kept WHERE keep`
}

/** Type 1 columns that other jobs feed go along with the key when a new version opens. */
async function carryUpdates(session: Session, { target, key, tracked, update }: HistoryRequest): Promise<void> {
  const fixed = new Set([...key, ...tracked, ...update, 'effective_from', 'effective_to', 'is_current', 'record_hash'])
  const { rows } = await session.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = '' ORDER BY attnum`,
    [target],
  )
  const others = rows.map((row) => row.name).filter((name) => !fixed.has(name))
  if (others.length === 0) return
  const same = key.map((name) => `p.${quoteIdentifier(name)} = n.${quoteIdentifier(name)}`).join(' AND ')
  const isNew = key.map((name) => `t.${quoteIdentifier(name)} = n.${quoteIdentifier(name)}`).join(' AND ')
  await session.script(`
    UPDATE ${quoteQualified(target)} n SET ${others.map((name) => `${quoteIdentifier(name)} = p.${quoteIdentifier(name)}`).join(', ')}
    FROM ${quoteQualified(target)} p, pg_temp.timeline t
    WHERE NOT t.has_version AND ${isNew} AND n.effective_from = t.at AND ${same}
      -- From the last version that was there before: of several new ones, those between do not have the values yet.
      AND p.effective_from = (SELECT max(e.at) FROM pg_temp.timeline e WHERE e.has_version AND e.at < t.at AND ${key.map((name) => `e.${quoteIdentifier(name)} = t.${quoteIdentifier(name)}`).join(' AND ')})`)
}
