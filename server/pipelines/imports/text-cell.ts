/** Text as it is in the file; nothing is trimmed. Empty or blank means null. */
import { ESCAPED, UTF8_OF_1252, type EncodingGuard, type RecordScanner } from '../../sources/index.ts'
import { EMPTY, REJECTED, trimmedStart, VALUE, type Cell } from './cell.ts'
import type { RowBuffer } from './row-buffer.ts'

/** A longer field is a sign of a wrong delimiter or a stray quote, and fits no screen. */
export const MAX_CHARACTERS = 10_000
const MAX_UTF8 = 4 * MAX_CHARACTERS
const QUOTE = 34
const POINT = 46
const DIGIT_0 = 48
const DIGIT_9 = 57
/** Up to here a loop is faster than a call of `set`, which costs about 60 ns. */
const SHORT = 48

export class TextCell implements Cell {
  readonly field: string
  /** Length, and every byte may become three. */
  readonly room = 4
  reason = ''
  private readonly trimZeroFraction: boolean
  private readonly guard: EncodingGuard

  constructor(field: string, trimZeroFraction: boolean, guard: EncodingGuard) {
    this.field = field
    this.trimZeroFraction = trimZeroFraction
    this.guard = guard
  }

  write(record: RecordScanner, column: number, out: RowBuffer): number {
    const start = record.starts[column] as number
    let end = record.ends[column] as number
    if (start === end || ((record.buffer[start] as number) <= 32 && trimmedStart(record, column) === end)) {
      out.int32(-1)
      return EMPTY
    }
    if (end - start > MAX_CHARACTERS && this.isTooLong(record.buffer, start, end)) {
      this.reason = `${this.field} is longer than ${MAX_CHARACTERS.toLocaleString('en')} characters`
      return REJECTED
    }
    if (this.trimZeroFraction) end = withoutZeroFraction(record.buffer, start, end)
    const lengthAt = out.at
    out.at += 4
    if (record.forms[column] === ESCAPED) this.copyEscaped(record.buffer, { start, end }, out)
    else if (this.guard.converts) this.convert(record.buffer, { start, end }, out)
    else copyPlain(record.buffer, { start, end }, out)
    const at = out.at
    out.at = lengthAt
    out.int32(at - lengthAt - 4)
    out.at = at
    return VALUE
  }

  private isTooLong(buffer: Buffer, start: number, end: number): boolean {
    if (this.guard.converts || end - start > MAX_UTF8) return true
    let characters = 0
    for (let at = start; at < end; at += 1) if (((buffer[at] as number) & 0xc0) !== 0x80) characters += 1
    return characters > MAX_CHARACTERS
  }

  private copyEscaped(buffer: Buffer, { start, end }: Span, out: RowBuffer): void {
    let from = start
    while (from < end) {
      const quote = buffer.indexOf(QUOTE, from)
      const to = quote < 0 || quote >= end ? end : quote + 1
      if (this.guard.converts) this.convert(buffer, { start: from, end: to }, out)
      else copyPlain(buffer, { start: from, end: to }, out)
      // The second quote of a doubled pair is left out.
      from = to === end ? end : to + 1
    }
  }

  private convert(buffer: Buffer, { start, end }: Span, out: RowBuffer): void {
    for (let at = start; at < end; at += 1) {
      const byte = buffer[at] as number
      if (byte < 128) out.bytes[out.at++] = byte
      else out.at += (UTF8_OF_1252[byte - 128] as Buffer).copy(out.bytes, out.at)
    }
  }
}

interface Span {
  start: number
  end: number
}

function copyPlain(buffer: Buffer, { start, end }: Span, out: RowBuffer): void {
  const { bytes, at } = out
  if (end - start > SHORT) bytes.set(buffer.subarray(start, end), at)
  else for (let from = start, to = at; from < end; from += 1, to += 1) bytes[to] = buffer[from] as number
  out.at = at + end - start
}

/** `17850.0` ends before its point; anything that is not digits, a point and zeros stays whole. */
function withoutZeroFraction(buffer: Buffer, start: number, end: number): number {
  let at = end - 1
  while (at > start && buffer[at] === DIGIT_0) at -= 1
  if (at === end - 1 || buffer[at] !== POINT || at === start) return end
  for (let digit = start; digit < at; digit += 1) {
    const byte = buffer[digit] as number
    if (byte < DIGIT_0 || byte > DIGIT_9) return end
  }
  return at
}
