/** A schedule as a person would say it: “every day at 02:00 Europe/Paris; next Sat 22 Nov 02:00 (01:00 UTC)”. */
import cronstrue from 'cronstrue'
import type { NextTick } from '../../shared/schedule.ts'
import { toIso } from '../../shared/time.ts'
import type { Cron } from './cron.ts'
import type { Slot } from './slots.ts'

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
/** More times of day than this are said by their pattern. */
const TIMES_NAMED = 4

/** “a, b and c”. */
export function sayList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

const two = (value: number): string => String(value).padStart(2, '0')

function sayDays({ days, months, weekdays, eitherDay }: Cron): string | undefined {
  if (months.size < 12 || eitherDay) return undefined
  const named = [...weekdays]
  if (days.size === 31 && named.length === 7) return 'every day'
  if (days.size === 31)
    return named.join() === '1,2,3,4,5' ? 'Monday to Friday' : `every ${sayList(named.map((day) => WEEKDAYS[day] ?? ''))}`
  return days.size <= TIMES_NAMED ? `on day ${sayList([...days].map(String))} of every month` : undefined
}

function sayPattern(cron: Cron): string | undefined {
  const { minutes, hours, everyHour } = cron
  const days = sayDays(cron)
  const [minute = 0] = minutes
  if (days === undefined || minutes.length > 1) return undefined
  const where = days === 'every day' ? '' : `, ${days}`
  if (everyHour) return `${minute === 0 ? 'every hour' : `every hour at ${String(minute)} minutes past`}${where}`
  if (hours.length > TIMES_NAMED) return undefined
  return `${days} at ${sayList(hours.map((hour) => `${two(hour)}:${two(minute)}`))}`
}

/** When, without the zone: the usual patterns in our words, others as cronstrue puts them. */
export function sayCron(cron: Cron): string {
  const known = sayPattern(cron)
  if (known !== undefined) return known
  const text = cronstrue.toString(cron.expression, { use24HourTimeFormat: true, locale: 'en' })
  return text.charAt(0).toLowerCase() + text.slice(1)
}

type Parts = Partial<Record<Intl.DateTimeFormatPartTypes, string>>

function partsIn(zone: string, at: number): Parts {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
}

const clock = ({ hour = '', minute = '' }: Parts): string => `${hour}:${minute}`

/** A moment in its zone, with UTC behind it where that differs; the year only where it is not this one. */
export function sayMoment(at: number, { zone, now }: { zone: string; now: number }): string {
  const local = partsIn(zone, at)
  const utc = partsIn('UTC', at)
  const { weekday = '', day = '', month = '', year = '' } = local
  const date = `${weekday} ${day} ${month}${year === partsIn(zone, now).year ? '' : ` ${year}`}`
  if (zone === 'UTC') return `${date} ${clock(utc)} UTC`
  const behind = utc.day === day ? clock(utc) : `${utc.weekday ?? ''} ${clock(utc)}`
  return `${date} ${clock(local)} (${behind} UTC)`
}

/** A coming slot for the screen. */
export function toNextTick(slot: Slot, place: { zone: string; now: number }): NextTick {
  const notes = {
    plain: null,
    shifted: `clocks go forward: ${slot.local} does not exist that day, so it runs at the first moment that does`,
    repeated: `clocks go back: ${slot.local} comes twice that day, it runs the first time`,
  }
  return { at: toIso(slot.at), words: sayMoment(slot.at, place), note: notes[slot.kind] }
}

/** The whole sentence. */
export function saySchedule(cron: Cron, next: readonly NextTick[], zone: string): string {
  const [first] = next
  const when = sayCron(cron)
  // Behind a time of day the zone stands bare, as in “02:00 Europe/Paris”.
  return `${when}${/\d$/.test(when) ? '' : ','} ${zone}; ${first === undefined ? 'never due' : `next ${first.words}`}`
}

const UNITS = [
  { name: 'day', milliseconds: 86_400_000 },
  { name: 'hour', milliseconds: 3_600_000 },
  { name: 'minute', milliseconds: 60_000 },
]

/** A length of time in its largest whole unit: “3 days”, “2 hours”, “less than a minute”. */
export function sayDuration(milliseconds: number): string {
  const unit = UNITS.find((one) => milliseconds >= one.milliseconds)
  if (unit === undefined) return 'less than a minute'
  const count = Math.floor(milliseconds / unit.milliseconds)
  return `${String(count)} ${unit.name}${count === 1 ? '' : 's'}`
}

/** “1 tick”, “3 ticks”. */
export function sayCount(count: number, word: string): string {
  return `${new Intl.NumberFormat('en-US').format(count)} ${word}${count === 1 ? '' : 's'}`
}
