/** Whether what a job last made is older than what it is made from, and why. Pure. */
import type { GraphJob } from '../../shared/contract/pipelines.ts'

type Ran = Pick<GraphJob, 'job' | 'status' | 'last_ended_at'> & { needs: readonly string[] }

const SUCCEEDED = new Set<GraphJob['status']>(['succeeded', 'warning'])

/** A sentence, or null where the target is as new as its needs. A job that runs or never ran is not stale: its status says it. */
export function staleReason(job: Ran, jobs: readonly Ran[]): string | null {
  if (job.status === 'running' || job.status === 'queued' || job.status === 'never') return null
  if (job.status === 'failed') return 'Its last step failed: the target holds what was loaded before.'
  if (job.status === 'cancelled') return 'Its last step was cancelled: the target holds what was loaded before.'
  if (job.status === 'skipped') return 'Its last step was skipped: the target holds what was loaded before.'
  const newer = jobs.filter(
    (need) =>
      job.needs.includes(need.job) &&
      SUCCEEDED.has(need.status) &&
      need.last_ended_at !== null &&
      job.last_ended_at !== null &&
      Date.parse(need.last_ended_at) > Date.parse(job.last_ended_at),
  )
  if (newer.length === 0) return null
  return `${newer.map((need) => need.job).join(' and ')} ${newer.length === 1 ? 'was' : 'were'} loaded after it.`
}
