/** When a message may go: digests and quiet hours, in the zone that the channel names. */
import type { Channel } from '../../../shared/notification.ts'
import { durationMilliseconds } from '../../../shared/schedule.ts'
import { parseCron } from '../cron.ts'
import { nextSlots } from '../slots.ts'

function nextTimeOfDay(time: string, zone: string, after: number): number {
  const [hour = '', minute = ''] = time.split(':')
  const [slot] = nextSlots(parseCron(`${String(Number(minute))} ${String(Number(hour))} * * *`), zone, { after, count: 1 })
  return slot?.at ?? after
}

/** The end of the quiet hours that the moment lies in; null outside of them. */
export function quietUntil({ quiet_hours }: Channel, now: number): number | null {
  if (quiet_hours === undefined || quiet_hours.from === quiet_hours.to) return null
  const begins = nextTimeOfDay(quiet_hours.from, quiet_hours.zone, now)
  const ends = nextTimeOfDay(quiet_hours.to, quiet_hours.zone, now)
  // Inside, the end comes before the next beginning; the first moment counts as inside, the last as outside.
  return ends < begins ? ends : null
}

/** When the channel’s next digest is due; `after` itself where it sends at once. */
export function digestAt({ digest }: Channel, after: number): number {
  if (digest?.daily_at !== undefined) return nextTimeOfDay(digest.daily_at, digest.zone, after)
  if (digest?.every === undefined) return after
  // Counted from midnight UTC of 1970, so that all machines collect for the same moment.
  const every = durationMilliseconds(digest.every)
  return (Math.floor(after / every) + 1) * every
}
