/**
 * Facts carry the surrogate key of the version that was valid at their time. When the history changes afterwards (a late
 * change, a fact loaded before its dimension, a version closed or opened again), the facts of the times concerned are
 * moved, so that they always stand as if they were joined now.
 *
 * Little is looked at: surrogate keys grow in the order of commits, so new versions are those above the largest key that
 * the facts were held against; what changed without a new version is on record (versions-changed.ts).
 */
import { quoteIdentifier, quoteQualified, type Session } from '../../warehouse/index.ts'
import type { VersionReference } from '../job-keys.ts'
import type { Job } from '../load-kinds.ts'

/** How far the facts were held against a history. */
interface Seen {
  /** The largest surrogate key. */
  version: string
  /** The last recorded change. */
  change: string
}

/** Before the first key and the first change. */
const NONE = '0'

/** Per dimension and column. */
export type VersionsSeen = Record<string, Seen>

export interface MovedFacts {
  /** Rows that now carry another version. */
  moved: number
  seen: VersionsSeen
}

/** Moves the target's rows to the versions now valid at their times. Runs in the step's transaction. */
export async function moveToValidVersions(
  session: Session,
  job: Pick<Job, 'target' | 'versions'>,
  seen: VersionsSeen,
): Promise<MovedFacts> {
  let moved = 0
  const next = { ...seen }
  for (const reference of job.versions) {
    const name = `${reference.dimension}.${reference.column}`
    const before = seen[name]
    // Read before the facts are moved: what commits in between is met again the next time, and not missed.
    const newest = await readNewest(session, reference)
    next[name] = newest
    // Held against nothing yet: all of it counts, for something may have changed between the facts' own join and here.
    if (before?.version !== newest.version) {
      const since = before === undefined ? '' : 'AND v.q_key > $1::bigint'
      moved += (await session.query(newVersionsSql(job.target, reference, since), before === undefined ? [] : [before.version])).count
    }
    const change = before?.change ?? NONE
    if (change !== newest.change) {
      const toNothing = await emptyValue(session, job.target, reference)
      moved += (await session.query(changedTimesSql(job.target, reference, toNothing), [reference.dimension, change])).count
    }
  }
  return { moved, seen: next }
}

async function readNewest(session: Session, { dimension, column, key = column }: VersionReference): Promise<Seen> {
  const { rows } = await session.query<Seen>(
    `SELECT coalesce((SELECT max(${quoteIdentifier(key)}) FROM ${quoteQualified(dimension)}), 0)::text AS version,
       coalesce((SELECT max(change_id) FROM quintile.version_changes WHERE target = to_regclass($1)::text), 0)::text AS change`,
    [dimension],
  )
  return rows[0] ?? { version: NONE, change: NONE }
}

function newVersionsSql(target: string, { column, dimension, at, on, key = column }: VersionReference, since: string): string {
  const time = `f.${quoteIdentifier(at)}`
  const same = Object.entries(on).map(([theirs, ours]) => `f.${quoteIdentifier(ours)} = v.${quoteIdentifier(theirs)}`)
  return `
    UPDATE ${quoteQualified(target)} f SET ${quoteIdentifier(column)} = v.q_key
    FROM (SELECT *, ${quoteIdentifier(key)} AS q_key FROM ${quoteQualified(dimension)}) v
    WHERE ${same.join(' AND ')} AND ${time} >= v.effective_from AND ${time} < v.effective_to ${since}
      AND f.${quoteIdentifier(column)} IS DISTINCT FROM v.q_key`
}

/** What a fact carries where no version is valid, as SQL; null where the column cannot be empty, and the fact stays as it is. */
async function emptyValue(session: Session, target: string, { column, unknown }: VersionReference): Promise<string | null> {
  if (unknown !== undefined) return String(unknown)
  const { rows } = await session.query('SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND attnotnull', [
    target,
    column,
  ])
  return rows.length === 0 ? 'NULL' : null
}

function changedTimesSql(target: string, { column, dimension, at, on, key = column }: VersionReference, toNothing: string | null): string {
  const [table, facts] = [quoteQualified(dimension), quoteQualified(target)]
  const pairs = Object.entries(on).map(([theirs, ours]) => [quoteIdentifier(theirs), quoteIdentifier(ours)] as const)
  const [carried, time] = [`f.${quoteIdentifier(column)}`, `f.${quoteIdentifier(at)}`]
  const isValid = `${pairs.map(([theirs, ours]) => `v.${theirs} = f.${ours}`).join(' AND ')} AND v.effective_from <= ${time} AND ${time} < v.effective_to`
  const found = `(SELECT v.${quoteIdentifier(key)} FROM ${table} v WHERE ${isValid})`
  const valid = toNothing === null ? `coalesce(${found}, ${carried})` : `coalesce(${found}, ${toNothing})`
  return `
    UPDATE ${facts} f SET ${quoteIdentifier(column)} = ${valid}
    FROM (
      SELECT k.*, c.changed_from AS q_from, c.changed_to AS q_until
      FROM quintile.version_changes c, jsonb_populate_record(NULL::${table}, c.version_key) k
      WHERE c.target = to_regclass($1)::text AND c.change_id > $2::bigint
    ) c
    WHERE ${pairs.map(([theirs, ours]) => `f.${ours} = c.${theirs}`).join(' AND ')} AND ${time} >= c.q_from AND ${time} < c.q_until
      AND ${carried} IS DISTINCT FROM ${valid}`
}
