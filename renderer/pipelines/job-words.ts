/** A job of the graph in words, for those who hear it. Pure. */
import type { GraphJob } from '../../shared/contract/pipelines.ts'
import { formatCount, formatDuration, formatRelative } from '../kit/format.ts'

/** How a job stands in the choice: asked for by a word of its own, brought along by another, taken out. */
export type Choice = 'asked' | 'included' | 'excluded' | null

const CHOICES: Record<Exclude<Choice, null>, string> = {
  asked: 'chosen',
  included: 'in the plan because another needs it or by its group',
  excluded: 'left out',
}

const STATUS_WORDS: Partial<Record<GraphJob['status'], string>> = { never: 'never run' }

export function jobSentence(job: GraphJob, { choice, stale, now }: { choice: Choice; stale: string | null; now: Date }): string {
  const status = STATUS_WORDS[job.status] ?? job.status
  return [
    `${job.job}, ${job.kind} in ${job.group}`,
    job.last_ended_at === null ? status : `${status} ${formatRelative(job.last_ended_at, now)} in ${formatDuration(job.last_seconds)}`,
    job.rows === null ? '' : `${formatCount(job.rows)} rows`,
    job.data_as_of === null ? '' : `data as of ${formatRelative(job.data_as_of, now)}`,
    stale === null ? '' : `stale: ${stale}`,
    job.open_rejects === 0 ? '' : `${formatCount(job.open_rejects)} open rejects`,
    job.held_by === null ? '' : `held by ${job.held_by}`,
    job.needs.length === 0 ? 'needs nothing' : `needs ${job.needs.join(', ')}`,
    choice === null ? '' : CHOICES[choice],
  ]
    .filter((part) => part !== '')
    .join('; ')
}

/** Each job's place in the choice. */
export function choiceOf(
  job: string,
  { asked, chosen, exclude }: { asked: ReadonlySet<string>; chosen: ReadonlySet<string>; exclude: readonly string[] },
): Choice {
  if (chosen.has(job)) return asked.has(job) ? 'asked' : 'included'
  return exclude.includes(job) ? 'excluded' : null
}
