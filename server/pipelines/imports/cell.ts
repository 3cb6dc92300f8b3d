/** What all kinds of cells share: one cell reads one field of a record and writes it as a COPY value, or says why it cannot. */
import type { RecordScanner } from '../../sources/index.ts'
import type { RowBuffer } from './row-buffer.ts'

/** What became of a field; the first four are counted for the notes. */
export const VALUE = 0
export const EMPTY = 1
export const NEGATIVE = 2
export const ZERO = 3
export const REJECTED = 4

export interface Cell {
  readonly field: string
  /** Why the last field was REJECTED. */
  reason: string
  /** Most bytes that the cell writes, given the bytes of the record. */
  readonly room: number
  /** Reads field `column` of the record; appends length and value. */
  write(record: RecordScanner, column: number, out: RowBuffer): number
}

const BLANK = 32
const TAB = 9

/** First byte of the field that is no blank. */
export function trimmedStart(record: RecordScanner, column: number): number {
  const { buffer } = record
  const end = record.ends[column] as number
  let at = record.starts[column] as number
  while (at < end && (buffer[at] === BLANK || buffer[at] === TAB)) at += 1
  return at
}

/** Behind the last byte of the field that is no blank; not before `start`. */
export function trimmedEnd(record: RecordScanner, column: number, start: number): number {
  const { buffer } = record
  let end = record.ends[column] as number
  while (end > start && (buffer[end - 1] === BLANK || buffer[end - 1] === TAB)) end -= 1
  return end
}
