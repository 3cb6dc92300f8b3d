/** The jobs as people look at them: needs, state of the last step, freshness of the target, who runs them now. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mistake } from '../../shared/failure.ts'
import type { GraphJob, PipelineGraph } from '../../shared/contract/pipelines.ts'
import { suggest } from '../../shared/nearest.ts'
import type { Warehouse } from '../warehouse/index.ts'
import type { JobCatalogue } from './catalogue.ts'
import type { JobSources } from './job-sources.ts'
import type { Job } from './load-kinds.ts'

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`

/** One statement for all jobs: a page that asks once per job would take a second on a distant warehouse. */
const STATES = `
  SELECT j.job, coalesce(s.status, 'never') AS status, s.run_id::text AS last_run_id, to_char(s.ended_at, ${ISO}) AS last_ended_at,
    extract(epoch FROM s.ended_at - s.started_at)::float8 AS last_seconds, t.row_count::float8 AS rows, to_char(t.data_as_of, ${ISO}) AS data_as_of,
    st.watermark, coalesce(r.open, 0)::int AS open_rejects,
    (SELECT l.user_name || ' on ' || l.machine FROM quintile.leases l WHERE l.job = j.job) AS held_by
  FROM unnest($1::text[], $2::text[]) AS j(job, target)
  LEFT JOIN LATERAL (SELECT * FROM quintile.run_steps WHERE job = j.job ORDER BY step_id DESC LIMIT 1) s ON true
  LEFT JOIN quintile.targets t ON t.target = j.target
  LEFT JOIN quintile.job_state st ON st.job = j.job
  LEFT JOIN (SELECT job, count(*) AS open FROM quintile.rejects WHERE replayed_at IS NULL GROUP BY job) r ON r.job = j.job`

type State = Omit<GraphJob, 'group' | 'kind' | 'source' | 'target' | 'needs'>

/** The whole graph as it stands in the warehouse. */
export async function readGraph(warehouse: Warehouse, catalogue: JobCatalogue, sources: JobSources): Promise<PipelineGraph> {
  const jobs = [...catalogue.jobs.values()]
  const { rows } = await warehouse.query<State>(STATES, [jobs.map((job) => job.name), jobs.map((job) => job.target)])
  const states = new Map(rows.map((row) => [row.job, row]))
  return {
    groups: [...catalogue.groups],
    jobs: jobs.flatMap((job) => {
      const state = states.get(job.name)
      return state === undefined ? [] : [describe(job, state)]
    }),
    sources: Object.entries(sources).map(([source, { kind, label }]) => ({ source, kind, label })),
  }
}

function describe({ group, kind, source, target, needs }: Job, state: State): GraphJob {
  return { ...state, group, kind, source: source ?? null, target, needs: [...needs] }
}

/** One job with its file. Errors: `job.unknown`. */
export async function readJob(
  warehouse: Warehouse,
  catalogue: JobCatalogue,
  { folder, name }: { folder: string; name: string },
): Promise<GraphJob & { file: string; definition: string }> {
  const job = catalogue.jobs.get(name)
  if (job === undefined) throw mistake('job.unknown', `There is no job “${name}”`, suggest(name, [...catalogue.jobs.keys()]))
  const { rows } = await warehouse.query<State>(STATES, [[job.name], [job.target]])
  const state = rows[0]
  if (state === undefined) throw new Error(`no state of ${name}`)
  return { ...describe(job, state), file: job.file, definition: await readFile(join(folder, job.file), 'utf8') }
}
