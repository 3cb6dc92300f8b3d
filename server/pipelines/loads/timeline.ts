/**
 * The timelines of the keys that a plain close-and-insert cannot serve. Per key, in order of time, the points at which
 * something begins or ends:
 *
 *   versions that are there ∪ gaps that are there ∪ what the batch says
 *
 * A point is a value or an end (`q_gone`). Supplied columns flow on from where they were really said (`q_own`: the batch, or
 * a version that did not merely carry them over); carried columns flow on from versions. Points that change nothing fall
 * away, versions that exist never do: facts carry their surrogate keys.
 */
import { quoteIdentifier, quoteList } from '../../warehouse/index.ts'
import { differs, FOREVER, listed, MOMENT, sameKey, type HistoryShape } from './history-request.ts'

/**
 * Makes `pg_temp.timeline`: the points that remain. `q_keep` marks those that begin a version or a gap, `q_until` is the time
 * of the next of them, `q_version` says that the version is there already, `q_rank` what the row of the batch did
 * (0 nothing, 1 changed a version in place, 2 closed or opened another version, 3 opened the first one of a new key).
 */
export function timelineSql(shape: HistoryShape): string {
  const stages: [string, string][] = [
    ['versions', versionsSql(shape)],
    ['existing', existingSql(shape)],
    ['said', saidSql(shape)],
    ['points', pointsSql(shape)],
    ['grouped', groupedSql(shape)],
    ['flowed', flowedSql(shape)],
    ['ended', endedSql(shape)],
    ['thinned', thinnedSql(shape)],
    ['reopened', reopenedSql(shape)],
    ['kept', keptSql(shape)],
  ]
  const keys = quoteList(shape.request.key)
  return `
    CREATE TEMP TABLE timeline ON COMMIT DROP AS
    WITH ${stages.map(([name, sql]) => `${name} AS (${sql})`).join(', ')}
    SELECT *, coalesce(min(q_at) FILTER (WHERE q_keep) OVER (PARTITION BY ${keys} ORDER BY q_at DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), ${FOREVER}) AS q_until,
      CASE WHEN NOT q_told THEN 0 WHEN q_keep AND NOT q_gone AND NOT q_version THEN CASE WHEN q_known OR lag(q_at) OVER w IS NOT NULL THEN 2 ELSE 3 END
        WHEN q_gone AND NOT q_was_gone THEN 2 WHEN q_corrected OR (q_uncovered AND NOT q_gone AND (q_reopens OR q_was_gone)) THEN 1 ELSE 0 END AS q_rank
    FROM kept WINDOW w AS (PARTITION BY ${keys} ORDER BY q_at)`
}

const inTime = ({ request }: HistoryShape): string => `WINDOW w AS (PARTITION BY ${quoteList(request.key)} ORDER BY q_at)`

/** True where a row of names differs from the row `back` places before it. */
function differsFromBefore(names: readonly string[], back = 1): string {
  const before = names.map((name) => `lag(${quoteIdentifier(name)}, ${String(back)}) OVER w`).join(', ')
  return names.length === 0 ? 'false' : `ROW(${quoteList(names)}) IS DISTINCT FROM ROW(${before})`
}

function versionsSql({ request, table, carried }: HistoryShape): string {
  const { key, track, tracked } = request
  // A version that begins where only carried columns changed was not said by this job's columns.
  const own = `lag(effective_to) OVER w IS DISTINCT FROM effective_from OR ${differsFromBefore(track)} OR NOT (${differsFromBefore(carried)})`
  return `
    SELECT ${quoteList([...key, ...tracked])}, effective_from AS q_at, effective_to AS q_end, q_rebuild, NOT q_rebuild AND (${own}) AS q_own,
      lead(effective_from) OVER w IS DISTINCT FROM effective_to AND effective_to < ${FOREVER} AS q_before_gap
    FROM ${table} v JOIN pg_temp.timeline_key k USING (${quoteList(key)})
    WINDOW w AS (PARTITION BY ${quoteList(key)} ORDER BY effective_from)`
}

function existingSql({ request, missing }: HistoryShape): string {
  const { key, tracked } = request
  return `
    SELECT ${quoteList([...key, ...tracked])}, q_at, false AS q_gone, q_own, true AS q_version, q_rebuild FROM versions
    UNION ALL
    SELECT ${quoteList(key)}, ${listed(tracked.map(missing))}q_end, true, true, false, false FROM versions WHERE q_before_gap AND NOT q_rebuild`
}

/** What the batch says, once per time. An end at the very beginning of a version comes a moment later; whatever else is said then wins. */
function saidSql({ request }: HistoryShape): string {
  const { key, track, update } = request
  return `
    SELECT DISTINCT ON (${quoteList(key)}, q_at) * FROM (
      SELECT ${quoteList([...key, ...track, ...update], 'o')}, o.q_said_at, o.q_gone, o.q_spread, o.q_from IS NULL AS q_uncovered, k.q_rebuild,
        CASE WHEN v.q_at IS NULL THEN o.q_at ELSE o.q_at + ${MOMENT} END AS q_at
      FROM pg_temp.observation o JOIN pg_temp.timeline_key k ON ${sameKey(key, 'k', 'o')}
      LEFT JOIN versions v ON o.q_gone AND NOT v.q_rebuild AND ${sameKey(key, 'v', 'o')} AND v.q_at = o.q_at
    ) moved ORDER BY ${quoteList(key)}, q_at, q_gone`
}

