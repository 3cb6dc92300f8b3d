/**
 * Times, from their bytes to PostgreSQL's microseconds since 2000-01-01 UTC. Read are `YYYY-MM-DD` and `YYYY/MM/DD`,
 * `DD.MM.YYYY`, and `D/M/YYYY` or `M/D/YYYY` (also with `-`) by the file's one date order; then optionally a time
 * `H:MM[:SS[.fraction]] [AM|PM]` and a zone `Z`, `±HH`, `±HHMM`, `±HH:MM`. A time without zone is UTC.
 */
import type { RecordScanner } from '../../sources/index.ts'
import { EMPTY, REJECTED, trimmedEnd, trimmedStart, VALUE, type Cell } from './cell.ts'
import type { RowBuffer } from './row-buffer.ts'

export type DateOrder = 'dmy' | 'mdy'

/** The file's order of day and month, shared by its time columns; null where no date asks for it. */
export interface SlashOrder {
  order: DateOrder | null
}

const SPACE = 32
const MINUS = 45
const POINT = 46
const SLASH = 47
const COLON = 58
const UPPER_T = 84
const LOWER_T = 116
const ZONE = /^(?:[Zz]|([+-])(\d\d):?(\d\d)?)$/
/** Minutes; no zone is as far from UTC as 16 hours. */
const FARTHEST_ZONE = 15 * 60 + 59
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const DAY = 86_400_000_000
const MINUTE = 60_000_000
/** Beyond these years a date is a slip of the pen; inside them microseconds since 2000 are exact in a double. */
const FIRST_YEAR = 1800
const LAST_YEAR = 2200

export class TimestampCell implements Cell {
  readonly field: string
  readonly room = 12
  reason = ''
  /** Microseconds since 2000-01-01 UTC of the last time written. */
  micros = Number.NEGATIVE_INFINITY
  private readonly slash: SlashOrder
  private buffer: Buffer = Buffer.alloc(0)
  private readonly last = Buffer.alloc(40)
  private lastLength = 0
  private at = 0
  private end = 0

  constructor(field: string, slash: SlashOrder) {
    this.field = field
    this.slash = slash
  }

  write(record: RecordScanner, column: number, out: RowBuffer): number {
    this.buffer = record.buffer
    this.at = trimmedStart(record, column)
    this.end = trimmedEnd(record, column, this.at)
    if (this.at === this.end) {
      out.int32(-1)
      return EMPTY
    }
    if (this.isRepeated()) {
      out.int8Value(this.micros)
      return VALUE
    }
    const start = this.at
    this.reason = ''
    const day = this.readDay()
    const time = this.reason === '' ? this.readTime() : 0
    if (this.reason === '' && this.at !== this.end) this.refuse('is not a date and time')
    if (this.reason !== '') return REJECTED
    this.micros = day * DAY + time
    this.lastLength = this.end - start <= this.last.length ? this.buffer.copy(this.last, 0, start, this.end) : 0
    out.int8Value(this.micros)
    return VALUE
  }

  /** The lines of one order have one time: in Online Retail 95 % repeat the line before, and a look is a tenth of reading. */
  private isRepeated(): boolean {
    const { buffer, last, lastLength, at } = this
    if (lastLength === 0 || this.end - at !== lastLength) return false
    for (let index = lastLength - 1; index >= 0; index -= 1) if (buffer[at + index] !== last[index]) return false
    return true
  }

  /** Days since 2000-01-01. */
  private readDay(): number {
    const start = this.at
    const first = this.readNumber()
    const firstDigits = this.at - start
    const separator = this.buffer[this.at] as number
    const second = this.readNext(separator)
    const third = this.readNext(separator)
    if ((separator !== MINUS && separator !== SLASH && separator !== POINT) || second < 0 || third < 0) return this.refuse('is not a date')
    if (firstDigits === 4) return this.dayOf(first, second, third)
    if (firstDigits > 2 || third < 1000) return this.refuse('is not a date with a year of four digits')
    if (separator === POINT) return this.dayOf(third, second, first)
    return this.readSlashed(first, second, third)
  }

  private readSlashed(first: number, second: number, year: number): number {
    const { order } = this.slash
    if (order === 'dmy') return this.dayOf(year, second, first)
    if (order === 'mdy') return this.dayOf(year, first, second)
    if (first > 12 || first === second) return this.dayOf(year, second, first)
    if (second > 12) return this.dayOf(year, first, second)
    return this.refuse('may be day/month or month/day; pass --date-order dmy or mdy')
  }

