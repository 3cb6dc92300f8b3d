/** Where a job's rows come from: tables of the warehouse itself, or another database that is only read. */
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { openPostgresSource, type SourceConnection, type SourceReader } from '../sources/index.ts'
import type { Job } from './declaration.ts'

/** One source of the workspace. `connection` is asked when a job reads, and may throw what keeps it from being known. */
export type JobSource = { tables: readonly string[] } | { connection(): SourceConnection }

export type JobSources = Readonly<Record<string, JobSource>>

/** Refuses a job whose source nobody declared: it would read the warehouse instead. Errors: `job.unknown-source`. */
export function requireSources(jobs: Iterable<Job>, sources: JobSources): void {
  for (const { file, source } of jobs) {
    if (source !== undefined && !Object.hasOwn(sources, source))
      throw mistake(
        'job.unknown-source',
        `${file} reads from “${source}”, which pack.yaml does not declare`,
        suggest(source, Object.keys(sources)),
      )
  }
}

/** The reader of a job's source, to be closed by the caller, or undefined when its tables lie in the warehouse; and those tables. */
export function sourceOf({ source }: Job, sources: JobSources): { reader: SourceReader | undefined; tables: readonly string[] } {
  const found = source === undefined ? undefined : sources[source]
  if (found === undefined) return { reader: undefined, tables: [] }
  return 'tables' in found ? { reader: undefined, tables: found.tables } : { reader: openPostgresSource(found.connection()), tables: [] }
}
