/** One record of the file to one row of the target, or the reason why it is kept out. */
import type { ColumnMapping } from './mapping.ts'
import type { ImportDeclaration } from './declaration.ts'
import type { EncodingGuard, RecordScanner } from '../../sources/index.ts'
import { EMPTY, NEGATIVE, REJECTED, ZERO, type Cell } from './cell.ts'
import { DecimalCell, type DecimalMark } from './decimal-cell.ts'
import { TextCell } from './text-cell.ts'
import { TimestampCell, type SlashOrder } from './timestamp-cell.ts'
import { RowBuffer } from './row-buffer.ts'

/** What is worth knowing about the lines that were read and not rejected, per field; only counts above zero. */
export interface ImportNotes {
  empty: Record<string, number>
  negative: Record<string, number>
  zero: Record<string, number>
}

export interface Reading {
  declaration: ImportDeclaration
  mapping: ColumnMapping
  /** Columns of the file. */
  width: number
  guard: EncodingGuard
  mark: DecimalMark
  slash: SlashOrder
}

/** `line_id` with its length, and the number of fields. */
const HEAD = 14
const KINDS = 4

export class RowEncoder {
  readonly out = new RowBuffer()
  /** Newest time of the first time column, in microseconds since 2000-01-01 UTC. */
  newest = Number.NEGATIVE_INFINITY
  private readonly cells: Cell[]
  private readonly places: number[]
  private readonly required: boolean[]
  private readonly width: number
  private readonly guard: EncodingGuard
  private readonly room: number
  private readonly time: TimestampCell | undefined
  private readonly kinds: Uint8Array
  private readonly counts: Float64Array

  constructor(reading: Reading) {
    const { columns } = reading.mapping
    this.cells = columns.map(({ field }) => toCell(field, reading))
    this.places = columns.map(({ index }) => index)
    this.required = columns.map(({ field }) => reading.declaration.fields[field]?.required === true)
    this.width = reading.width
    this.guard = reading.guard
    this.room = HEAD + this.cells.reduce((sum, cell) => sum + cell.room, 0)
    this.time = this.cells.find((cell) => cell instanceof TimestampCell)
    this.kinds = new Uint8Array(columns.length)
    this.counts = new Float64Array(columns.length * KINDS)
  }

  /** Appends the record as a row; null, or the reason why it is rejected. */
  encode(record: RecordScanner, lineId: number): string | null {
    const trouble = this.troubleOf(record)
    if (trouble !== null) return trouble
    const { out, cells } = this
    out.reserve(this.room + (record.recordEnd - record.recordStart) * 3)
    const start = out.at
    out.int16(cells.length + 1)
    out.int8Value(lineId)
    for (let index = 0; index < cells.length; index += 1) {
      const cell = cells[index] as Cell
      const kind = cell.write(record, this.places[index] as number, out)
      if (kind === REJECTED || (kind === EMPTY && this.required[index] === true)) {
        out.at = start
        return kind === REJECTED ? cell.reason : `${cell.field} is empty`
      }
      this.kinds[index] = kind
    }
    this.count()
    return null
  }

  /** The counts so far. */
  notes(): ImportNotes {
    const of = (kind: number): Record<string, number> => {
      const entries = this.cells.map((cell, index): [string, number] => [cell.field, this.counts[index * KINDS + kind] ?? 0])
      return Object.fromEntries(entries.filter(([, count]) => count > 0))
    }
    return { empty: of(EMPTY), negative: of(NEGATIVE), zero: of(ZERO) }
  }

  private troubleOf(record: RecordScanner): string | null {
    if (record.problem !== null) return record.problem
    if (record.count !== this.width) {
      return `too ${record.count > this.width ? 'many' : 'few'} fields: ${String(record.count)} instead of ${String(this.width)}`
    }
    return this.guard.clean ? null : this.guard.problemOf(record.record())
  }

  private count(): void {
    const { kinds, counts } = this
    for (let index = 0; index < kinds.length; index += 1) {
      const at = index * KINDS + (kinds[index] as number)
      counts[at] = (counts[at] as number) + 1
    }
    if (this.time !== undefined && this.time.micros > this.newest) this.newest = this.time.micros
  }
}

function toCell(field: string, { declaration, guard, mark, slash }: Reading): Cell {
  const declared = declaration.fields[field]
  if (declared?.type === 'decimal') return new DecimalCell(field, declared, mark)
  if (declared?.type === 'timestamp') return new TimestampCell(field, slash)
  return new TextCell(field, declared?.type === 'text' && declared.trim_zero_fraction, guard)
}
