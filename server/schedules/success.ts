import { toIso } from '../../shared/time.ts'
import type { Warehouse } from '../warehouse/index.ts'

/** Which runs do the same as the schedule would. */
export interface SameRun {
  /** Its own runs count beside those of persons; runs of other schedules never do. */
  schedule: string | null
  /** With `full_reload` only a run that read everything again counts, with `since` none. */
  arguments: { full_reload?: boolean | undefined; since?: string | undefined }
}

const LATEST = `
  SELECT step.job, step.run_id::text, extract(epoch FROM step.started_at)::float8 * 1000 AS started_at
  FROM unnest($1::text[]) AS wanted(name) CROSS JOIN LATERAL (
    SELECT s.job, s.run_id, r.started_at FROM quintile.run_steps s JOIN quintile.runs r USING (run_id)
    WHERE s.job = wanted.name AND s.status IN ('succeeded', 'warning') AND (r.schedule IS NULL OR r.schedule = $2)
      AND (NOT $3 OR r.arguments->'full_reload' = 'true'::jsonb)
    ORDER BY s.started_at DESC NULLS LAST LIMIT 1) step`

/**
 * Since when all of these jobs have succeeded: of their last successful steps, the run that began first. Null when one never
 * did. A run counts from its own beginning, so that nothing it read is older.
 */
export async function latestSuccess(
  warehouse: Warehouse,
  jobs: readonly string[],
  { schedule, arguments: options }: SameRun = { schedule: null, arguments: {} },
): Promise<{ run_id: string; started_at: string } | null> {
  if (options.since !== undefined) return null
  const { rows } = await warehouse.query<{ job: string; run_id: string; started_at: number }>(LATEST, [
    jobs,
    schedule,
    options.full_reload === true,
  ])
  const found = new Set(rows.map(({ job }) => job))
  const [first] = rows.toSorted((a, b) => a.started_at - b.started_at)
  if (first === undefined || jobs.some((job) => !found.has(job))) return null
  return { run_id: first.run_id, started_at: toIso(first.started_at) }
}
