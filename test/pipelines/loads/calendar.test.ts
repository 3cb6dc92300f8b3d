/** Calendars: weeks around New Years, weekdays, fiscal years, holidays, and the span. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jobSchema } from '../../../server/pipelines/load-kinds.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import { loadStaged, parseDeclaration, type LoadedByHand } from '../../tools/load-by-hand.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse

beforeAll(() => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
})
afterAll(() => warehouse.close())
beforeEach(() =>
  warehouse.withSession((session) =>
    session.script(`DROP TABLE IF EXISTS days, orders;
      CREATE TABLE days (date_id int PRIMARY KEY, date date NOT NULL, year smallint, quarter smallint, month smallint, week smallint, iso_year smallint, day smallint,
        day_of_year smallint, day_of_week smallint, day_name text, month_name text, week_start_date date, is_weekend boolean, is_holiday boolean, holiday_name text,
        fiscal_year int, fiscal_quarter int, fiscal_month int, remark text DEFAULT 'kept');
      CREATE TABLE orders (ordered_at timestamptz)`),
  ),
)

const YEARS = { from: '2019-01-01', to: '2025-12-31' }

async function load(options: Record<string, unknown> = YEARS): Promise<LoadedByHand> {
  const job = parseDeclaration({ kind: 'calendar', target: 'days', key: ['date_id'], ...options })
  return warehouse.withTransaction((session) => loadStaged(session, job))
}

async function day(date: string, columns: string): Promise<Record<string, unknown> | undefined> {
  return (await warehouse.query(`SELECT ${columns} FROM days WHERE date = '${date}'`)).rows[0]
}

describe('the days', () => {
  test('are all there once, and a second run changes nothing', async () => {
    expect(await load()).toMatchObject({ filled: { read: 2557, rejected: 0 }, counts: { inserted: 2557 } })
    expect(await load()).toMatchObject({ counts: { inserted: 0, updated: 0, unchanged: 2557 } })
    expect(await load({ from: '2019-01-01', to: '2026-01-01' })).toMatchObject({ counts: { inserted: 1, unchanged: 2557 } })
    expect(await day('2024-02-29', 'date_id, year, quarter, month, day, day_of_year, day_name, month_name, remark')).toEqual({
      ...{ date_id: 20_240_229, year: 2024, quarter: 1, month: 2, day: 29, day_of_year: 60 },
      ...{ day_name: 'Thursday', month_name: 'February', remark: 'kept' },
    })
  })

  test.each([
    ['2019-12-29', 52, 2019],
    ['2019-12-30', 1, 2020],
    ['2020-12-31', 53, 2020],
    ['2021-01-01', 53, 2020],
    ['2021-01-03', 53, 2020],
    ['2021-01-04', 1, 2021],
    ['2022-01-02', 52, 2021],
    ['2023-01-01', 52, 2022],
    ['2024-12-30', 1, 2025],
    ['2025-01-01', 1, 2025],
  ])('of New Year: %s lies in ISO week %i of %i', async (date, week, iso_year) => {
    await load()
    expect(await day(date, 'week, iso_year')).toEqual({ week, iso_year })
  })

  test('of a week count from the day that the job says', async () => {
    await load()
    expect(await day('2024-03-03', 'day_of_week AS n, week_start_date::text AS first, is_weekend')).toEqual({ n: 7, first: '2024-02-26', is_weekend: true }) // prettier-ignore
    await load({ ...YEARS, week_start: 'sunday' })
    expect(await day('2024-03-03', 'day_of_week AS n, week_start_date::text AS first')).toEqual({ n: 1, first: '2024-03-03' })
    expect(await day('2024-03-02', 'day_of_week AS n, week_start_date::text AS first')).toEqual({ n: 7, first: '2024-02-25' })
    await load({ ...YEARS, week_start: 'saturday', first_day_number: 0, weekend: ['friday', 'saturday'] })
    expect(await day('2024-03-02', 'day_of_week AS n, is_weekend')).toEqual({ n: 0, is_weekend: true })
    expect(await day('2024-03-03', 'day_of_week AS n, is_weekend')).toEqual({ n: 1, is_weekend: false })
  })

  test('of a fiscal year that begins in April count on from there', async () => {
    const columns = 'fiscal_year AS y, fiscal_quarter AS q, fiscal_month AS m'
    await load({ ...YEARS, fiscal_year_start: 4 })
    expect(await day('2024-03-31', columns)).toEqual({ y: 2024, q: 4, m: 12 })
    expect(await day('2024-04-01', columns)).toEqual({ y: 2025, q: 1, m: 1 })
    await load({ ...YEARS, fiscal_year_start: 4, fiscal_year_named_by: 'start' })
    expect(await day('2024-03-31', columns)).toEqual({ y: 2023, q: 4, m: 12 })
    await load()
    expect(await day('2024-03-31', columns)).toEqual({ y: 2024, q: 1, m: 3 })
  })
})

describe('holidays', () => {
  const holidays = async (year: number): Promise<unknown[]> =>
    (await warehouse.query(`SELECT to_char(date, 'MM-DD') || ' ' || coalesce(holiday_name, '') AS h FROM days WHERE is_holiday AND year = ${String(year)} ORDER BY date`)).rows.map((row) => row['h']) // prettier-ignore

  test('of a country come with their names', async () => {
    await load({ ...YEARS, country: 'GB-ENG' })
    expect(await holidays(2024)).toEqual([
      '01-01 New Year\'s Day',
      ...['03-29 Good Friday', '04-01 Easter Monday', '05-06 Early May bank holiday', '05-27 Spring bank holiday'],
      ...['08-26 Summer bank holiday', '12-25 Christmas Day', '12-26 Boxing Day'],
    ]) // prettier-ignore
  })

  test('of several countries say whose they are', async () => {
    await load({ from: '2024-07-01', to: '2024-07-31', country: ['US', 'FR'] })
    expect(await holidays(2024)).toEqual(['07-04 Independence Day (US)', '07-14 Bastille Day (FR)'])
  })

  test('that begin in the evening are the day behind, and those of several days are all of them', async () => {
    await load({ from: '2024-01-01', to: '2024-12-31', country: 'TR' })
    const found = await holidays(2024)
    expect(found.filter((one) => String(one).includes('Ramadan'))).toEqual(['04-10', '04-11', '04-12'].map((date) => `${date} End of Ramadan (Eid al-Fitr)`)) // prettier-ignore
  })

  test('may be a list of days of every year, with names or without', async () => {
    await load({ ...YEARS, holidays: ['01-01', '07-04', '12-25'] })
    expect(await holidays(2021)).toEqual(['01-01 ', '07-04 ', '12-25 '])
    await load({ ...YEARS, holidays: { '02-29': 'Leap day' } })
    expect([await holidays(2023), await holidays(2024)]).toEqual([[], ['02-29 Leap day']])
  })

  test('are left alone where the job knows of none', async () => {
    await load()
    expect(await day('2024-12-25', 'is_holiday')).toEqual({ is_holiday: null })
  })

  test('of an unknown country are refused with the nearest one', async () => {
    await expect(load({ ...YEARS, country: 'XX' })).rejects.toMatchObject({ kind: 'mistake', code: 'calendar.unknown-country' })
    await expect(load({ ...YEARS, country: 'GB-SCX' })).rejects.toMatchObject({ hint: 'Did you mean “GB-SCT”?' })
  })
})

describe('the span', () => {
  test('is the whole years around the data, and some more where wanted', async () => {
    await warehouse.query(`INSERT INTO orders VALUES ('2024-05-05'), ('2025-02-02'), ('infinity'), (NULL)`)
    const around = { table: 'orders', column: 'ordered_at' }
    expect(await load({ around })).toMatchObject({ counts: { inserted: 731 } })
    expect(await load({ around: { ...around, before: 1, after: 1 } })).toMatchObject({ counts: { inserted: 730, unchanged: 731 } })
    expect(await load({ around, from: '2024-12-30' })).toMatchObject({ filled: { read: 367 } })
  })

  test('without any data is empty and no failure', async () => {
    expect(await load({ around: { table: 'orders', column: 'ordered_at' } })).toMatchObject({
      filled: { read: 0 },
      counts: { inserted: 0 },
    })
  })

  test('of a thousand years is a wrong date in the data', async () => {
    await warehouse.query(`INSERT INTO orders VALUES ('0204-05-05'), ('2025-02-02')`)
    await expect(load({ around: { table: 'orders', column: 'ordered_at' } })).rejects.toMatchObject({ kind: 'mistake', code: 'calendar.too-long' }) // prettier-ignore
  })

  test('must be declared, and end behind its beginning', () => {
    const refused = (declared: Record<string, unknown>): boolean =>
      !jobSchema.safeParse({ kind: 'calendar', target: 'days', key: ['date_id'], ...declared }).success
    expect(refused({})).toBe(true)
    expect(refused({ from: '2024-01-01' })).toBe(true)
    expect(refused({ from: '2024-02-30', to: '2025-01-01' })).toBe(true)
    expect(refused({ from: '2025-01-01', to: '2024-01-01' })).toBe(true)
    expect(refused(YEARS)).toBe(false)
  })
})

test('columns of other names are filled by what the job says, and an unknown one is refused', async () => {
  await warehouse.query('ALTER TABLE days RENAME day_name TO weekday')
  await load({ ...YEARS, columns: { weekday: 'day_name', remark: 'month_name' } })
  expect(await day('2024-03-01', 'weekday, remark')).toEqual({ weekday: 'Friday', remark: 'March' })
  await expect(load({ ...YEARS, columns: { weekdy: 'day_name' } })).rejects.toMatchObject({ code: 'calendar.no-column', hint: 'Did you mean “weekday”?' }) // prettier-ignore
})
