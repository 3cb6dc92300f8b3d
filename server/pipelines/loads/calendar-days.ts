/** What a calendar knows of a day, each as SQL over the date `d`, the number of its weekday `n` (1 Monday … 7 Sunday) and holidays `h`. */
import { quoteLiteral } from '../../warehouse/index.ts'

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
export type Weekday = (typeof WEEKDAYS)[number]

export const CALENDAR_VALUES = [
  ...(['date_id', 'date', 'year', 'quarter', 'month', 'week', 'iso_week', 'iso_year', 'day', 'day_of_year', 'day_of_week'] as const),
  ...(['day_name', 'month_name', 'week_start_date', 'is_weekend', 'is_holiday', 'holiday_name'] as const),
  ...(['fiscal_year', 'fiscal_quarter', 'fiscal_month'] as const),
] as const
export type CalendarValue = (typeof CALENDAR_VALUES)[number]

export interface DayRules {
  /** First day of the week: `day_of_week` counts from it, and `week_start_date` is its date. ISO weeks begin on Monday in any case. */
  week_start: Weekday
  /** Number of that day in `day_of_week`. */
  first_day_number: 0 | 1
  weekend: readonly Weekday[]
  /** First month of the fiscal year. */
  fiscal_year_start: number
  /** By which calendar year a fiscal year is called that lies in two. */
  fiscal_year_named_by: 'start' | 'end'
}

const numberOf = (day: Weekday): number => WEEKDAYS.indexOf(day) + 1

/** The SQL of each value. Weeks are those of ISO 8601: `week` and `iso_week` are one number, which belongs to `iso_year`. */
export function dayValues(rules: DayRules): Record<CalendarValue, string> {
  const part = (name: string): string => `extract(${name} FROM d)::integer`
  const intoWeek = `((n - ${String(numberOf(rules.week_start))} + 7) % 7)`
  const fiscal = fiscalValues(rules)
  return {
    ...{ date_id: `to_char(d, 'YYYYMMDD')::integer`, date: 'd', year: part('year'), quarter: part('quarter'), month: part('month') },
    ...{ week: part('week'), iso_week: part('week'), iso_year: part('isoyear') },
    ...{ day: part('day'), day_of_year: part('doy'), day_of_week: `${intoWeek} + ${String(rules.first_day_number)}` },
    ...{ day_name: `trim(to_char(d, 'Day'))`, month_name: `trim(to_char(d, 'Month'))`, week_start_date: `d - ${intoWeek}` },
    is_weekend: rules.weekend.length === 0 ? 'false' : `n IN (${rules.weekend.map((day) => String(numberOf(day))).join(', ')})`,
    is_holiday: 'h.date IS NOT NULL',
    holiday_name: 'h.name',
    ...fiscal,
  }
}

function fiscalValues({ fiscal_year_start: first, fiscal_year_named_by }: DayRules) {
  const month = `((extract(month FROM d)::integer - ${String(first)} + 12) % 12)`
  const began = `extract(year FROM d)::integer - (extract(month FROM d) < ${String(first)})::integer`
  return {
    fiscal_year: first > 1 && fiscal_year_named_by === 'end' ? `${began} + 1` : began,
    fiscal_quarter: `${month} / 3 + 1`,
    fiscal_month: `${month} + 1`,
  }
}

export interface KnownHolidays {
  /** By date. */
  dated: readonly { date: string; name: string }[]
  /** Of every year: month and day (`12-25`), with a name where there is one. */
  yearly: readonly { day: string; name: string | null }[]
}

/** One row per day, with the chosen values under the target's names, and `staging_row`. */
export function calendarSql(
  span: { from: string; to: string },
  columns: readonly { name: string; value: string }[],
  { dated, yearly }: KnownHolidays,
): string {
  const rows = (all: readonly object[]): string => `${quoteLiteral(JSON.stringify(all))}::jsonb`
  return `
    WITH days AS (
      SELECT day::date AS d, extract(isodow FROM day)::integer AS n
      FROM generate_series(${quoteLiteral(span.from)}::timestamp, ${quoteLiteral(span.to)}::timestamp, interval '1 day') AS day
    ), named AS (
      SELECT date, name FROM jsonb_to_recordset(${rows(dated)}) AS x(date date, name text)
      UNION ALL SELECT d, name FROM days JOIN jsonb_to_recordset(${rows(yearly)}) AS x(day text, name text) ON to_char(d, 'MM-DD') = x.day
    ), h AS (SELECT date, string_agg(DISTINCT name, ', ') AS name FROM named GROUP BY date)
    SELECT ${columns.map(({ name, value }) => `${value} AS ${name}`).join(', ')}, row_number() OVER (ORDER BY d) AS staging_row
    FROM days LEFT JOIN h ON h.date = d`
}
