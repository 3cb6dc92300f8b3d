/** Public holidays by country, from the maintained package `date-holidays`: 13 MB, so it is loaded only where one is asked for. */
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'

export interface Holiday {
  /** ISO date. */
  date: string
  name: string
}

export interface HolidayRequest {
  /** Country codes (`GB`), with a part of the country where wanted (`GB-SCT`). */
  countries: readonly string[]
  /** Of the names, as an ISO 639-1 code; the country's own where there is no such name. */
  language: string
  firstYear: number
  lastYear: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

interface Event {
  /** `2024-04-10 00:00:00`, with ` -0600` behind it where the day begins at six in the evening before. */
  date: string
  start: Date
  end: Date
  name: string
}

/** Every public holiday of the years, several per day where countries or feasts meet. Errors: `calendar.unknown-country`. */
export async function publicHolidays({ countries, language, firstYear, lastYear }: HolidayRequest): Promise<Holiday[]> {
  const { default: Holidays } = await import('date-holidays')
  const known = Object.keys(new Holidays().getCountries('en'))
  const found: Holiday[] = []
  for (const code of countries) {
    const [country = '', part] = code.split('-')
    if (!known.includes(country)) throw unknownCountry(country, known)
    const parts = Object.keys(new Holidays().getStates(country) ?? {})
    if (part !== undefined && !parts.includes(part)) throw unknownCountry(code, parts.map((one) => `${country}-${one}`)) // prettier-ignore
    const calendar = part === undefined ? new Holidays(country, { types: ['public'] }) : new Holidays(country, part, { types: ['public'] })
    // A feast of several days may begin in the year before.
    for (let year = firstYear - 1; year <= lastYear; year += 1) {
      for (const event of calendar.getHolidays(year, language)) {
        const name = countries.length === 1 ? event.name : `${event.name} (${code})`
        found.push(...daysOf(event).map((date) => ({ date, name })))
      }
    }
  }
  return found
}

/** Days of which the holiday takes more than half: what begins in the evening is the day behind, and half a day is none. */
function daysOf({ date, start, end }: Event): string[] {
  const begins = Date.parse(`${date.slice(0, 10)}T${date.slice(11, 19)}Z`) - (date.endsWith(' -0600') ? 6 * HOUR : 0)
  const ends = begins + end.getTime() - start.getTime()
  const days: string[] = []
  for (let day = Math.floor(begins / DAY) * DAY; day < ends; day += DAY) {
    if (Math.min(ends, day + DAY) - Math.max(begins, day) > DAY / 2) days.push(new Date(day).toISOString().slice(0, 10))
  }
  return days
}

function unknownCountry(code: string, known: readonly string[]): Error {
  return mistake('calendar.unknown-country', `There are no holidays known for “${code}”`, suggest(code, known))
}
