/** Where a job's rows come from: tables of the warehouse itself, another database that is only read, or a feed. */
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import {
  openPostgresSources,
  type Feed,
  type PostgresSources,
  type ReplicationFeed,
  type SourceConnection,
  type SourceMoment,
} from '../sources/index.ts'
import type { Job } from './load-kinds.ts'
import type { Origin } from './step.ts'

/** One source of the workspace. What keeps it from being read is thrown when a job reads, not before. */
export type JobSource =
  | { kind: 'imported'; label: string; tables: readonly string[] }
  /** Null: it may be missing, and it is. */
  | { kind: 'postgres'; label: string; connection(): Promise<SourceConnection | null> }
  | { kind: 'csv' | 'http'; label: string; open(): Promise<Feed> }
  | { kind: 'replication'; label: string; open(): Promise<ReplicationFeed> }

export type JobSources = Readonly<Record<string, JobSource>>

/** Refuses a job whose source nobody declared (it would read the warehouse instead), or a feed without a stream. Errors: `job.unknown-source`, `job.no-stream`. */
export function requireSources(jobs: Iterable<Job>, sources: JobSources): void {
  for (const { file, source, stream } of jobs) {
    if (source === undefined) continue
    const found = Object.hasOwn(sources, source) ? sources[source] : undefined
    if (found === undefined)
      throw mistake(
        'job.unknown-source',
        `${file} reads from “${source}”, which pack.yaml does not declare`,
        suggest(source, Object.keys(sources)),
      )
    if ('open' in found && stream === undefined)
      throw mistake(
        'job.no-stream',
        `${file} does not say what it reads from “${source}”`,
        'Add “stream”: a file pattern, an endpoint or a table.',
      )
  }
}

/** Sources as one run uses them: each feed is opened once, and all is closed with the run. */
export interface RunSources {
  /** A step's own way to its rows, and the tables of the warehouse that it reads; `close` ends it with the step. */
  originOf(job: Job): Promise<{ origin: Origin; tables: readonly string[]; close(): Promise<void> }>
  close(): Promise<void>
}

const NOTHING = (): Promise<void> => Promise.resolve()

/**
 * Opens nothing yet: each source is reached when the first job reads from it. All jobs of the run see one moment of it.
 * @param onNewMoment told when the moment was lost with its connection and another one had to be taken
 */
export function openRunSources(sources: JobSources, onNewMoment?: (source: string, moment: SourceMoment) => void): RunSources {
  const feeds = new Map<string, Promise<Feed>>()
  const databases = new Map<string, PostgresSources>()
  const databaseOf = (name: string, connection: SourceConnection): PostgresSources => {
    const database = databases.get(name) ?? openPostgresSources(connection, { onNewMoment: (moment) => onNewMoment?.(name, moment) })
    databases.set(name, database)
    return database
  }
  const feedOf = (name: string, open: () => Promise<Feed>): Promise<Feed> => {
    const feed = feeds.get(name) ?? open()
    feeds.set(name, feed)
    // What could not be opened is tried again by the next step.
    feed.catch(() => feeds.delete(name))
    return feed
  }
  return {
    originOf: async ({ source, stream = '' }) => {
      const found = source === undefined ? undefined : sources[source]
      if (source === undefined || found === undefined) return { origin: { kind: 'warehouse' }, tables: [], close: NOTHING }
      if (found.kind === 'imported') return { origin: { kind: 'warehouse' }, tables: found.tables, close: NOTHING }
      if ('open' in found)
        return { origin: { kind: 'feed', feed: await feedOf(source, found.open), source, stream }, tables: [], close: NOTHING }
      const connection = await found.connection()
      if (connection === null) return { origin: { kind: 'nothing', source }, tables: [], close: NOTHING }
      const reader = databaseOf(source, connection).reader()
      return { origin: { kind: 'database', reader }, tables: [], close: () => reader.close() }
    },
    close: async () => {
      for (const opened of [...feeds.values(), ...databases.values()])
        await Promise.resolve(opened)
          .then((one) => one.close())
          .catch(() => undefined)
    },
  }
}

/** Tables of the warehouse that imports fill: a run holds them, or lines that arrive between two steps would miss their dimensions. */
export function importedTables(sources: JobSources): string[] {
  return Object.values(sources).flatMap((source) => (source.kind === 'imported' ? source.tables : []))
}
