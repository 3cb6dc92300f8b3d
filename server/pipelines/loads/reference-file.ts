/** Reads a CSV file of the workspace into the temporary table `reference_lines`: one text per cell, with the line's number. */
import { Buffer } from 'node:buffer'
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import {
  EncodingGuard,
  fieldText,
  lookAtFile,
  PLAIN,
  readBytes,
  readCsvHead,
  RecordScanner,
  type CsvHead,
  type CsvWishes,
} from '../../sources/index.ts'
import { quoteList, type Session } from '../../warehouse/index.ts'
import { columnsOf } from './columns.ts'

export const LINES = 'pg_temp.reference_lines'

/** A line that is no row. */
export interface BrokenLine {
  /** Of the data, the header not counted. */
  line: number
  reason: string
  text: string
}

export interface LinesRead {
  /** Columns of the file, all of them the target's. */
  columns: readonly string[]
  /** Lines met, the broken ones included. */
  read: number
  broken: readonly BrokenLine[]
}

/** The file's real path. Errors: `reference.no-file`, `reference.outside-workspace`. */
export async function locate(folder: string, file: string): Promise<string> {
  const path = await realpath(join(folder, file)).catch(() => null)
  const facts = path === null ? null : await stat(path)
  if (path === null || facts?.isFile() !== true)
    throw mistake(
      'reference.no-file',
      `There is no file ${file} in the workspace`,
      'The path in “csv” is taken from the workspace’s folder.',
    )
  if (path.startsWith(`${await realpath(folder)}${sep}`)) return path
  throw mistake(
    'reference.outside-workspace',
    `${file} leads out of the workspace`,
    'Put the file itself into the workspace, not a link to it.',
  )
}

export interface FileToRead {
  path: string
  wishes: CsvWishes
  job: { target: string; key: readonly string[]; csv: string }
}

/** Rows go to the warehouse in pieces, so that memory stays flat. */
const PIECE = 5000

/** Errors: `reference.bad-header`, and those of reading CSV. */
export async function readLines(session: Session, { path, wishes, job }: FileToRead): Promise<LinesRead> {
  const facts = await lookAtFile(path)
  const head = await readCsvHead(facts, wishes)
  const columns = await checkHeader(session, head.header, job)
  await session.script(
    `CREATE TEMP TABLE reference_lines (line_number bigint, line_text text, ${columns.map((name) => `"${name}" text`).join(', ')}) ON COMMIT DROP`,
  )
  const reader = new LineReader(head)
  let before = 0
  for await (const piece of readBytes(facts)) {
    const skip = Math.min(Math.max(head.dataStart - before, 0), piece.length)
    before += piece.length
    reader.take(piece.subarray(skip), false)
    if (reader.rows.length >= PIECE) await insertRows(session, columns, reader.rows.splice(0))
  }
  reader.take(Buffer.alloc(0), true)
  await insertRows(session, columns, reader.rows)
  return { columns, read: reader.read, broken: reader.broken }
}

async function checkHeader(session: Session, header: readonly string[], { target, key, csv }: FileToRead['job']): Promise<string[]> {
  const known = await columnsOf(session, target)
  const refuse = (what: string, hint: string): Error => mistake('reference.bad-header', `${csv}: ${what}`, hint)
  if (known.length === 0) throw mistake('load.no-target', `The target table ${target} does not exist`, 'Run “quintile warehouse upgrade”.')
  const unknown = header.find((name) => !known.includes(name))
  if (unknown !== undefined) throw refuse(`the header names “${unknown}”, which ${target} does not have`, suggest(unknown, known))
  const twice = header.find((name, index) => header.indexOf(name) !== index)
  if (twice !== undefined) throw refuse(`the header names “${twice}” twice`, 'Name every column once.')
  const missing = key.find((name) => !header.includes(name))
  if (missing !== undefined) throw refuse(`the header lacks “${missing}”, a column of the key`, 'Add the column, or correct “key”.')
  return [...header]
}

interface Row {
  line: number
  text: string
  cells: (string | null)[]
}

class LineReader {
  readonly rows: Row[] = []
  readonly broken: BrokenLine[] = []
  read = 0
  private readonly scanner: RecordScanner
  private readonly guard: EncodingGuard
  private readonly lineEnd: number
  private readonly width: number

  constructor({ delimiter, lineEnd, encoding, header }: CsvHead) {
    this.scanner = new RecordScanner(delimiter.charCodeAt(0), lineEnd)
    this.guard = new EncodingGuard(encoding)
    this.lineEnd = lineEnd === 'lf' ? 10 : 13
    this.width = header.length
  }

  take(piece: Buffer, final: boolean): void {
    const { scanner, guard } = this
    scanner.feed(piece, final)
    guard.look(scanner.buffer.subarray(scanner.position, scanner.limit), this.lineEnd, final)
    while (scanner.next()) {
      this.read += 1
      const [line, text, reason] = [this.read, guard.decode(scanner.record()), this.troubleOf()]
      if (reason === null) this.rows.push({ line, text, cells: this.cells() })
      else this.broken.push({ line, text, reason })
    }
  }

  private troubleOf(): string | null {
    const { scanner, guard, width } = this
    if (scanner.problem !== null) return scanner.problem
    if (scanner.count !== width)
      return `too ${scanner.count > width ? 'many' : 'few'} fields: ${String(scanner.count)} instead of ${String(width)}`
    return guard.clean ? null : guard.problemOf(scanner.record())
  }

  /** An empty cell is null; one of two quotes is an empty text. */
  private cells(): (string | null)[] {
    const { scanner, guard, width } = this
    return Array.from({ length: width }, (_, place) => {
      const text = fieldText(scanner, place, guard.encoding ?? 'utf-8')
      return text === '' && scanner.forms[place] === PLAIN ? null : text
    })
  }
}

async function insertRows(session: Session, columns: readonly string[], rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return
  const places = columns.map((_, place) => `$${String(place + 3)}::text[]`)
  await session.query(
    `INSERT INTO ${LINES} (line_number, line_text, ${quoteList(columns)}) SELECT * FROM unnest($1::bigint[], $2::text[], ${places.join(', ')})`,
    [
      rows.map(({ line }) => line),
      rows.map(({ text }) => text),
      ...columns.map((_, place) => rows.map(({ cells }) => cells[place] ?? null)),
    ],
  )
}
