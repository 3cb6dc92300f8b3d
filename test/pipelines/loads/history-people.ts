/** A history of people for the stories: a day is a whole number, the table is small, and loads go through the load kind. */
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { LoadMode, LoadOutcome } from '../../../server/pipelines/load-kind.ts'
import { history, historySchema } from '../../../server/pipelines/loads/history.ts'
import { openWarehouse, upgrade, type Warehouse } from '../../../server/warehouse/index.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const RESOURCES = join(import.meta.dirname, '..', '..', '..', 'resources')
export const RUN_ID = '00000000-0000-7000-8000-000000000001'

export interface People {
  readonly warehouse: Warehouse
  /** Loads rows, written as a VALUES list or a SELECT that names its columns. */
  load(rows: string, job?: Record<string, unknown>, mode?: Partial<LoadMode & { isReplay: boolean }>): Promise<LoadOutcome>
  /** `key country from–to`, days of January 2026 where they are whole, in order. */
  versions(): Promise<string[]>
}

/** The time of a day, for SQL. */
export function day(number: number): string {
  return `timestamptz '2026-01-01 00:00:00+00' + interval '${String(number)} days'`
}

const SAY_DAY = (column: string): string =>
  `CASE WHEN ${column} >= '9999-01-01' THEN '' ELSE trim_scale((extract(epoch FROM ${column} - '2026-01-01 00:00:00+00') / 86400)::numeric)::text END`

/** Call at the top of a test file: makes the engine's tables and `people`, and empties them before each test. */
export function withPeople(): People {
  const database = withDatabase()
  let warehouse: Warehouse
  beforeAll(async () => {
    await upgrade(database.connection, { name: 'engine', folder: join(RESOURCES, 'warehouse') })
    warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
    await warehouse.withSession((session) =>
      session.script(`
        CREATE TABLE people (
          person_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, country text, segment text, spent numeric(10,2), score int DEFAULT 0,
          effective_from timestamptz NOT NULL, effective_to timestamptz NOT NULL, is_current boolean NOT NULL, record_hash text NOT NULL,
          CHECK (effective_from < effective_to), UNIQUE (key, effective_from));
        CREATE UNIQUE INDEX people_current ON people (key) WHERE is_current`),
    )
  })
  afterAll(() => warehouse.close())
  beforeEach(async () => {
    await warehouse.query('TRUNCATE people, quintile.version_changes, quintile.runs RESTART IDENTITY CASCADE')
    await warehouse.query(
      `INSERT INTO quintile.runs (run_id, kind, status, request, started_by, machine, pid, code_version, pack_hash, started_at)
       VALUES ($1, 'pipeline', 'running', 'test', 'test', 'test', 1, '', '', now())`,
      [RUN_ID],
    )
  })
  return {
    get warehouse() {
      return warehouse
    },
    load: (rows, job = {}, mode = {}) => loadInto(warehouse, { rows, job, mode }),
    versions: async () => {
      const { rows } = await warehouse.query<{ version: string }>(
        `SELECT concat_ws(' ', key, coalesce(country, '–'), ${SAY_DAY('effective_from')} || '–' || ${SAY_DAY('effective_to')}) AS version FROM people ORDER BY key, effective_from`,
      )
      return rows.map((row) => row.version)
    },
  }
}

interface Load {
  rows: string
  job: Record<string, unknown>
  mode: Partial<LoadMode & { isReplay: boolean }>
}

function loadInto(warehouse: Warehouse, { rows, job, mode }: Load): Promise<LoadOutcome> {
  const declared = historySchema.parse({ kind: 'history', target: 'people', key: ['key'], track: ['country'], effective: 'at', ...job })
  return warehouse.withTransaction(async (session) => {
    const select = rows.startsWith('SELECT') ? rows : `SELECT * FROM (VALUES ${rows}) AS v(key, country, at)`
    await session.script(
      `CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT *, row_number() OVER () AS staging_row FROM (${select}) AS extraction`,
    )
    return history.load({
      ...{ session, runId: RUN_ID, tracked: declared.track, workspace: { folder: '' }, staged: 0, watermark: null, isReplay: false },
      ...{ extent: 'partial', reload: false, rebuildHistory: false, dryRun: false },
      ...mode,
      job: { ...declared, name: 'people', group: 'dimensions', sql: '', file: 'jobs/dimensions/people.sql' },
    })
  })
}
