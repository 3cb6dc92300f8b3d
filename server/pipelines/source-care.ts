/** What people ask of the sources themselves: where they are, whether they can be read, what their replication slots hold back. */
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { checkPostgresSource, type ReplicationFeed, type SlotReport, type SourceCheck } from '../sources/index.ts'
import type { JobCatalogue } from './catalogue.ts'
import type { JobSource, JobSources } from './job-sources.ts'

/** A source with the jobs that read it. */
export interface ListedSource {
  source: string
  kind: JobSource['kind']
  where: string
  jobs: string[]
}

/** Opens nothing before it is asked. Errors of the calls: `source.unknown`, `source.no-slots`, and those of the source. */
export function openSourceCare(sources: JobSources, catalogue: () => Promise<JobCatalogue>) {
  const find = (name: string): JobSource => {
    const found = Object.hasOwn(sources, name) ? sources[name] : undefined
    if (found === undefined) throw mistake('source.unknown', `There is no source “${name}”`, suggest(name, Object.keys(sources)))
    return found
  }
  const withSlots = async <T>(name: string, work: (feed: ReplicationFeed) => Promise<T>): Promise<T> => {
    const source = find(name)
    if (source.kind !== 'replication')
      throw mistake(
        'source.no-slots',
        `“${name}” is a ${source.kind} source and has no replication slot`,
        '“quintile sources list” shows the kinds.',
      )
    const feed = await source.open()
    return work(feed).finally(() => feed.close())
  }
  return {
    list: async (): Promise<ListedSource[]> => {
      const jobs = [...(await catalogue()).jobs.values()]
      return Object.entries(sources).map(([source, { kind, label }]) => ({
        ...{ source, kind, where: label },
        jobs: jobs.filter((job) => job.source === source).map((job) => job.name),
      }))
    },
    slots: (name: string): Promise<SlotReport> => withSlots(name, (feed) => feed.slots()),
    dropSlot: (name: string): Promise<void> => withSlots(name, (feed) => feed.dropSlot()),
    /** Step by step; a source of files or an API tells what is wrong when it is read. */
    check: async (name: string): Promise<SourceCheck[]> => {
      const source = find(name)
      const connection = source.kind === 'postgres' ? await source.connection() : null
      if (connection !== null) return checkPostgresSource(connection)
      if (source.kind === 'postgres')
        return [{ step: source.kind, ok: true, detail: `${source.label}: not connected; jobs that read it load nothing`, hint: null }]
      if (source.kind === 'replication') return withSlots(name, (feed) => feed.check())
      return [{ step: source.kind, ok: true, detail: `${source.label}: is read when a job runs`, hint: null }]
    },
  }
}
