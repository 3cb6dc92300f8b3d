/**
 * The times at which a cron expression is due in a zone. One rule for daylight saving, the same in Paris as in New York:
 * a local time that does not exist (clocks go forward) is due at the first moment that does, so 02:30 and 02:45 are due
 * together, once, at 03:00; a local time that comes twice (clocks go back) is due the first time, unless the expression
 * names every hour of the day: that one goes on through both hours.
 *
 * node-cron leaves out the missing time altogether and, in the repeated hour, everything; cron-parser moves a missing time
 * by an hour and counts a repeated one twice when it looks back. `test/schedules/libraries.test.ts` shows both.
 */
import { Temporal } from 'temporal-polyfill'
import { mistake } from '../../shared/failure.ts'
import { nearest } from '../../shared/nearest.ts'
import type { Cron } from './cron.ts'

export interface Slot {
  /** Milliseconds since 1970, UTC. */
  at: number
  /** `shifted`: its local time does not exist. `repeated`: its local time comes twice, this is the first. */
  kind: 'plain' | 'shifted' | 'repeated'
  /** Local time that the expression names, e.g. “02:30”. */
  local: string
}

const MINUTE = 60_000
const DAY = 86_400_000
/** 29 February on a given weekday comes every 28 years, 40 across a century without a leap day. */
const DAYS_AHEAD = 41 * 366

const two = (value: number): string => String(value).padStart(2, '0')

/** Refuses what is no IANA zone. Errors: `schedule.bad-zone` with the nearest. */
export function requireZone(zone: string): void {
  try {
    if (!/^[A-Za-z]/.test(zone)) throw new RangeError('an offset is no zone')
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    const close = nearest(zone, ['UTC', ...Intl.supportedValuesOf('timeZone')])
    throw mistake(
      'schedule.bad-zone',
      `“${zone}” is no time zone`,
      close === undefined ? 'Use an IANA name such as Europe/Paris, or UTC.' : `Did you mean “${close}”?`,
    )
  }
}

function isDay({ days, months, weekdays, eitherDay }: Cron, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false
  const byDay = days.has(date.getUTCDate())
  const byWeekday = weekdays.has(date.getUTCDay())
  return eitherDay ? byDay || byWeekday : byDay && byWeekday
}

/** The slots of one local date, given as midnight UTC of that date. Sorted. */
function slotsOfDay(cron: Cron, zone: string, date: Date): Slot[] {
  const plain = Temporal.PlainDate.from({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() })
  const start = plain.toZonedDateTime(zone).epochMilliseconds
  const ordinary = plain.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds - start === DAY
  const slots = cron.hours.flatMap((hour) =>
    cron.minutes.flatMap((minute): Slot[] => {
      const local = `${two(hour)}:${two(minute)}`
      if (ordinary) return [{ at: start + (hour * 60 + minute) * MINUTE, kind: 'plain', local }]
      return slotsOfChangingDay(cron, { zone, local, at: plain.toPlainDateTime({ hour, minute }) })
    }),
  )
  return ordinary ? slots : slots.sort((a, b) => a.at - b.at)
}

function slotsOfChangingDay(cron: Cron, { zone, local, at }: { zone: string; local: string; at: Temporal.PlainDateTime }): Slot[] {
  const first = at.toZonedDateTime(zone, { disambiguation: 'earlier' })
  const second = at.toZonedDateTime(zone, { disambiguation: 'later' })
  if (first.equals(second)) return [{ at: first.epochMilliseconds, kind: 'plain', local }]
  if (!first.toPlainDateTime().equals(at)) {
    const shift = first.getTimeZoneTransition('next') ?? second
    return [{ at: shift.epochMilliseconds, kind: 'shifted', local }]
  }
  const both = cron.everyHour ? [first, second] : [first]
  return both.map((one) => ({ at: one.epochMilliseconds, kind: cron.everyHour ? 'plain' : 'repeated', local }))
}

/** Every slot after `after`, in order, each moment once. Ends where no day of the coming 41 years fits. */
function* slotsAfter(cron: Cron, zone: string, after: number): Generator<Slot> {
  const local = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(zone)
  const from = Date.UTC(local.year, local.month - 1, local.day)
  let last = after
  let empty = 0
  for (let day = from; empty < DAYS_AHEAD; day += DAY) {
    const date = new Date(day)
    empty += 1
    if (!isDay(cron, date)) continue
    for (const slot of slotsOfDay(cron, zone, date)) {
      if (slot.at <= last) continue
      empty = 0
      last = slot.at
      yield slot
    }
  }
}

/** The next `count` slots after a moment (milliseconds). */
export function nextSlots(cron: Cron, zone: string, { after, count }: { after: number; count: number }): Slot[] {
  const found: Slot[] = []
  for (const slot of slotsAfter(cron, zone, after)) {
    found.push(slot)
    if (found.length >= count) break
  }
  return found
}

/** Slots after one moment and up to and with another, oldest first. */
export function slotsBetween(cron: Cron, zone: string, { after, until }: { after: number; until: number }): number[] {
  const found: number[] = []
  for (const { at } of slotsAfter(cron, zone, after)) {
    if (at > until) break
    found.push(at)
  }
  return found
}
