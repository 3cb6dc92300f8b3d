/**
 * Decimal numbers, from their bytes to PostgreSQL's binary numeric (base 10,000) without a string or a rounding.
 * One file has one decimal mark. Thousands separators, exponents and currency signs are refused with the reason, since
 * `1,234` read the wrong way is wrong a thousandfold and nobody sees it.
 */
import type { RecordScanner } from '../../sources/index.ts'
import { EMPTY, NEGATIVE, REJECTED, trimmedEnd, trimmedStart, VALUE, ZERO, type Cell } from './cell.ts'
import type { RowBuffer } from './row-buffer.ts'

const POINT = 46
const COMMA = 44
const MINUS = 45
const PLUS = 43
const NUMERIC_NEGATIVE = 0x4000

export type DecimalStyle = 'point' | 'comma'

/** The file's decimal mark, shared by its decimal columns; null until a number shows it. */
export interface DecimalMark {
  style: DecimalStyle | null
}

const styleOf = (mark: number): DecimalStyle => (mark === COMMA ? 'comma' : 'point')

/**
 * The decimal mark that a number proves, or null. `1,234` proves nothing: it may be 1234. With both marks the last one is
 * the decimal mark, which the reject of such a number then says.
 */
export function provenStyle(text: string): DecimalStyle | null {
  const found = /^[+-]?(?<whole>[\d.,]*)(?<mark>[.,])(?<fraction>\d*)$/.exec(text.trim())?.groups
  if (found === undefined) return null
  const { whole = '', mark = '', fraction = '' } = found
  if (/[.,]/.test(whole)) return whole.includes(mark) ? null : styleOf(mark.charCodeAt(0))
  if (mark === ',' && isAmbiguous(whole, fraction.length)) return null
  return styleOf(mark.charCodeAt(0))
}

const isAmbiguous = (whole: string, fractionDigits: number): boolean => fractionDigits === 3 && /^[1-9]\d{0,2}$/.test(whole)

/** Where the decimal mark stands, where the field ends, and what was before the mark. */
interface Fraction {
  at: number
  end: number
  /** Digits before the mark, leading zeros not counted. */
  digits: number
  /** There was no digit at all before the mark. */
  none: boolean
}

export class DecimalCell implements Cell {
  readonly field: string
  readonly room = 64
  reason = ''
  private readonly scale: number
  private readonly wholeDigits: number
  private readonly mark: DecimalMark
  private readonly padding: number
  private readonly groups: number

  constructor(field: string, digits: { scale: number; precision: number }, mark: DecimalMark) {
    this.field = field
    this.scale = digits.scale
    this.wholeDigits = digits.precision - digits.scale
    this.mark = mark
    this.groups = Math.ceil(digits.scale / 4)
    this.padding = 10 ** (this.groups * 4 - digits.scale)
  }

  write(record: RecordScanner, column: number, out: RowBuffer): number {
    const { buffer } = record
    const start = trimmedStart(record, column)
    const end = trimmedEnd(record, column, start)
    if (start === end) {
      out.int32(-1)
      return EMPTY
    }
    const first = buffer[start]
    const signed = first === MINUS || first === PLUS ? 1 : 0
    let at = start + signed
    let whole = 0
    let digits = 0
    for (; at < end; at += 1) {
      const digit = (buffer[at] as number) - 48
      if (digit < 0 || digit > 9) break
      whole = whole * 10 + digit
      if (whole !== 0) digits += 1
    }
    let fraction = 0
    if (at < end) fraction = this.readFraction(buffer, { at, end, digits, none: at - start === signed })
    else if (at - start === signed) fraction = this.refuse('is not a plain number')
    if (fraction < 0) return REJECTED
    if (digits > this.wholeDigits) {
      this.refuse(`has more than ${String(this.wholeDigits)} digits before the decimal mark`)
      return REJECTED
    }
    return this.put(out, { whole, fraction, negative: first === MINUS })
  }

  /** The digits behind the mark at `at`, as a whole number of `scale` digits; −1 when it is refused. */
  private readFraction(buffer: Buffer, place: Fraction): number {
    const { at: markAt, end } = place
    const mark = buffer[markAt] as number
    if (mark !== POINT && mark !== COMMA) return this.refuse('is not a plain number')
    let fraction = 0
    for (let at = markAt + 1; at < end; at += 1) {
      const byte = buffer[at] as number
      const digit = byte - 48
      if (digit < 0 || digit > 9)
        return this.refuse(byte === POINT || byte === COMMA ? 'has a thousands separator; write plain numbers' : 'is not a plain number')
      if (at - markAt <= this.scale) fraction = fraction * 10 + digit
      else if (digit !== 0) return this.refuse(`has more than ${String(this.scale)} decimals`)
    }
    const behind = end - markAt - 1
    if (behind === 0 && place.none) return this.refuse('is not a plain number')
    if (!this.fits(mark, behind, place.digits)) return -1
    return behind < this.scale ? fraction * 10 ** (this.scale - behind) : fraction
  }

  private fits(mark: number, behind: number, digits: number): boolean {
    const style = styleOf(mark)
    if (this.mark.style === style) return true
    if (this.mark.style !== null) {
      const [is, other] = style === 'comma' ? ['comma', 'point'] : ['point', 'comma']
      this.refuse(`has a ${is}, and the file’s decimal mark is the ${other}; thousands separators are not read`)
      return false
    }
    if (mark === COMMA && behind === 3 && digits > 0 && digits <= 3) {
      this.refuse('may mean thousands or a decimal comma; pass --decimal comma or --decimal point')
      return false
    }
    this.mark.style = style
    return true
  }

  private put(out: RowBuffer, { whole, fraction, negative }: { whole: number; fraction: number; negative: boolean }): number {
    if (whole === 0 && fraction === 0) {
      this.head(out, 0, { weight: 0, negative: false })
      return ZERO
    }
    const high = Math.floor(whole / 1e12)
    const upper = Math.floor(whole / 1e8) % 10_000
    const lower = Math.floor(whole / 10_000) % 10_000
    const count = high > 0 ? 4 : upper > 0 ? 3 : lower > 0 ? 2 : 1
    // Groups of zeros at the end are left out: the server would cut them off again.
    const behind = fraction === 0 ? 0 : this.groups
    this.head(out, count + behind, { weight: count - 1, negative })
    if (count > 3) out.int16(high)
    if (count > 2) out.int16(upper)
    if (count > 1) out.int16(lower)
    out.int16(whole % 10_000)
    const padded = fraction * this.padding
    if (behind === 2) out.int16(Math.floor(padded / 10_000))
    if (behind > 0) out.int16(padded % 10_000)
    return negative ? NEGATIVE : VALUE
  }

  private head(out: RowBuffer, digits: number, { weight, negative }: { weight: number; negative: boolean }): void {
    out.int32(8 + digits * 2)
    out.int16(digits)
    out.int16(weight)
    out.int16(negative ? NUMERIC_NEGATIVE : 0)
    out.int16(this.scale)
  }

  private refuse(why: string): number {
    this.reason = `${this.field} ${why}`
    return -1
  }
}
