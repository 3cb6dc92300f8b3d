/** All jobs of a workspace: one file each under `jobs/<group>/`. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mistake } from '../../shared/failure.ts'
import { findCycle } from '../../shared/graph.ts'
import { suggest } from '../../shared/nearest.ts'
import { parseJob } from './declaration.ts'
import type { Job } from './load-kinds.ts'

export interface JobCatalogue {
  jobs: ReadonlyMap<string, Job>
  groups: readonly string[]
  /** Digest of every job file: the run book's `pack_hash`. */
  hash: string
}

/** Reads the folder. Errors: a bad file, an unknown need, a cycle, a name used twice; each says where. */
export async function readCatalogue(folder: string): Promise<JobCatalogue> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const groups = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  const jobs = new Map<string, Job>()
  const digest = createHash('sha256')
  for (const group of groups) {
    const files = (await readdir(join(folder, group))).filter((file) => file.endsWith('.sql')).sort()
    for (const file of files) {
      const text = await readFile(join(folder, group, file), 'utf8')
      const job = parseJob({ file: `jobs/${group}/${file}`, name: file.slice(0, -4), group, text })
      const twin = jobs.get(job.name)
      if (twin !== undefined)
        throw mistake('job.name-twice', `${job.file} and ${twin.file} are both called ${job.name}`, 'Rename one of them.')
      jobs.set(job.name, job)
      digest.update(`${job.file}\0${text}\0`)
    }
  }
  checkNeeds(jobs)
  return { jobs, groups, hash: digest.digest('hex').slice(0, 16) }
}

/** Every job that goes before this one in a run that has both. */
export function waitsFor({ needs, after = [] }: Pick<Job, 'needs' | 'after'>): string[] {
  return [...needs, ...after]
}

function checkNeeds(jobs: ReadonlyMap<string, Job>): void {
  for (const job of jobs.values()) {
    for (const need of waitsFor(job)) {
      if (!jobs.has(need))
        throw mistake('job.unknown-need', `${job.file} needs “${need}”, which does not exist`, suggest(need, [...jobs.keys()]))
    }
  }
  const cycle = findCycle(new Map([...jobs].map(([name, job]) => [name, waitsFor(job)])))
  if (cycle !== undefined)
    throw mistake('job.cycle', `The jobs need each other in a circle: ${cycle.join(' → ')}`, 'Remove one of these needs.')
}

/**
 * Every column that makes a version in a history target, over all jobs that feed it: the hash covers them all, and a
 * job that supplies only some carries the others over.
 */
export function trackedColumns(jobs: Iterable<Job>, target: string): string[] {
  const columns = new Set<string>()
  for (const job of jobs) {
    if (job.kind === 'history' && job.target === target) job.track.forEach((name) => columns.add(name))
    if (job.kind === 'rfm' && job.dimension?.target === target) job.dimension.track.forEach((name) => columns.add(name))
  }
  return [...columns].sort()
}
