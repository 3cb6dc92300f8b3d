/** The rows of one file, handed over as text; memory of a few buffers whatever the file's size. */
import { Buffer, isAscii } from 'node:buffer'
import { createHash } from 'node:crypto'
import { toIso } from '../../../shared/time.ts'
import { EncodingGuard, ESCAPED, readBytes, RecordScanner, type CsvHead } from '../csv/index.ts'
import type { FeedTaker } from '../feed.ts'
import { fileChanged, stopIfCancelled } from './failures.ts'
import type { ChosenFile } from './survey.ts'

export interface FileToRead {
  file: ChosenFile
  head: CsvHead
  /** Of all files together. */
  columns: readonly string[]
  nulls: ReadonlySet<string>
  taker: FeedTaker
  signal: AbortSignal
}

export interface RowsRead {
  rows: number
  rejects: number
}

/**
 * Hands over every row and reject. Errors: `source.file-changed` (retry) when the bytes are not those that were hashed: what
 * was handed over must then be given up.
 */
export async function readRows(request: FileToRead): Promise<RowsRead> {
  const { file, head, signal } = request
  const reader = new RowReader(request)
  const digest = createHash('sha256')
  let before = 0
  for await (const piece of bytesOf(file)) {
    stopIfCancelled(signal)
    digest.update(piece)
    const skip = Math.min(Math.max(head.dataStart - before, 0), piece.length)
    before += piece.length
    reader.pass(piece.subarray(0, skip))
    await reader.take(piece.subarray(skip), false)
  }
  await reader.take(Buffer.alloc(0), true)
  if (digest.digest('hex') !== file.digest) throw fileChanged(file.path)
  return reader.read
}

/** It was read whole a moment ago, so what goes wrong with its bytes now is new. */
async function* bytesOf({ path, bytes, gzip }: ChosenFile): AsyncGenerator<Buffer> {
  try {
    for await (const piece of readBytes({ path, size: bytes, gzip })) yield piece
  } catch (thrown) {
    throw fileChanged(path, thrown)
  }
}

class RowReader {
  readonly read: RowsRead = { rows: 0, rejects: 0 }
  /** Line ends before what is read next. */
  private lines = 0
  /** What the scanner holds as text, where it is ASCII. */
  private ascii: string | null = null
  private readonly scanner: RecordScanner
  private readonly guard: EncodingGuard
  private readonly lineEnd: number
  /** Of each column the field's place in this file, or −1. */
  private readonly places: readonly number[]
  private readonly modifiedAt: string
  private readonly request: FileToRead

  constructor(request: FileToRead) {
    const { head, columns, file } = request
    this.request = request
    this.scanner = new RecordScanner(head.delimiter.charCodeAt(0), head.lineEnd)
    this.guard = new EncodingGuard(head.encoding)
    this.lineEnd = head.lineEnd === 'lf' ? 10 : 13
    this.places = columns.map((name) => head.header.indexOf(name))
    this.modifiedAt = toIso(file.modifiedAt)
  }

  /** Counts the lines of bytes that are not read: the header. */
  pass(bytes: Buffer): void {
    this.countLines(bytes, 0, bytes.length)
  }

  async take(piece: Buffer, final: boolean): Promise<void> {
    const { scanner, guard, request } = this
    const { taker } = request
    scanner.feed(piece, final)
    const region = scanner.buffer.subarray(scanner.position, scanner.limit)
    guard.look(region, this.lineEnd, final)
    // One text for all fields costs a third of a text made for each; offsets are the same in ASCII only.
    this.ascii = isAscii(region) ? scanner.buffer.toString('latin1', 0, scanner.limit) : null
    // Also what the scanner passed over while it was fed: the rest of a line that is too long.
    let from = 0
    while (scanner.next()) {
      this.countLines(scanner.buffer, from, scanner.recordStart)
      const line = this.lines + 1
      const reason = this.troubleOf()
      if (reason === null) {
        this.read.rows += 1
        const waiting = taker.row(this.values(line))
        if (waiting !== undefined) await waiting
      } else {
        this.read.rejects += 1
        await taker.reject({ reason, text: guard.decode(scanner.record()), rowNumber: line })
      }
      this.countLines(scanner.buffer, scanner.recordStart, scanner.position)
      from = scanner.position
    }
    this.countLines(scanner.buffer, from, scanner.position)
  }

  private countLines(buffer: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      at = buffer.indexOf(this.lineEnd, at)
      if (at < 0 || at >= to) return
      this.lines += 1
    }
  }

  private troubleOf(): string | null {
    const { scanner, guard } = this
    const width = this.request.head.header.length
    if (scanner.problem !== null) return scanner.problem
    if (scanner.count !== width)
      return `too ${scanner.count > width ? 'many' : 'few'} fields: ${String(scanner.count)} instead of ${String(width)}`
    if (guard.clean || guard.problemOf(scanner.record()) === null) return null
    return scanner.record().includes(0)
      ? 'the line contains a NUL character'
      : 'the line is not valid UTF-8 (a file in Latin-1 needs “encoding: windows-1252” of its source)'
  }

  private values(line: number): (string | null)[] {
    const { scanner, places, request } = this
    const { nulls, file } = request
    const values: (string | null)[] = new Array<string | null>(places.length + 3)
    for (let index = 0; index < places.length; index += 1) {
      const place = places[index] as number
      const text = place < 0 ? null : this.textOf(scanner, place)
      values[index] = text === null || nulls.has(text) ? null : text
    }
    values[places.length] = file.name
    values[places.length + 1] = String(line)
    values[places.length + 2] = this.modifiedAt
    return values
  }

  private textOf(scanner: RecordScanner, place: number): string {
    const start = scanner.starts[place] as number
    const end = scanner.ends[place] as number
    if (start === end) return ''
    const text = this.ascii === null ? this.decoded(scanner.buffer, start, end) : this.ascii.slice(start, end)
    return scanner.forms[place] === ESCAPED ? text.replaceAll('""', '"') : text
  }

  private decoded(buffer: Buffer, start: number, end: number): string {
    return this.guard.converts ? this.guard.decode(buffer.subarray(start, end)) : buffer.toString('utf8', start, end)
  }
}
