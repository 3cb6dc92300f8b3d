/** Writes timelines back: versions get their new ends and values, points without a version become one. */
import { Failure } from '../../../shared/failure.ts'
import { quoteIdentifier, quoteList, type Session } from '../../warehouse/index.ts'
import { differs, FOREVER, recordHash, sameKey, type HistoryShape } from './history-request.ts'
import { timelineSql } from './timeline.ts'
import { recordChanges } from './versions-changed.ts'

export interface TimelineEffect {
  inserted: number
  /** Rows of the batch that closed a version, opened another one, or both. */
  closed: number
  updated: number
  /** Versions closed because the source was emptied; no row of their own was read. */
  truncated: number
  /** Versions removed because a rebuilt past does not have them. */
  removed: number
  /** Versions that the target has more than before. */
  grown: number
}

/** Where no key needs a timeline. */
export const NO_EFFECT: TimelineEffect = { inserted: 0, closed: 0, updated: 0, truncated: 0, removed: 0, grown: 0 }

/** Lays out the keys in `timeline_key` and brings the target in line; leaves `pg_temp.timeline` for who counts. */
export async function applyTimelines(session: Session, shape: HistoryShape): Promise<TimelineEffect> {
  await session.script(`${timelineSql(shape)}; ANALYZE pg_temp.timeline`)
  const isRebuilt = shape.request.rebuild === true
  const removed = isRebuilt ? await setAside(session, shape) : 0
  await recordMovedEnds(session, shape)
  await session.script(correctSql(shape))
  const opened = await insertPoints(session, shape)
  if (isRebuilt) await session.script('DROP TABLE pg_temp.set_aside')
  return { ...(await countRows(session, shape)), removed, grown: opened - removed }
}

function correctSql({ request, table }: HistoryShape): string {
  const { key, tracked } = request
  const set = tracked.map((name) => `${quoteIdentifier(name)} = t.${quoteIdentifier(name)}`)
  return `
    UPDATE ${table} v SET effective_to = t.q_until, is_current = t.q_until = ${FOREVER}, ${set.join(', ')}, record_hash = ${recordHash(tracked, 't')}
    FROM pg_temp.timeline t
    WHERE ${sameKey(key, 'v', 't')} AND v.effective_from = t.q_at AND t.q_version AND t.q_keep
      AND (v.effective_to <> t.q_until OR v.is_current <> (t.q_until = ${FOREVER}) OR ${differs(tracked, 'v', 't')})`
}

/** New versions; what other jobs put on the key goes along from the version that was there before. */
async function insertPoints(session: Session, { request, table, others }: HistoryShape): Promise<number> {
  const { key, tracked, update, rebuild } = request
  const versions = rebuild === true ? `(SELECT * FROM ${table} UNION ALL SELECT * FROM pg_temp.set_aside)` : table
  const own = [...key, ...tracked, ...update]
  const insert = (from: { columns: readonly string[]; values: string; join: string; condition: string }): string => `
    INSERT INTO ${table} (${quoteList(from.columns)}, effective_from, effective_to, is_current, record_hash)
    SELECT ${from.values}, t.q_at, t.q_until, t.q_until = ${FOREVER}, ${recordHash(tracked, 't')}
    FROM pg_temp.timeline t ${from.join} WHERE t.q_keep AND NOT t.q_version AND NOT t.q_gone AND ${from.condition}
    ORDER BY ${quoteList(key, 't')}, t.q_at`
  const before = `JOIN ${versions} p ON ${sameKey(key, 'p', 't')} AND p.effective_from = t.q_carried_from`
  const values = [quoteList(own, 't'), ...(others.length === 0 ? [] : [quoteList(others, 'p')])].join(', ')
  const later = await session.query(
    insert({ columns: [...own, ...others], values, join: before, condition: 't.q_carried_from IS NOT NULL' }),
  )
  const first = await session.query(insert({ columns: own, values: quoteList(own, 't'), join: '', condition: 't.q_carried_from IS NULL' }))
  return later.count + first.count
}

/** Facts follow new versions by their surrogate keys; of ends that moved without one they must be told. */
async function recordMovedEnds(session: Session, shape: HistoryShape): Promise<void> {
  const { request, table } = shape
  const { key } = request
  const sharesWithGap = `EXISTS (
    SELECT 1 FROM pg_temp.timeline g WHERE ${sameKey(key, 'g', 't')} AND g.q_gone AND t.q_until <= g.q_at AND g.q_at < v.effective_to)`
  const moved = `
    SELECT ${quoteList(key, 'v')}, least(v.effective_to, t.q_until) AS q_from, greatest(v.effective_to, t.q_until) AS q_until
    FROM ${table} v JOIN pg_temp.timeline t ON ${sameKey(key, 'v', 't')} AND v.effective_from = t.q_at AND t.q_version AND t.q_keep
    WHERE t.q_until > v.effective_to OR (t.q_until < v.effective_to AND ${sharesWithGap})`
  const { rows } = await session.query(`${moved} LIMIT 1`)
  if (rows.length > 0) await recordChanges(session, request, moved)
}

