/** Plan: declarations + what has been loaded + the request → steps in order. Pure; it touches nothing. */
import { mistake } from '../../shared/failure.ts'
import { topologicalOrder } from '../../shared/graph.ts'
import type { PlanAnswer, PlanStep, RunOptions } from '../../shared/plan.ts'
import { waitsFor, type JobCatalogue } from './catalogue.ts'
import type { Job } from './load-kinds.ts'
import { chooseJobs } from './selection.ts'

export interface PlannedStep {
  job: Job
  position: number
  /** Needs inside this plan; the others are satisfied by an earlier success. */
  after: readonly string[]
  /** Jobs of this plan that end before it begins, though it goes on without them. */
  behind: readonly string[]
  /** The word of the request that chose it. */
  because: string
  watermark: string | null
}

export interface Plan {
  steps: readonly PlannedStep[]
  /** Needs outside the plan, each with its last success. */
  satisfied: readonly { job: string; succeeded_at: string }[]
  options: RunOptions
}

/** What the run book says of a job that has succeeded before. */
export interface LoadedJob {
  /** ISO 8601, UTC. */
  succeeded_at: string
  watermark: string | null
}

/**
 * Errors: those of the selection; `plan.missing-need` when a need is neither requested nor loaded;
 * `plan.contradiction` when options exclude each other.
 * @param loaded jobs that have succeeded before
 */
export function planRun(catalogue: JobCatalogue, options: RunOptions, loaded: ReadonlyMap<string, LoadedJob>): Plan {
  refuseContradictions(options)
  const chosen = chooseJobs(catalogue, options)
  const jobs = [...chosen.keys()].flatMap((name) => catalogue.jobs.get(name) ?? [])
  for (const job of jobs) requireNeeds(job, { chosen, loaded, options })
  const order = topologicalOrder(new Map(jobs.map((job) => [job.name, waitsFor(job)])))
  const steps = order.flatMap((name, position): PlannedStep[] => {
    const job = catalogue.jobs.get(name)
    if (job === undefined) return []
    const after = job.needs.filter((need) => chosen.has(need))
    const behind = (job.after ?? []).filter((other) => chosen.has(other))
    return [{ job, position, after, behind, because: chosen.get(name) ?? name, watermark: loaded.get(name)?.watermark ?? null }]
  })
  const outside = [...new Set(jobs.flatMap((job) => job.needs))].filter((need) => !chosen.has(need)).sort()
  const satisfied = outside.map((job) => ({ job, succeeded_at: loaded.get(job)?.succeeded_at ?? '' }))
  return { steps, satisfied, options }
}

function refuseContradictions({ full_reload, rebuild_history, since }: RunOptions): void {
  if (rebuild_history && !full_reload)
    throw mistake('plan.contradiction', '--rebuild-history makes sense only with a full reload', 'Add --full-reload.')
  if (full_reload && since !== null)
    throw mistake('plan.contradiction', '--since reads a part, --full-reload everything', 'Leave one of them out.')
}

interface Known {
  chosen: ReadonlyMap<string, string>
  loaded: ReadonlyMap<string, LoadedJob>
  options: RunOptions
}

function requireNeeds(job: Job, { chosen, loaded, options }: Known): void {
  const missing = job.needs.filter((need) => !chosen.has(need) && !loaded.has(need))
  if (missing.length === 0) return
  throw mistake('plan.missing-need', `“${job.name}” needs “${missing.join('”, “')}”, which has never been loaded and is not in this run`, {
    hint: `Add it: --jobs ${[...missing, ...options.jobs].join(' ')}, or everything that it needs: --jobs +${job.name}`,
    details: { job: job.name, missing },
  })
}

/** The plan in the words of the contract. */
export function describePlan({ steps, satisfied, options }: Plan): PlanAnswer {
  const described = steps.map((step): PlanStep => {
    const { job, position, after, because, watermark } = step
    const reads = readsWhat(step, options)
    const { name, group, kind, source = null, target } = job
    return { job: name, group, kind, source, target, position, after: [...after], because, watermark, reads }
  })
  return { steps: described, satisfied: [...satisfied], mermaid: toMermaid(described) }
}

function readsWhat({ job, watermark }: PlannedStep, { full_reload, since }: RunOptions): PlanStep['reads'] {
  if (since !== null && job.sql.includes(':since')) return 'since the given stamp'
  return full_reload || watermark === null ? 'everything' : 'since the watermark'
}

/** A Mermaid flowchart: one box per step, groups as subgraphs, an arrow from each need. */
function toMermaid(steps: readonly PlanStep[]): string {
  const groups = [...new Set(steps.map((step) => step.group))]
  const boxes = groups.flatMap((group) => [
    `  subgraph ${group}`,
    ...steps.filter((step) => step.group === group).map((step) => `    ${step.job}["${step.job} (${step.kind})"]`),
    '  end',
  ])
  const arrows = steps.flatMap((step) => step.after.map((need) => `  ${need} --> ${step.job}`))
  return ['flowchart LR', ...boxes, ...arrows].join('\n')
}
