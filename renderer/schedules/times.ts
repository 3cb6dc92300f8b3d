/** Moments of a schedule: on the clock of its zone, and on the clock of whoever looks. Pure. */

/** The zone of whoever looks. */
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone

type Parts = Partial<Record<Intl.DateTimeFormatPartTypes, string>>

const formats = new Map<string, Intl.DateTimeFormat>()

/** Day and time as the server says them in `NextTick.words`, so that both stand well in one line. */
function partsIn(zone: string, at: Date): Parts {
  const known = formats.get(zone)
  const format =
    known ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      ...{ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    })
  if (known === undefined) formats.set(zone, format)
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
}

const clock = ({ hour = '', minute = '' }: Parts): string => `${hour}:${minute}`

/** `Sat 22 Nov 02:00`; the year only where it is not this one. */
export function momentIn(zone: string, stamp: string, now = new Date()): string {
  const at = new Date(stamp)
  if (Number.isNaN(at.getTime())) return stamp
  const parts = partsIn(zone, at)
  const { weekday = '', day = '', month = '', year = '' } = parts
  return `${weekday} ${day} ${month}${year === partsIn(zone, now).year ? '' : ` ${year}`} ${clock(parts)}`
}

/** The same moment on the reader's clock: `03:00 here`, with the day where that differs; null where both clocks agree. */
export function hereWords(zone: string, stamp: string, here = HERE): string | null {
  const at = new Date(stamp)
  if (Number.isNaN(at.getTime())) return null
  const [there, mine] = [partsIn(zone, at), partsIn(here, at)]
  if (clock(there) === clock(mine) && there.day === mine.day) return null
  return there.day === mine.day ? `${clock(mine)} here` : `${mine.weekday ?? ''} ${clock(mine)} here`
}

const LONG = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 2 * 365.25],
  ['month', 60],
  ['day', 2],
]
const DAYS: Partial<Record<Intl.RelativeTimeFormatUnit, number>> = { year: 365.25, month: 30.44, day: 1 }

/**
 * How long until a tick: hours up to two days, because “tomorrow” is wrong for 40 hours, and no date, because that stands
 * beside it.
 */
export function untilWords(stamp: string, now: Date): string {
  const minutes = (Date.parse(stamp) - now.getTime()) / 60_000
  if (Number.isNaN(minutes)) return stamp
  if (Math.abs(minutes) < 1) return 'now'
  if (Math.abs(minutes) < 60) return LONG.format(Math.trunc(minutes), 'minute')
  const days = minutes / 1_440
  const unit = UNITS.find(([, least]) => Math.abs(days) >= least)?.[0]
  return unit === undefined ? LONG.format(Math.trunc(minutes / 60), 'hour') : LONG.format(Math.trunc(days / (DAYS[unit] ?? 1)), unit)
}

const offsets = new Map<string, string>()

/** How far a zone is from UTC at a moment, kept for its hour: `UTC+05:30`; empty for a name that is no zone. */
export function offsetOf(zone: string, at: Date): string {
  const key = `${zone} ${Math.floor(at.getTime() / 3_600_000)}`
  const offset = offsets.get(key) ?? readOffset(zone, at)
  offsets.set(key, offset)
  return offset
}

function readOffset(zone: string, at: Date): string {
  try {
    const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at)
    const offset = parts.find(({ type }) => type === 'timeZoneName')?.value.replace('GMT', 'UTC') ?? ''
    return offset === 'UTC' ? 'UTC+00:00' : offset
  } catch {
    return ''
  }
}

/** Every zone that can be chosen; first the default and the reader’s own. */
export function zoneNames(here = HERE): string[] {
  return [...new Set(['UTC', here, ...Intl.supportedValuesOf('timeZone')])]
}
