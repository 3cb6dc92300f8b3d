/**
 * A date dimension: one row per day of a span, its columns filled by what they are called. The same settings give the same
 * rows, so that a second run changes nothing; a longer span adds days, and none is ever removed.
 */
import { z } from 'zod'
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import { quoteIdentifier, quoteQualified, type Session } from '../../warehouse/index.ts'
import { columnName, sharedKeys, tableName } from '../job-keys.ts'
import type { Filled, LoadContext, LoadKind } from '../load-kind.ts'
import { CALENDAR_VALUES, calendarSql, dayValues, WEEKDAYS, type CalendarValue, type KnownHolidays } from './calendar-days.ts'
import { columnsOf, requireUniqueKey } from './columns.ts'
import { publicHolidays } from './holidays.ts'
import { loadMerge } from './upsert.ts'

const weekday = z.enum(WEEKDAYS)
const monthAndDay = z.string().regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a month and a day: 12-25')
const country = z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,4})?$/, 'a country code, with a part of it where wanted: GB or GB-SCT')

export const calendarSchema = z
  .strictObject({
    kind: z.literal('calendar'),
    ...sharedKeys,
    key: z.array(columnName).min(1),
    from: z.iso.date().optional(),
    to: z.iso.date().optional(),
    /** Whole years around the data of a column, with some years more before and after. */
    around: z
      .strictObject({ table: tableName, column: columnName, before: z.int().min(0).default(0), after: z.int().min(0).default(0) })
      .optional(),
    /** Columns of the target that have other names than the values of a day. */
    columns: z.record(columnName, z.enum(CALENDAR_VALUES)).default({}),
    week_start: weekday.default('monday'),
    first_day_number: z.union([z.literal(0), z.literal(1)]).default(1),
    weekend: z.array(weekday).default(['saturday', 'sunday']),
    country: z.union([country.transform((one) => [one]), z.array(country)]).default([]),
    /** Of the holidays' names. */
    language: z.string().regex(/^[a-z]{2}$/, 'a language: en').default('en'), // prettier-ignore
    /** Holidays of every year, beside the country's. */
    holidays: z
      .union([
        z.array(monthAndDay).transform((days) => days.map((day): { day: string; name: string | null } => ({ day, name: null }))),
        z.record(monthAndDay, z.string()).transform((days) => Object.entries(days).map(([day, name]) => ({ day, name }))),
      ])
      .default([]),
    fiscal_year_start: z.int().min(1).max(12).default(1),
    fiscal_year_named_by: z.enum(['start', 'end']).default('end'),
  })
  .superRefine(({ from, to, around }, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
    if (around === undefined && (from === undefined || to === undefined))
      refuse('kind', 'a calendar needs its span: “from” and “to”, or “around” a column with dates')
    if (from !== undefined && to !== undefined && from > to) refuse('to', `“to” (${to}) lies before “from” (${from})`)
  })
type CalendarJob = z.infer<typeof calendarSchema>

export const calendar: LoadKind<CalendarJob> = {
  schema: calendarSchema,
  needsSql: false,
  required: (job) => job.key,
  identity: (job) => job.key,
  fill,
  load: async ({ session, job: { target, key }, dryRun }) => {
    await requireUniqueKey(session, target, key)
    return { counts: await loadMerge(session, { target, key, dryRun }), note: null }
  },
  written: (job) => [job.target],
}

async function fill({ session, job }: LoadContext<CalendarJob>): Promise<Filled> {
  const columns = chooseColumns(job, await columnsOf(session, job.target))
  const span = await spanOf(session, job)
  // Without any day in the data there is no calendar yet; a span that ends before it begins gives the columns and no row.
  const sql = calendarSql(span ?? { from: '2000-01-02', to: '2000-01-01' }, columns, await holidaysOf(job, span))
  const { count } = await session.query(`CREATE TEMP TABLE staging ON COMMIT DROP AS ${sql}`)
  return { read: count, rejected: 0, findings: [] }
}

/** The target's columns that a day fills: those of the same name, and those that the job maps. Errors: `calendar.no-column`. */
function chooseColumns(job: CalendarJob, target: readonly string[]): { name: string; value: string }[] {
  const values = dayValues(job)
  const knowsHolidays = job.country.length > 0 || job.holidays.length > 0
  const unknown = Object.keys(job.columns).find((name) => !target.includes(name))
  if (unknown !== undefined)
    throw mistake('calendar.no-column', `“columns” names “${unknown}”, which ${job.target} does not have`, suggest(unknown, target))
  return target.flatMap((name) => {
    const value = job.columns[name] ?? CALENDAR_VALUES.find((one) => one === name)
    if (value === undefined || (!knowsHolidays && isOfHolidays(value))) return []
    return [{ name: quoteIdentifier(name), value: values[value] }]
  })
}

const isOfHolidays = (value: CalendarValue): boolean => value === 'is_holiday' || value === 'holiday_name'

interface Span {
  from: string
  to: string
}

/** A date of the year 1 among orders is a slip of somebody's pen, and would make 700,000 days. */
const MOST_YEARS = 300

async function spanOf(session: Session, { from, to, around, file }: LoadContext<CalendarJob>['job']): Promise<Span | null> {
  const data = around === undefined ? null : await yearsAround(session, around)
  const [first, last] = [from ?? data?.from, to ?? data?.to]
  if (first === undefined || last === undefined) return null
  const years = Number(last.slice(0, 4)) - Number(first.slice(0, 4))
  if (years < MOST_YEARS) return { from: first, to: last }
  throw mistake(
    'calendar.too-long',
    `${file} asks for the days from ${first} to ${last}, which are ${String(years)} years`,
    `A calendar has at most ${String(MOST_YEARS)} years. Look for a wrong date in the data, or declare “from” and “to”.`,
  )
}

async function yearsAround(session: Session, { table, column, before, after }: NonNullable<CalendarJob['around']>): Promise<Span | null> {
  const name = quoteIdentifier(column)
  const year = (edge: string, years: string): string => `date_trunc('year', ${edge}(${name})) ${years}`
  const { rows } = await session.query<{ from: string | null; to: string | null }>(
    `SELECT (${year('min', `- ${String(before)} * interval '1 year'`)})::date::text AS from,
       (${year('max', `+ ${String(after + 1)} * interval '1 year' - interval '1 day'`)})::date::text AS to
     FROM ${quoteQualified(table)} WHERE isfinite(${name})`,
  )
  const { from = null, to = null } = rows[0] ?? {}
  return from === null || to === null ? null : { from, to }
}

async function holidaysOf({ country: countries, holidays, language }: CalendarJob, span: Span | null): Promise<KnownHolidays> {
  if (countries.length === 0 || span === null) return { dated: [], yearly: holidays }
  const [firstYear, lastYear] = [Number(span.from.slice(0, 4)), Number(span.to.slice(0, 4))]
  return { dated: await publicHolidays({ countries, language, firstYear, lastYear }), yearly: holidays }
}
