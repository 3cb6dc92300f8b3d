/** The same loads on the engine: a table, its facts, and transactions that may break at any statement. */
import { loadHistory, type HistoryOutcome } from '../../server/pipelines/loads/history.ts'
import type { HistoryRequest } from '../../server/pipelines/loads/history-request.ts'
import { moveToValidVersions, type VersionsSeen } from '../../server/pipelines/loads/versions.ts'
import { Failure } from '../../shared/failure.ts'
import type { Session, Warehouse } from '../../server/warehouse/index.ts'
import type { Change } from './history-feed-model.ts'
import { FOREVER, type Statement, type Version } from './history-model.ts'

/** Thrown by a session in place of a statement. */
class Crash extends Error {}

const BEGINNING = '2026-01-01 00:00:00+00'

/** A time of the model as PostgreSQL reads it. */
export function toTime(microseconds: number): string {
  return `2026-01-01 00:00:00.${String(microseconds).padStart(6, '0')}+00`
}

const FROM_BEGINNING = (column: string): string => `(extract(epoch FROM ${column} - '${BEGINNING}') * 1000000)::bigint::int`

/** `people` is the history; `visits` are facts that point at it, once with null and once with -1 where there is no version. */
export async function createTables(warehouse: Warehouse): Promise<void> {
  await warehouse.withSession((session) =>
    session.script(`
      CREATE TABLE people (
        person_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, country text, segment text, spent int DEFAULT 0, score int DEFAULT 0,
        effective_from timestamptz NOT NULL, effective_to timestamptz NOT NULL, is_current boolean NOT NULL, record_hash text NOT NULL,
        CHECK (effective_from < effective_to), CHECK (is_current = (effective_to = '9999-12-31 00:00:00+00')), UNIQUE (key, effective_from));
      CREATE UNIQUE INDEX people_current ON people (key) WHERE is_current;
      CREATE TABLE visits (
        visit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text, at timestamptz NOT NULL,
        person_sk bigint REFERENCES people, known_sk bigint NOT NULL)`),
  )
}

export async function emptyTables(warehouse: Warehouse): Promise<void> {
  await warehouse.query('TRUNCATE people, visits, quintile.version_changes RESTART IDENTITY')
}

const BATCH = 'key text, at timestamptz, country text, segment text, spent int, score int, gone boolean'
const FEED = 'change text, commit_lsn text, committed_at timestamptz, change_order bigint, unchanged_columns text[]'

async function stage(session: Session, columns: string, rows: readonly object[]): Promise<void> {
  await session.script(`CREATE TEMP TABLE batch (${columns}) ON COMMIT DROP`)
  await session.query('INSERT INTO pg_temp.batch SELECT * FROM jsonb_populate_recordset(NULL::pg_temp.batch, $1::jsonb)', [
    JSON.stringify(rows),
  ])
}

/** Stages rows with times of their own, or without. */
export async function stageStatements(session: Session, statements: readonly Statement[]): Promise<void> {
  await stage(
    session,
    BATCH,
    statements.map((one) => ({ ...one, at: toTime(one.at) })),
  )
}

/** Stages rows of a feed; two changes each belong to one commit. */
export async function stageChanges(session: Session, changes: readonly Change[]): Promise<void> {
  const rows = changes.map(({ change, key, at, unchanged, ...values }, index) => ({
    ...(change === 'truncate' ? {} : { key }),
    ...(change === 'insert' || change === 'update' ? values : {}),
    change,
    commit_lsn: `0/${(0x100 + 16 * (index >> 1)).toString(16).toUpperCase()}`,
    committed_at: toTime(at),
    change_order: index,
    unchanged_columns: unchanged,
  }))
  await stage(session, `${BATCH}, ${FEED}`, rows)
}

/** Thrown by `loadBatch` for what the engine refuses: removing versions that facts point at, values that nobody knows. */
export class Refused extends Error {}

