/**
 * What a batch says that its history does not say yet. One pass over the batch holds each row against the version valid at
 * its time; only rows with a difference are written down (`observation`), so a full extract of which 1 % changed costs
 * little more than the join itself.
 *
 * Columns of ours in the temporary tables begin with `q_`: `q_at` the time from which the row holds, `q_gone` it says that
 * its key is gone, `q_from` and `q_current` the version valid at its time, `q_differs` it disagrees with that version,
 * `q_said_at` and `q_spread` which staged row it came from.
 */
import { quoteIdentifier, quoteList, type Session } from '../../warehouse/index.ts'
import { differs, FOREVER, listed, sameKey, type HistoryShape } from './history-request.ts'

/** Writes `pg_temp.observation`: for every key with a difference what the batch says of it. */
export async function observe(session: Session, shape: HistoryShape): Promise<void> {
  const { request } = shape
  // Without times of its own the batch has one row per key; otherwise a row that agrees may follow one that does not.
  if (hasOneRowPerKey(shape)) await session.script(observationSql(shape, isCandidate(shape)))
  else {
    await session.script(`
      CREATE TEMP TABLE changed_key ON COMMIT DROP AS
      SELECT DISTINCT ${quoteList(request.key, 's')} FROM (${batchSql(shape)}) s ${joinValid(shape)} WHERE ${isCandidate(shape)};
      ANALYZE changed_key`)
    const changed = `EXISTS (SELECT 1 FROM pg_temp.changed_key k WHERE ${sameKey(request.key, 'k', 's')})`
    await session.script(`${observationSql(shape, changed)}; DROP TABLE pg_temp.changed_key`)
    if (request.extent === 'full' && isSeeingDeletes(shape)) await session.script(presenceSql(shape))
  }
  if (request.revives === false) await session.script(dropInGapsSql(shape))
  if (request.rebuild === true && hasOneRowPerKey(shape)) await session.script(startAtFirstSql(shape))
  await session.script('ANALYZE pg_temp.observation')
}

/** True where keys that are missing in a full batch are taken for gone: a feed that read its table anew tells of deletions so. */
export function isSeeingDeletes({ request }: Pick<HistoryShape, 'request'>): boolean {
  return request.changes === true || request.deletes === 'close' || request.deletes === 'reopen'
}

/** True for a batch in which all rows hold from the one boundary. */
export function hasOneRowPerKey({ request }: HistoryShape): boolean {
  return request.effective === undefined && request.changes !== true
}

/** The batch in the target's types, with the time of each row and whether it says that its key is gone. */
function batchSql(shape: HistoryShape): string {
  const { request, typed, boundary } = shape
  const { from, key, track, update, effective, deleted, changes } = request
  if (changes === true) return 'SELECT * FROM pg_temp.change'
  const at = effective === undefined ? boundary : `b.${quoteIdentifier(effective)}::timestamptz`
  const gone = deleted === undefined ? 'false' : `coalesce(b.${quoteIdentifier(deleted)}::boolean, false)`
  const columns = [...key, ...track, ...update].map((name) => `${typed(name, 'b')} AS ${quoteIdentifier(name)}`)
  return `SELECT ${listed(columns)}${startSql(shape, at)} AS q_at, ${at} AS q_said_at, ${gone} AS q_gone, false AS q_spread FROM ${from} b`
}

/** The first that is heard of a key holds from the time from which it is known. */
function startSql({ request, table, typed }: HistoryShape, at: string): string {
  const { key, effective, knownFrom, rebuild } = request
  if (knownFrom === undefined) return at
  const typedKey = key.map((name) => typed(name, 'b'))
  const isKnown = `SELECT 1 FROM ${table} k WHERE ${key.map((name, index) => `k.${quoteIdentifier(name)} = ${typedKey[index] ?? ''}`).join(' AND ')}`
  const isFirst = [
    ...(rebuild === true ? [] : [`NOT EXISTS (${isKnown})`]),
    ...(effective === undefined ? [] : [`${at} = min(${at}) OVER (PARTITION BY ${typedKey.join(', ')})`]),
  ]
  return `CASE WHEN ${isFirst.join(' AND ') || 'true'} THEN least(${at}, b.${quoteIdentifier(knownFrom)}::timestamptz) ELSE ${at} END`
}