function pointsSql({ request, carried }: HistoryShape): string {
  const { key, track, update } = request
  const isVersion = 'coalesce(e.q_version, false)'
  // A moved end that meets the beginning of another version has nothing to end.
  const told = `(s.q_at IS NOT NULL AND NOT (s.q_gone AND ${isVersion} AND NOT s.q_rebuild))`
  const either = (name: string): string => `CASE WHEN ${told} THEN s.${name} ELSE e.${name} END AS ${name}`
  return `
    SELECT ${listed(key.map((name) => `coalesce(e.${quoteIdentifier(name)}, s.${quoteIdentifier(name)}) AS ${quoteIdentifier(name)}`))}
      ${listed(track.map((name) => either(quoteIdentifier(name))))}${listed(carried.map((name) => `e.${quoteIdentifier(name)}`))}
      ${listed(update.map((name) => `s.${quoteIdentifier(name)}`))}coalesce(e.q_at, s.q_at) AS q_at, ${either('q_gone')}, s.q_said_at,
      ${told} AS q_told, ${told} OR e.q_own AS q_own, coalesce(s.q_spread, false) AS q_spread,
      coalesce(s.q_uncovered, false) AS q_uncovered, coalesce(e.q_rebuild, s.q_rebuild) AS q_rebuild,
      ${isVersion} AND NOT (${told} AND s.q_gone) AS q_version, coalesce(e.q_gone, false) AS q_was_gone,
      ${told} AND ${isVersion} AND NOT s.q_gone AND ${differs(track, 'e', 's')} AS q_corrected
    FROM existing e FULL JOIN said s ON ${sameKey(key, 's', 'e')} AND s.q_at = e.q_at`
}

function groupedSql(shape: HistoryShape): string {
  return `
    SELECT *, count(*) FILTER (WHERE q_own) OVER w AS q_own_group, count(*) FILTER (WHERE q_version) OVER w AS q_version_group,
      max(q_at) FILTER (WHERE q_version) OVER w AS q_carried_from, lead(q_at) OVER w AS q_next,
      bool_or(q_version) OVER (PARTITION BY ${quoteList(shape.request.key)}) AS q_known
    FROM points ${inTime(shape)}`
}

/** Columns of a point from here on. */
const MARKS = [
  ...['q_at', 'q_gone', 'q_said_at', 'q_told', 'q_spread', 'q_uncovered', 'q_rebuild', 'q_version', 'q_was_gone', 'q_corrected'],
  ...['q_own_group', 'q_carried_from', 'q_next', 'q_known'],
]

function flowedSql({ request, carried }: HistoryShape): string {
  const { key, track, update } = request
  const own = `OVER (PARTITION BY ${quoteList(key)}, q_own_group ORDER BY q_at)`
  const version = `OVER (PARTITION BY ${quoteList(key)}, q_version_group ORDER BY q_at)`
  const supplied = track
    .map(quoteIdentifier)
    .map((name) => `CASE WHEN first_value(q_gone) ${own} THEN ${name} ELSE first_value(${name}) ${own} END AS ${name}`)
  const others = carried.map(quoteIdentifier).map((name) => `first_value(${name}) ${version} AS ${name}`)
  return `
    SELECT ${quoteList(key)}, ${listed([...supplied, ...others, ...update.map(quoteIdentifier)])}${MARKS.join(', ')}, first_value(q_gone) ${own} AS q_ended
    FROM grouped`
}

/** An end flows on like a value: a later version that only carried our columns over ends as soon as it may. */
function endedSql({ request, carried, missing }: HistoryShape): string {
  const { key, track, update } = request
  const columns = [...quoteList([...key, ...track, ...carried, ...update]).split(', '), ...MARKS].join(', ')
  // Rebuilt, nothing is before the first row of the batch, and nothing but rows of the batch after an end.
  const points = `SELECT ${columns} FROM flowed WHERE NOT (q_rebuild AND (q_own_group = 0 OR (q_ended AND NOT q_gone)))`
  if (carried.length === 0) return points
  const nothing = [...track, ...carried, ...update].map(missing)
  return `${points}
    UNION ALL
    SELECT ${quoteList(key)}, ${listed(nothing)}q_at + ${MOMENT}, true, NULL, false, false, false, false, false, false, false, q_own_group, q_carried_from, NULL, true
    FROM flowed WHERE q_ended AND NOT q_gone AND NOT q_rebuild AND q_next IS DISTINCT FROM q_at + ${MOMENT}`
}

/** Without ends that nothing comes before. */
function thinnedSql(shape: HistoryShape): string {
  return `
    SELECT * FROM (SELECT *, lag(q_gone, 1, true) OVER w AS q_after_gone FROM ended ${inTime(shape)}) e
    WHERE NOT (q_gone AND q_after_gone)`
}

/** `deletes: reopen`: an end is taken back when the batch then says what was valid before it. */
function reopenedSql(shape: HistoryShape): string {
  if (shape.request.deletes !== 'reopen') return 'SELECT *, false AS q_reopens FROM thinned'
  const same = `NOT (${differsFromBefore(shape.request.tracked, 2)})`
  return `
    SELECT * FROM (
      SELECT *, lead(q_reopens, 1, false) OVER w AS q_undone FROM (
        SELECT *, q_told AND NOT q_gone AND NOT q_version AND coalesce(lag(q_gone) OVER w, false) AND ${same} AS q_reopens FROM thinned ${inTime(shape)}
      ) r ${inTime(shape)}
    ) u WHERE NOT (q_gone AND q_undone)`
}

function keptSql(shape: HistoryShape): string {
  return `
    SELECT *, q_gone OR (q_version AND NOT q_rebuild) OR lag(q_gone, 1, true) OVER w OR ${differsFromBefore(shape.request.tracked)} AS q_keep
    FROM reopened ${inTime(shape)}`
}
