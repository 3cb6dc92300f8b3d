/**
 * Cron expressions as we understand them: five fields (minute, hour, day of month, month, day of week) or one of four
 * nicknames. Quartz’s letters (L, W, #, ?) and hashes (H) are refused, because the programs that know them disagree on
 * what they mean. Where both day fields restrict, a day that either names counts, as in every crontab.
 */
import { CronExpressionParser } from 'cron-parser'
import { mistake } from '../../shared/failure.ts'
import { nearest } from '../../shared/nearest.ts'

export interface Cron {
  /** Five fields, nicknames resolved. */
  expression: string
  minutes: readonly number[]
  hours: readonly number[]
  days: ReadonlySet<number>
  months: ReadonlySet<number>
  /** 0 is Sunday. */
  weekdays: ReadonlySet<number>
  /** Both day fields restrict: either suffices. */
  eitherDay: boolean
  /** It runs in every hour of the day, and so in both hours where daylight saving ends. */
  everyHour: boolean
}

const NICKNAMES: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
}

const FIELDS = [
  { name: 'minute', span: 60, kind: 'minute' },
  { name: 'hour', span: 24, kind: 'hour' },
  { name: 'day of month', span: 31, kind: 'dayOfMonth' },
  { name: 'month', span: 12, kind: 'month' },
  { name: 'day of week', span: 7, kind: 'dayOfWeek' },
] as const

/** One entry of a list: `*`, a value or a range, the first and the last with a step. */
const ENTRY = /^(\*|[a-z\d]+-[a-z\d]+)(\/(\d+))?$|^[a-z\d]+$/i

const WHERE = 'Five fields: minute hour day-of-month month day-of-week, e.g. “0 2 * * *”; or @hourly, @daily, @weekly, @monthly.'

function badCron(message: string, hint = WHERE): Error {
  return mistake('schedule.bad-cron', message, hint)
}

function resolveNickname(word: string): string {
  const found = NICKNAMES[word.toLowerCase()]
  if (found !== undefined) return found
  if (/^@every\b/i.test(word))
    throw badCron(
      `“${word}” is not supported: an interval has no fixed times, so nobody could say which ones were missed`,
      'Name the times: “*/5 * * * *” is every five minutes, “0 */2 * * *” every two hours.',
    )
  if (/^@(reboot|start)/i.test(word))
    throw badCron(
      `“${word}” is not supported: a schedule has times`,
      'Ticks that were due while Quintile was closed are made up when it starts.',
    )
  const close = nearest(word, Object.keys(NICKNAMES))
  throw badCron(`“${word}” is not known`, close === undefined ? WHERE : `Did you mean “${close}”? ${WHERE}`)
}

function valuesOf(index: number, text: string): number[] {
  const field = FIELDS[index]
  if (field === undefined) return []
  const where = `the ${field.name} “${text}”`
  if (/[LW#?H]/.test(text) && !/[a-z]{3}/i.test(text))
    throw badCron(`${where} uses L, W, #, ? or H, which cron programs understand differently`, 'Write the days or times themselves.')
  for (const entry of text.split(',')) {
    const parts = ENTRY.exec(entry)
    if (parts === null) throw badCron(`${where}: “${entry}” is neither a value, a range such as 1-5, nor a step such as */15`)
    if (parts[3] !== undefined && Number(parts[3]) >= field.span) throw badCron(`${where}: the step ${parts[3]} is longer than the field`)
  }
  const fields = ['*', '*', '*', '*', '*'].with(index, text.toLowerCase())
  try {
    // cron-parser types a field's values as number or letter; letters were refused above.
    const values = CronExpressionParser.parse(fields.join(' ')).fields[field.kind].values.map(Number)
    return [...new Set(field.kind === 'dayOfWeek' ? values.map((day) => day % 7) : values)].sort((a, b) => a - b)
  } catch (thrown) {
    throw badCron(`${where}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

/** Reads an expression. Errors: `schedule.bad-cron`, naming the field. */
export function parseCron(text: string): Cron {
  const trimmed = text.trim()
  const expression = (trimmed.startsWith('@') ? resolveNickname(trimmed) : trimmed).replaceAll(/\s+/g, ' ')
  const parts = expression.split(' ')
  if (parts.length === 6) throw badCron(`“${text}” has six fields; seconds are not supported`)
  if (parts.length !== 5) throw badCron(`“${text}” has ${String(parts.length)} fields instead of five`)
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = parts.map((part, index) => valuesOf(index, part))
  return {
    expression,
    minutes,
    hours,
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set(weekdays),
    eitherDay: days.length < 31 && weekdays.length < 7,
    everyHour: hours.length === 24,
  }
}

/** The same for node-cron, which wants both day fields to match where both restrict: then one expression for each. */
export function nodeCronExpressions({ expression, eitherDay }: Cron): string[] {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = expression.split(' ')
  if (!eitherDay) return [expression]
  return [`${minute} ${hour} ${day} ${month} *`, `${minute} ${hour} * ${month} ${weekday}`]
}
