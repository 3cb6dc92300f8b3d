/** Which jobs a request means: words, `+` before and behind, exclusions, a source. Pure. */
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import type { JobCatalogue } from './catalogue.ts'
import type { Job } from './load-kinds.ts'

export interface Selection {
  /** `all`, groups and jobs, mixed; `+` before a word adds what it needs, behind it what needs it. */
  jobs: readonly string[]
  exclude: readonly string[]
  source: string | null
}

/** The chosen jobs by name, each with the word that chose it. Errors: `plan.no-jobs`, `plan.unknown-job`, `plan.unknown-source`, `plan.nothing-chosen`. */
export function chooseJobs(catalogue: JobCatalogue, { jobs, exclude, source }: Selection): Map<string, string> {
  if (catalogue.jobs.size === 0)
    throw mistake('plan.no-jobs', 'This workspace has no jobs', 'Add a file under jobs/<group>/, or create the workspace from a pack.')
  const chosen = new Map<string, string>()
  for (const word of jobs) for (const name of meaningOf(catalogue, word)) if (!chosen.has(name)) chosen.set(name, word)
  for (const word of exclude) for (const name of meaningOf(catalogue, word)) chosen.delete(name)
  if (source !== null) keepSource(catalogue, chosen, source)
  if (chosen.size === 0)
    throw mistake(
      'plan.nothing-chosen',
      'The selection leaves no job',
      'Ask for more, exclude less, or look at “quintile plan --jobs all”.',
    )
  return chosen
}

function keepSource(catalogue: JobCatalogue, chosen: Map<string, string>, source: string): void {
  const sources = [...new Set([...catalogue.jobs.values()].flatMap((job) => job.source ?? []))]
  if (!sources.includes(source)) throw mistake('plan.unknown-source', `No job reads from “${source}”`, suggest(source, sources))
  for (const name of chosen.keys()) if (catalogue.jobs.get(name)?.source !== source) chosen.delete(name)
}

function meaningOf(catalogue: JobCatalogue, word: string): string[] {
  const core = word.replace(/^\+|\+$/g, '')
  const all = [...catalogue.jobs.values()]
  const named = core === 'all' ? all : all.filter((job) => job.group === core || job.name === core)
  if (named.length === 0) {
    throw mistake(
      'plan.unknown-job',
      `There is no job or group “${core}”`,
      suggest(core, ['all', ...catalogue.groups, ...catalogue.jobs.keys()]),
    )
  }
  const found = new Set(named.map((job) => job.name))
  if (word.startsWith('+')) for (const name of reach(found, (job) => job.needs, catalogue)) found.add(name)
  // `job+` reaches from what was named, not from what `+job` added: everything that needs an ancestor would be nearly all.
  const start = new Set(named.map((job) => job.name))
  if (word.endsWith('+')) for (const name of reach(start, (job) => neededBy(catalogue, job.name), catalogue)) found.add(name)
  return [...found]
}

function neededBy(catalogue: JobCatalogue, name: string): string[] {
  return [...catalogue.jobs.values()].filter((job) => job.needs.includes(name)).map((job) => job.name)
}

/** All that can be reached from the names, themselves included. */
function reach(from: ReadonlySet<string>, next: (job: Job) => readonly string[], { jobs }: JobCatalogue): Set<string> {
  const reached = new Set(from)
  // A Set is walked in order of insertion, those added on the way too.
  for (const name of reached) {
    const job = jobs.get(name)
    if (job !== undefined) next(job).forEach((other) => reached.add(other))
  }
  return reached
}