/** A transaction; with `crashAt` its statement of that number is not done and all is rolled back, unless it has fewer. */
export async function transact<T>(warehouse: Warehouse, crashAt: number | null, work: (session: Session) => Promise<T>): Promise<T | null> {
  try {
    return await warehouse.withTransaction((session) => work(crashAt === null ? session : breaking(session, crashAt)))
  } catch (thrown) {
    if (thrown instanceof Crash) return null
    throw thrown
  }
}

function breaking(session: Session, crashAt: number): Session {
  let done = 0
  const count = (): void => {
    done += 1
    if (done > crashAt) throw new Crash('the connection is gone')
  }
  return {
    ...session,
    query: (sql, values) => {
      count()
      return session.query(sql, values)
    },
    script: (sql) => {
      count()
      return session.script(sql)
    },
  }
}

/** Loads `pg_temp.batch` into `people`. */
export async function loadBatch(session: Session, request: Omit<HistoryRequest, 'target' | 'from' | 'key'>): Promise<HistoryOutcome> {
  try {
    return await loadHistory(session, { target: 'people', from: 'pg_temp.batch', key: ['key'], ...request })
  } catch (thrown) {
    if (thrown instanceof Failure && ['load.history-referenced', 'load.change-without-row'].includes(thrown.code)) throw new Refused()
    throw thrown
  }
}

/** Everything that a reader of the history sees, by key. */
export async function readPeople(warehouse: Warehouse): Promise<Map<string, Version[]>> {
  const { rows } = await warehouse.query<Omit<Version, 'to'> & { key: string; to: number | null }>(`
    SELECT key, country, segment, spent, score, ${FROM_BEGINNING('effective_from')} AS from,
      CASE WHEN is_current THEN NULL ELSE ${FROM_BEGINNING('effective_to')} END AS to
    FROM people ORDER BY key, people.effective_from`)
  const state = new Map<string, Version[]>()
  for (const { key, to, ...version } of rows) state.set(key, [...(state.get(key) ?? []), { ...version, to: to ?? FOREVER }])
  return state
}

/** Physical rows: any write, even of the same values, shows. */
export async function readRows(warehouse: Warehouse): Promise<unknown[]> {
  const people = await warehouse.query('SELECT person_sk::text, xmin::text, ctid::text FROM people ORDER BY person_sk')
  const visits = await warehouse.query('SELECT visit_id::text, xmin::text, ctid::text FROM visits ORDER BY visit_id')
  return [people.rows, visits.rows]
}

export interface Visit {
  key: string | null
  at: number
}

const JOB = {
  target: 'visits',
  versions: [
    { column: 'person_sk', dimension: 'people', at: 'at', on: { key: 'key' } },
    { column: 'known_sk', key: 'person_sk', dimension: 'people', at: 'at', on: { key: 'key' }, unknown: -1 },
  ],
}

/** Loads facts with the versions of now, then moves all facts to where they belong. */
export async function loadVisits(session: Session, visits: readonly Visit[], seen: VersionsSeen): Promise<VersionsSeen> {
  for (const { key, at } of visits) {
    await session.query(
      `INSERT INTO visits (key, at, person_sk, known_sk) SELECT $1, $2, p.person_sk, coalesce(p.person_sk, -1)
       FROM (SELECT) one LEFT JOIN people p ON p.key = $1 AND p.effective_from <= $2 AND $2 < p.effective_to`,
      [key, toTime(at)],
    )
  }
  return (await moveToValidVersions(session, JOB, seen)).seen
}

export interface StoredVisit extends Visit {
  /** Beginning of the version that it points at, by either column. */
  from: number | null
  known: number | null
}

export async function readVisits(warehouse: Warehouse): Promise<StoredVisit[]> {
  const { rows } = await warehouse.query<StoredVisit>(`
    SELECT v.key, ${FROM_BEGINNING('v.at')} AS at, ${FROM_BEGINNING('p.effective_from')} AS from, ${FROM_BEGINNING('k.effective_from')} AS known
    FROM visits v LEFT JOIN people p USING (person_sk) LEFT JOIN people k ON k.person_sk = v.known_sk ORDER BY visit_id`)
  return rows
}
