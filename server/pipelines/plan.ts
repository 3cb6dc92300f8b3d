/** Plan: declarations + what has been loaded + the request → steps in order. Pure; it touches nothing. */
import { mistake } from '../../shared/failure.ts'
import { topologicalOrder } from '../../shared/graph.ts'
import { suggest } from '../../shared/nearest.ts'
import type { JobCatalogue } from './catalogue.ts'
import type { Job } from './declaration.ts'

export interface PlannedStep {
  job: Job
  position: number
  /** Needs inside this plan; the others are satisfied by an earlier success. */
  after: readonly string[]
}

export interface Plan {
  steps: readonly PlannedStep[]
}

export interface PlanRequest {
  /** `all`, groups and jobs, mixed. */
  jobs: readonly string[]
}

/**
 * Errors: `plan.unknown-job` with the nearest name; `plan.missing-need` when a need is neither requested nor loaded.
 * @param loaded jobs that have succeeded before
 */
export function planRun(catalogue: JobCatalogue, request: PlanRequest, loaded: ReadonlySet<string>): Plan {
  const chosen = chooseJobs(catalogue, request.jobs)
  for (const job of chosen) {
    const missing = job.needs.find((need) => !chosen.some((other) => other.name === need) && !loaded.has(need))
    if (missing !== undefined) {
      throw mistake(
        'plan.missing-need',
        `“${job.name}” needs “${missing}”, which has never been loaded and is not in this run`,
        `Add it: --jobs ${[missing, ...request.jobs].join(' ')}`,
      )
    }
  }
  const byName = new Map(chosen.map((job) => [job.name, job]))
  const order = topologicalOrder(new Map(chosen.map((job) => [job.name, job.needs])))
  const steps = order.flatMap((name, position) => {
    const job = byName.get(name)
    return job === undefined ? [] : [{ job, position, after: job.needs.filter((need) => byName.has(need)) }]
  })
  return { steps }
}

function chooseJobs(catalogue: JobCatalogue, words: readonly string[]): Job[] {
  const all = [...catalogue.jobs.values()]
  if (all.length === 0)
    throw mistake('plan.no-jobs', 'This workspace has no jobs', 'Add a file under jobs/<group>/, or create the workspace from a pack.')
  const chosen = new Set<Job>()
  for (const word of words) {
    const found = word === 'all' ? all : all.filter((job) => job.group === word || job.name === word)
    if (found.length === 0) {
      throw mistake(
        'plan.unknown-job',
        `There is no job or group “${word}”`,
        suggest(word, ['all', ...catalogue.groups, ...catalogue.jobs.keys()]),
      )
    }
    found.forEach((job) => chosen.add(job))
  }
  return [...chosen]
}