  private dayOf(year: number, month: number, day: number): number {
    if (month < 1 || month > 12 || day < 1) return this.refuse('is a date that does not exist')
    const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
    if (day > (MONTH_DAYS[month - 1] as number) + (month === 2 && leap ? 1 : 0)) return this.refuse('is a date that does not exist')
    if (year < FIRST_YEAR || year > LAST_YEAR) return this.refuse(`is not between the years ${String(FIRST_YEAR)} and ${String(LAST_YEAR)}`)
    // Counted from March on, so that the leap day is the last of its year; 730,425 days lie before 2000-01-01.
    const y = month > 2 ? year : year - 1
    const m = month > 2 ? month - 3 : month + 9
    return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * m + 2) / 5) + day - 1 - 730_425
  }

  /** Microseconds of the day, the zone taken off. */
  private readTime(): number {
    const { buffer } = this
    const mark = buffer[this.at]
    if (this.at === this.end) return 0
    if (mark !== SPACE && mark !== UPPER_T && mark !== LOWER_T) return this.refuse('is not a date and time')
    this.at += 1
    this.skipSpaces()
    const hour = this.readNumber()
    const minute = this.readNext(COLON)
    const second = this.at < this.end && buffer[this.at] === COLON ? this.readNext(COLON) : 0
    if (hour < 0 || minute < 0 || second < 0) return this.refuse('is not a date and time')
    if (hour > 23 || minute > 59 || second > 59) return this.refuse('is a time that does not exist')
    const micros = second * 1_000_000 + this.readFraction()
    return (this.readHalf(hour) * 60 + minute - this.readZone()) * MINUTE + micros
  }

  private skipSpaces(): void {
    while (this.at < this.end && this.buffer[this.at] === SPACE) this.at += 1
  }

  private readFraction(): number {
    const mark = this.buffer[this.at]
    if (this.at >= this.end || (mark !== POINT && mark !== 44)) return 0
    this.at += 1
    const start = this.at
    let micros = 0
    for (; this.at < this.end; this.at += 1) {
      const digit = (this.buffer[this.at] as number) - 48
      if (digit < 0 || digit > 9) break
      // Digits beyond the microsecond are cut off, as no shop's clock has them.
      if (this.at - start < 6) micros = micros * 10 + digit
    }
    if (this.at === start) return this.refuse('is not a date and time')
    return micros * 10 ** Math.max(0, 6 - (this.at - start))
  }

  /** The hour of the day, after AM or PM where there is one. */
  private readHalf(hour: number): number {
    if (this.at === this.end) return hour
    const found = /^ ?([ap])\.?m\.?/i.exec(this.buffer.toString('latin1', this.at, Math.min(this.end, this.at + 6)))
    if (found === null) return hour
    this.at += found[0].length
    if (hour < 1 || hour > 12) return this.refuse('is a time that does not exist')
    return (hour % 12) + (found[1]?.toLowerCase() === 'p' ? 12 : 0)
  }

  /** Minutes east of UTC. */
  private readZone(): number {
    this.skipSpaces()
    if (this.at === this.end) return 0
    const found = ZONE.exec(this.buffer.toString('latin1', this.at, Math.min(this.end, this.at + 8)))
    if (found === null) return this.refuse('is not a date and time')
    this.at = this.end
    const [, sign, hours = '0', minutes = '0'] = found
    const east = Number(hours) * 60 + Number(minutes)
    if (east > FARTHEST_ZONE || Number(minutes) > 59) return this.refuse('has a time zone that does not exist')
    return sign === '-' ? -east : east
  }

  /** The number behind `separator`, −1 when either is missing. */
  private readNext(separator: number): number {
    if (this.at >= this.end || this.buffer[this.at] !== separator) return -1
    this.at += 1
    return this.readNumber()
  }

  /** Up to four digits; −1 when there is none. */
  private readNumber(): number {
    const start = this.at
    let value = 0
    while (this.at < this.end && this.at - start < 4) {
      const digit = (this.buffer[this.at] as number) - 48
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      this.at += 1
    }
    return this.at === start ? -1 : value
  }

  private refuse(why: string): number {
    if (this.reason === '') this.reason = `${this.field} ${why}`
    return 0
  }
}