async function countRows(session: Session, { request }: HistoryShape): Promise<Omit<TimelineEffect, 'removed' | 'grown'>> {
  const { rows } = await session.query<Record<'inserted' | 'closed' | 'updated' | 'truncated', string>>(`
    SELECT count(*) FILTER (WHERE q_rank = 3)::text AS inserted, count(*) FILTER (WHERE q_rank = 2)::text AS closed,
      count(*) FILTER (WHERE q_rank = 1)::text AS updated,
      (SELECT count(*) FROM pg_temp.timeline WHERE q_spread AND q_rank = 2)::text AS truncated
    FROM (SELECT max(q_rank) AS q_rank FROM pg_temp.timeline WHERE q_told GROUP BY CASE WHEN q_spread THEN '' ELSE ROW(${quoteList(request.key)})::text END, q_said_at) r`)
  const { inserted = '0', closed = '0', updated = '0', truncated = '0' } = rows[0] ?? {}
  return { inserted: Number(inserted), closed: Number(closed), updated: Number(updated), truncated: Number(truncated) }
}

/** The condition for a version that a rebuilt past does not have. */
function isSetAside({ request }: HistoryShape): string {
  return `EXISTS (SELECT 1 FROM pg_temp.timeline_key k WHERE k.q_rebuild AND ${sameKey(request.key, 'k', 'v')})
    AND NOT EXISTS (SELECT 1 FROM pg_temp.timeline t WHERE ${sameKey(request.key, 't', 'v')} AND t.q_at = v.effective_from AND t.q_version AND t.q_keep)`
}

/** Takes out versions that the new past does not have; refused while rows refer to them. */
async function setAside(session: Session, shape: HistoryShape): Promise<number> {
  const { request, table } = shape
  await session.script(`CREATE TEMP TABLE set_aside ON COMMIT DROP AS SELECT v.* FROM ${table} v WHERE ${isSetAside(shape)}`)
  await refuseReferenced(session, request.target)
  const gone = `SELECT ${quoteList(request.key, 'v')}, v.effective_from AS q_from, v.effective_to AS q_until FROM pg_temp.set_aside v`
  const { rows } = await session.query(`${gone} LIMIT 1`)
  if (rows.length === 0) return 0
  await recordChanges(session, request, gone)
  const same = `${sameKey(request.key, 'v', 'a')} AND v.effective_from = a.effective_from`
  return (await session.query(`DELETE FROM ${table} v USING pg_temp.set_aside a WHERE ${same}`)).count
}

interface Reference {
  referrer: string
  ours: string[]
  theirs: string[]
}

const REFERENCES = `
  SELECT c.conrelid::regclass::text AS referrer,
    (SELECT array_agg(quote_ident(a.attname) ORDER BY n) FROM unnest(c.confkey) WITH ORDINALITY u(attnum, n) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = u.attnum) AS ours,
    (SELECT array_agg(quote_ident(a.attname) ORDER BY n) FROM unnest(c.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = u.attnum) AS theirs
  FROM pg_constraint c WHERE c.contype = 'f' AND c.confrelid = to_regclass($1) ORDER BY 1`

/** Asked before anything is removed: some foreign keys would delete the facts along with the version. */
async function refuseReferenced(session: Session, target: string): Promise<void> {
  const { rows: references } = await session.query<Reference>(REFERENCES, [target])
  for (const { referrer, ours, theirs } of references) {
    const on = ours.map((name, index) => `f.${theirs[index] ?? ''} = a.${name}`).join(' AND ')
    const { rows } = await session.query(`SELECT 1 FROM pg_temp.set_aside a JOIN ${referrer} f ON ${on} LIMIT 1`)
    if (rows.length > 0) {
      throw new Failure({
        kind: 'mistake',
        code: 'load.history-referenced',
        message: `The past of ${target} cannot be rebuilt: rows of ${referrer} refer to versions that it would no longer have`,
        hint: `Empty ${referrer}, rebuild the history, then load ${referrer} again with --full-reload.`,
        details: { target, referrer },
      })
    }
  }
}
