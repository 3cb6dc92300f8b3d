/**
 * Reads PostgreSQL's COPY binary format from chunks of any size. Only the four types that a feature query is cast to:
 * text, float8, int8 and boolean. Whoever needs another casts it in SQL.
 */
import { Failure } from '../../shared/failure.ts'

export type CellType = 'text' | 'float8' | 'int8' | 'bool'
export type Cell = string | number | bigint | null

const SIGNATURE_BYTES = 11
const HEADER_BYTES = SIGNATURE_BYTES + 8
const LENGTH_BYTES = 4

/** The cell at `at`, right behind its length. */
function readCell(type: CellType, bytes: Buffer, at: number): Cell {
  switch (type) {
    case 'text':
      return bytes.toString('utf8', at, at + bytes.readInt32BE(at - LENGTH_BYTES))
    case 'float8':
      return bytes.readDoubleBE(at)
    case 'bool':
      return bytes[at] === 1 ? 1 : 0
    case 'int8': {
      const value = bytes.readBigInt64BE(at)
      // Counts and days fit a double; only what does not stays a bigint.
      return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
    }
  }
}

export class CopyBinaryReader {
  private rest: Buffer = Buffer.alloc(0)
  private headerRead = false
  private ended = false
  private readonly types: readonly CellType[]
  private readonly take: (cells: Cell[]) => void

  constructor(types: readonly CellType[], take: (cells: Cell[]) => void) {
    this.types = types
    this.take = take
  }

  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    if (!this.headerRead) {
      if (bytes.length < HEADER_BYTES) {
        this.rest = bytes
        return
      }
      at = HEADER_BYTES + bytes.readInt32BE(SIGNATURE_BYTES + 4)
      this.headerRead = true
    }
    for (;;) {
      const next = this.readRow(bytes, at)
      if (next < 0) break
      at = next
    }
    this.rest = bytes.subarray(at)
  }

  /** The position behind the row at `at`, or -1 when the row is not yet whole (or the stream has ended). */
  private readRow(bytes: Buffer, at: number): number {
    if (this.ended || at + 2 > bytes.length) return -1
    if (bytes.readInt16BE(at) === -1) {
      this.ended = true
      return at + 2
    }
    const cells: Cell[] = []
    let place = at + 2
    for (const type of this.types) {
      if (place + LENGTH_BYTES > bytes.length) return -1
      const length = bytes.readInt32BE(place)
      place += LENGTH_BYTES
      if (length >= 0 && place + length > bytes.length) return -1
      cells.push(length < 0 ? null : readCell(type, bytes, place))
      if (length > 0) place += length
    }
    this.take(cells)
    return place
  }

  /** The trailer proves that the stream was whole. */
  finish(): void {
    if (!this.ended)
      throw new Failure({
        kind: 'retry',
        code: 'local.copy-cut',
        message: 'The copy of the features ended before its end',
        hint: 'The old snapshot stands. Sync again.',
      })
  }
}
