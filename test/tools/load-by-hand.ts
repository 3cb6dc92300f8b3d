/** Loads of hand-made batches: staging filled row by row, then the job's own load, as a step would do it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Filled, LoadContext, LoadOutcome } from '../../server/pipelines/load-kind.ts'
import { jobSchema, kindOf, type Job } from '../../server/pipelines/load-kinds.ts'
import type { Session } from '../../server/warehouse/index.ts'

const ENGINE = join(import.meta.dirname, '..', '..', 'resources', 'warehouse')
export const RUN = '00000000-0000-7000-8000-000000000001'

/** Makes the engine's own tables, with one run that rejects may refer to. */
export async function createEngine(session: Session): Promise<void> {
  const files = (await readdir(ENGINE)).filter((file) => file.endsWith('.up.sql')).sort()
  await session.script('CREATE SCHEMA quintile')
  for (const file of files) await session.script(await readFile(join(ENGINE, file), 'utf8'))
  await session.script(`
    INSERT INTO quintile.runs (run_id, kind, status, request, started_by, machine, pid, code_version, pack_hash, started_at)
    VALUES ('${RUN}', 'pipeline', 'running', 'test', 'test', 'test', 1, 'test', '', now())`)
}

/** A job as its file would declare it. Throws what is wrong with it. */
export function parseDeclaration(declared: Record<string, unknown>): Job {
  return { ...jobSchema.parse(declared), name: 'by_hand', group: 'test', sql: '', file: 'jobs/test/by_hand.sql' }
}

/** Fills staging; the values are JSON, the types PostgreSQL's. */
export async function stage(session: Session, types: Record<string, string>, rows: readonly Record<string, unknown>[]): Promise<void> {
  const list = Object.entries(types).map(([name, type]) => `${name} ${type}`)
  const names = Object.keys(types).join(', ')
  await session.script(
    `CREATE TEMP TABLE staging (${[...list, 'staging_row bigint GENERATED ALWAYS AS IDENTITY'].join(', ')}) ON COMMIT DROP`,
  )
  await session.query(
    `INSERT INTO pg_temp.staging (${names}) SELECT ${names} FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (${list.join(', ')})) WITH ORDINALITY ORDER BY ordinality`,
    [JSON.stringify(rows)],
  )
}

export interface LoadedByHand extends LoadOutcome {
  filled: Filled | undefined
}

/** Lets the kind fill staging where it does so itself, then loads what stands there, to the end. */
export async function loadStaged(session: Session, job: Job, options: Partial<LoadContext<Job>> = {}): Promise<LoadedByHand> {
  const context: LoadContext<Job> = {
    ...{ session, job, runId: RUN, tracked: [], workspace: { folder: import.meta.dirname } },
    ...{ staged: 0, watermark: null, isReplay: false },
    ...{ extent: 'full', reload: false, rebuildHistory: false, dryRun: false },
    ...options,
  }
  const kind = kindOf(job)
  const filled = await kind.fill?.(context)
  const { rows } = await session.query<{ n: string }>('SELECT count(*)::text AS n FROM pg_temp.staging')
  const outcome = await kind.load({ ...context, staged: Number(rows[0]?.n) })
  await outcome.settle?.()
  return { ...outcome, filled }
}