function joinValid({ request, table }: HistoryShape): string {
  return `LEFT JOIN ${table} v ON ${sameKey(request.key, 'v', 's')} AND v.effective_from <= s.q_at AND s.q_at < v.effective_to`
}

/** Rows worth a second look: what differs, and what might be the newest word on type 1 columns or on a closed key. */
function isCandidate(shape: HistoryShape): string {
  const { track, update, extent, rebuild } = shape.request
  if (rebuild === true) return 'true'
  const closed = `v.effective_to <> ${FOREVER}`
  const value = [
    'v.effective_from IS NULL',
    differs(track, 'v', 's'),
    ...(update.length === 0 ? [] : [closed, differs(update, 'v', 's')]),
    ...(extent === 'full' && isSeeingDeletes(shape) ? [closed] : []),
  ]
  return `CASE WHEN s.q_gone THEN v.effective_from IS NOT NULL ELSE ${value.join(' OR ')} END`
}

function observationSql(shape: HistoryShape, condition: string): string {
  const { request, carried, others } = shape
  const { key, track, update } = request
  return `
    CREATE TEMP TABLE observation ON COMMIT DROP AS
    SELECT ${quoteList([...key, ...track, ...update], 's')}, ${listed([...carried, ...others].map((name) => `v.${quoteIdentifier(name)}`))}
      s.q_at, s.q_said_at, s.q_gone, s.q_spread, v.effective_from AS q_from, coalesce(v.effective_to = ${FOREVER}, false) AS q_current,
      CASE WHEN s.q_gone THEN v.effective_from IS NOT NULL ELSE v.effective_from IS NULL OR ${differs(track, 'v', 's')} END AS q_differs
    FROM (${batchSql(shape)}) s ${joinValid(shape)} WHERE ${condition}`
}

/**
 * A full extract shows who is there now. A key that was closed because it was missing comes back with the old time on its
 * row, inside the closed version; that it is there is an observation at the boundary.
 */
function presenceSql({ request, table, boundary, carried, others }: HistoryShape): string {
  const { key, track, update } = request
  const columns = quoteList([...key, ...track, ...update, ...carried, ...others])
  return `
    INSERT INTO pg_temp.observation (${columns}, q_at, q_said_at, q_gone, q_spread, q_from, q_current, q_differs)
    SELECT ${quoteList([...key, ...track, ...update, ...carried, ...others], 'n')}, greatest(${boundary}, e.q_ended), n.q_said_at, false, false, NULL, false, true
    FROM (SELECT DISTINCT ON (${quoteList(key)}) * FROM pg_temp.observation ORDER BY ${quoteList(key)}, q_at DESC) n
    JOIN (
      SELECT ${quoteList(key, 'v')}, max(v.effective_to) AS q_ended FROM ${table} v
      WHERE EXISTS (SELECT 1 FROM pg_temp.observation o WHERE ${sameKey(key, 'o', 'v')}) GROUP BY ${quoteList(key, 'v')}
    ) e ON ${sameKey(key, 'e', 'n')}
    WHERE NOT n.q_gone AND n.q_at < e.q_ended AND e.q_ended < ${FOREVER}`
}

/** Who only adds to the keys of others (scores) says nothing of one that is closed at that time. */
function dropInGapsSql({ request, table }: HistoryShape): string {
  return `
    DELETE FROM pg_temp.observation o WHERE o.q_from IS NULL
      AND EXISTS (SELECT 1 FROM ${table} v WHERE ${sameKey(request.key, 'v', 'o')} AND v.effective_from <= o.q_at)`
}

/** Rebuilt without times of its own, a key keeps one version, from the first time at which it was known. */
function startAtFirstSql({ request, table }: HistoryShape): string {
  const { key, spared } = request
  const isTold = spared === undefined ? '' : `AND NOT EXISTS (SELECT 1 FROM ${spared} p WHERE ${sameKey(key, 'p', 'o')})`
  return `
    UPDATE pg_temp.observation o SET q_at = f.q_first
    FROM (SELECT ${quoteList(key)}, min(effective_from) AS q_first FROM ${table} GROUP BY ${quoteList(key)}) f
    WHERE ${sameKey(key, 'f', 'o')} AND NOT o.q_gone ${isTold}`
}
