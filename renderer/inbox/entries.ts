/** Entries of the inbox as the screen shows them: one group per cause, with the links that lead to what they are about. Pure. */
import type { Notification } from '../../shared/notification.ts'

export interface CauseGroup {
  cause: string
  /** The newest of the cause. */
  head: Notification
  /** What the same cause was before, newest first. */
  earlier: Notification[]
  unread: string[]
}

/** One group per cause in the order of its newest entry. */
export function groupByCause(notifications: readonly Notification[]): CauseGroup[] {
  const groups = new Map<string, Notification[]>()
  for (const one of notifications) groups.set(one.cause, [...(groups.get(one.cause) ?? []), one])
  return [...groups].flatMap(([cause, all]) => {
    const [head, ...earlier] = all.toSorted((a, b) => b.last_at.localeCompare(a.last_at))
    const unread = all.filter(({ read_at }) => read_at === null).map(({ notification_id }) => notification_id)
    return head === undefined ? [] : [{ cause, head, earlier, unread }]
  })
}

/** `3 times since …`; null for what came once. `say` puts a stamp into words. */
export function timesWords({ count, first_at }: Pick<Notification, 'count' | 'first_at'>, say: (stamp: string) => string): string | null {
  return count > 1 ? `${count} times since ${say(first_at)}` : null
}

export interface Place {
  label: string
  to: string
}

type Subject = Pick<Notification, 'run_id' | 'schedule' | 'job' | 'check'>

/** Where to look, nearest first: the check in its run, the run, the job, the schedule. */
export function placesOf({ run_id, schedule, job, check }: Subject): Place[] {
  const run = run_id === null ? null : `/runs/${encodeURIComponent(run_id)}`
  return [
    ...(check === null || run === null ? [] : [{ label: `Check ${check}`, to: `${run}?tab=checks` }]),
    ...(run === null ? [] : [{ label: 'Run', to: run }]),
    ...(job === null ? [] : [{ label: `Job ${job}`, to: `/pipelines/${encodeURIComponent(job)}` }]),
    ...(schedule === null ? [] : [{ label: `Schedule ${schedule}`, to: `/schedules/${encodeURIComponent(schedule)}` }]),
  ]
}
