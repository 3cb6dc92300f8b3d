/** Which jobs a person wants to see. Pure. */
import type { GraphJob } from '../../shared/contract/pipelines.ts'

export interface JobFilter {
  text: string
  /** Empty: all. */
  group: string
  source: string
}

/** True when every typed word is in its name, kind, target, group or source. */
export function fitsFilter(
  job: Pick<GraphJob, 'job' | 'kind' | 'target' | 'group' | 'source'>,
  { text, group, source }: JobFilter,
): boolean {
  if (group !== '' && job.group !== group) return false
  if (source !== '' && job.source !== source) return false
  const about = `${job.job} ${job.kind} ${job.target} ${job.group} ${job.source ?? 'warehouse'}`.toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => about.includes(word))
}
