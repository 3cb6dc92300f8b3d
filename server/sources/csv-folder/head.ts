/** How each chosen file is written and which columns it has. */
import { Buffer } from 'node:buffer'
import { type Failure, mistake } from '../../../shared/failure.ts'
import { EncodingGuard, fieldText, lookAtFile, readBytes, readCsvHead, RecordScanner, type CsvHead } from '../csv/index.ts'
import { MAX_COLUMNS } from '../csv/records.ts'
import { fileChanged, toFileFailure } from './failures.ts'
import type { FoundFile } from './files.ts'
import type { CsvFolderSettings } from './settings.ts'

/** Columns that every row has besides those of its file. */
export const OWN_COLUMNS = [
  { name: 'file_name', type: 'text' },
  { name: 'line_number', type: 'bigint' },
  { name: 'file_modified_at', type: 'timestamptz' },
] as const

/** PostgreSQL cuts longer names, and then two of them can be one. */
const MAX_NAME_BYTES = 63
const SAMPLE_BYTES = 1 << 16

/** Dialect and header of one file; spaces around names are taken off. Errors: `source.*`. */
export async function readHead({ path }: FoundFile, settings: CsvFolderSettings): Promise<CsvHead> {
  const head = await readAnyHead(path, settings)
  const header = head.header.map((name) => name.trim())
  checkHeader(path, header)
  return { ...head, header }
}

async function readAnyHead(path: string, settings: CsvFolderSettings): Promise<CsvHead> {
  try {
    return await readCsvHead(await lookAtFile(path), settings)
  } catch (thrown) {
    const failure = toFileFailure(thrown)
    // Right after its contents were hashed.
    if (failure.code === 'source.no-file') throw fileChanged(path, thrown)
    const single = failure.code === 'source.wrong-delimiter' ? await readSingleColumn(path, settings) : null
    if (single === null) throw failure
    return single
  }
}

/**
 * The head of a file with one column, such as a list of customer numbers. Only where the delimiter is given: else a wrong
 * guess could not be told from a single column. Null where the header looks like several columns after all.
 */
async function readSingleColumn(path: string, { delimiter, encoding }: CsvFolderSettings): Promise<CsvHead | null> {
  if (delimiter === undefined) return null
  const { bytes, mark, whole } = await readStart(path)
  const scanner = new RecordScanner(delimiter.charCodeAt(0), 'lf')
  scanner.feed(bytes, whole)
  if (!scanner.next() || scanner.problem !== null || scanner.count !== 1) return null
  const guard = new EncodingGuard(encoding ?? (mark > 0 ? 'utf-8' : null))
  guard.look(bytes, 10, whole)
  const name = fieldText(scanner, 0, guard.encoding ?? 'utf-8')
  if (/[,;\t|\r]/.test(name)) return null
  const dataStart = mark + scanner.position
  return {
    ...{ delimiter, lineEnd: 'lf', encoding: guard.encoding, header: [name], whole, dataStart },
    sample: bytes.subarray(scanner.position),
  }
}

/** The first bytes, without the byte order mark. */
async function readStart(path: string): Promise<{ bytes: Buffer; mark: number; whole: boolean }> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of readBytes(await lookAtFile(path))) {
    pieces.push(piece)
    size += piece.length
    if (size >= SAMPLE_BYTES) break
  }
  const bytes = Buffer.concat(pieces)
  const mark = bytes.toString('latin1', 0, 3) === '\xef\xbb\xbf' ? 3 : 0
  return { bytes: bytes.subarray(mark), mark, whole: size < SAMPLE_BYTES }
}

function checkHeader(path: string, header: readonly string[]): void {
  const bad = (what: string): Failure =>
    mistake('source.bad-header', `${path}: ${what}`, {
      hint: 'The first line must name every column once. Correct it, or keep the file out of the pattern in “stream” of the job.',
      details: { file: path, header: header.slice(0, 100) },
    })
  const seen = new Set<string>()
  for (const [index, name] of header.entries()) {
    const which = `column ${String(index + 1)}`
    if (name === '') throw bad(`${which} of the header has no name`)
    if (seen.has(name)) throw bad(`the header names “${name}” twice`)
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw bad(`${which} has a name of more than ${String(MAX_NAME_BYTES)} bytes: “${name}”`)
    if (OWN_COLUMNS.some((own) => own.name === name)) throw bad(`${which} is called “${name}”, as a column that is added to every row`)
    seen.add(name)
  }
}

/** All columns in order of first appearance. Errors: `source.too-many-columns`. */
export function unionOf(known: readonly string[], heads: Iterable<CsvHead>): string[] {
  const columns = new Set(known)
  for (const { header } of heads) for (const name of header) columns.add(name)
  if (columns.size + OWN_COLUMNS.length <= MAX_COLUMNS) return [...columns]
  throw mistake(
    'source.too-many-columns',
    `The files have ${String(columns.size)} different columns together, and a table can have ${String(MAX_COLUMNS)}`,
    'Give each kind of file a job of its own, with a pattern in “stream” that matches only it.',
  )
}
