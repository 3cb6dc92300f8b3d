/**
 * Values as people read them: the reader's own locale, exact decimals kept exact, `–` for "no value".
 * Money and other exact decimals arrive as text and reach `Intl` as text, so no digit passes through a float.
 */
import type { Scalar, ValueFormat } from '../../shared/contract/answers.ts'

export const NO_VALUE = '–'

const DECIMAL = /^-?\d+(\.\d+)?$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const MONTH = /^(\d{4})-(\d{2})$/

/** The reader's locale; `undefined` lets `Intl` choose where there is no browser. */
let locale: string | undefined = typeof navigator === 'undefined' ? undefined : navigator.language
let zone: string | undefined

/** For tests and a later setting: formats in another locale or time zone from now on. */
export function formatIn(wanted: { locale?: string; timeZone?: string }): void {
  locale = wanted.locale
  zone = wanted.timeZone
  numbers.clear()
  dates.clear()
}

const numbers = new Map<string, Intl.NumberFormat>()
const dates = new Map<string, Intl.DateTimeFormat>()

/** `Intl` objects cost about 50 µs to make and are asked for once per cell: kept by their options. `-0.00` reads `0.00`. */
function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options)
  const kept = numbers.get(key) ?? new Intl.NumberFormat(locale, { signDisplay: 'negative', ...options })
  numbers.set(key, kept)
  return kept
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options)
  const kept =
    dates.get(key) ??
    new Intl.DateTimeFormat(locale, options.timeZone === undefined && zone !== undefined ? { ...options, timeZone: zone } : options)
  dates.set(key, kept)
  return kept
}

function isDecimalText(text: string): text is `${number}` {
  return DECIMAL.test(text)
}

function number(value: Scalar, options: Intl.NumberFormatOptions): string {
  if (typeof value === 'number') return Number.isFinite(value) ? numberFormat(options).format(value) : NO_VALUE
  if (typeof value === 'string' && isDecimalText(value)) return numberFormat(options).format(value)
  return String(value)
}

/** A date without a time is a day on a calendar: shown in UTC, so that no time zone can move it to its neighbour. */
export function formatDate(text: string): string {
  if (MONTH.test(text)) return dateFormat({ year: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(`${text}-01T00:00:00Z`))
  const at = new Date(DAY.test(text) ? `${text}T00:00:00Z` : text)
  return Number.isNaN(at.getTime()) ? text : dateFormat({ dateStyle: 'medium', timeZone: 'UTC' }).format(at)
}

/** A moment in the reader's time zone. */
export function formatDateTime(text: string): string {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? text : dateFormat({ dateStyle: 'medium', timeStyle: 'short' }).format(at)
}

/** A watermark is a stamp, a number or a text; only a stamp is shown as a moment. */
export function formatMark(mark: string | null): string {
  if (mark === null) return NO_VALUE
  return /^\d{4}-\d{2}-\d{2}[T ]/.test(mark) ? formatDateTime(mark) : mark
}

/** A moment to the second, with its time zone: for tooltips. */
export function formatExact(text: string): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return text
  return dateFormat({
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(at)
}

/** Time of day to the second, for log lines. */
export function formatClock(text: string): string {
  const at = new Date(text)
  return Number.isNaN(at.getTime())
    ? text
    : dateFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(at)
}

const FORMATS: Record<ValueFormat, (value: Exclude<Scalar, null>) => string> = {
  integer: (value) => number(value, { maximumFractionDigits: 0 }),
  decimal: (value) => number(value, { maximumFractionDigits: 2 }),
  money: (value) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  // A share of one: 0.125 means 12.5 %.
  percent: (value) => number(value, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }),
  date: (value) => formatDate(String(value)),
  datetime: (value) => formatDateTime(String(value)),
  text: (value) => String(value),
  boolean: (value) => (value === true || value === 'true' ? 'Yes' : 'No'),
}

/** One value in the format that its column declares. */
export function formatValue(value: Scalar | undefined, format: ValueFormat): string {
  return value === null || value === undefined || value === '' ? NO_VALUE : FORMATS[format](value)
}

/** A count: `541909` → `541,909`. */
export function formatCount(count: number): string {
  return FORMATS.integer(count)
}

/** Room for four characters, as on an axis: `9,747,748` → `9.7M`. */
export function formatShort(value: number): string {
  return numberFormat({ notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

/** Part of a whole as a percentage; nothing of nothing has none. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? NO_VALUE : FORMATS.percent(part / whole)
}

/** Seconds as people say them: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) return NO_VALUE
  if (seconds < 9.95) return `${numberFormat({ minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** `3 minutes ago`; more than thirty days away it is a date, because "14 years ago" dates nothing. */
export function formatRelative(text: string, now: Date): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return text
  const seconds = (at.getTime() - now.getTime()) / 1000
  if (Math.abs(seconds) > 30 * 86_400) return dateFormat({ dateStyle: 'medium' }).format(at)
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  for (const [unit, size] of UNITS) if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit)
  return relative.format(0, 'second')
}

const NUMERIC: ReadonlySet<ValueFormat> = new Set<ValueFormat>(['integer', 'decimal', 'money', 'percent'])

/** Numbers stand to the right, so that their digits line up. */
export function isNumeric(format: ValueFormat): boolean {
  return NUMERIC.has(format)
}

/** For drawing and sorting only, never for showing: exact decimals lose digits beyond 2^53. */
export function toNumber(value: Scalar | undefined): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && isDecimalText(value) ? Number(value) : null
}
