/** How a CSV file is written, told from its first bytes: delimiter, line end, encoding mark, and the header. */
import { mistake } from '../../../shared/failure.ts'
import { decode, EncodingGuard, type Encoding } from './encoding.ts'
import { ESCAPED, MAX_COLUMNS, RecordScanner, type LineEnd } from './records.ts'

export interface CsvDialect {
  delimiter: string
  lineEnd: LineEnd
  /** Null while only ASCII has been seen. */
  encoding: Encoding | null
}

/** What the person fixed; the rest is found out. */
export interface CsvWishes {
  delimiter?: string | undefined
  encoding?: Encoding | undefined
}

export interface CsvHead extends CsvDialect {
  header: string[]
  /** Byte at which the first line of data begins. */
  dataStart: number
  /** The first bytes of the data, up to 256 kB, for rules that need to see some lines. */
  sample: Buffer
  /** The file ends within the sample. */
  whole: boolean
}

const NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'pipe' }
const CANDIDATES = [',', ';', '\t']
const SAMPLE_LINES = 20

/** A delimiter in words: `comma`, `tab`, or the character itself. */
export function delimiterName(delimiter: string): string {
  return NAMES[delimiter] ?? `“${delimiter}”`
}

/** A delimiter from its word or itself. Errors: `import.bad-delimiter`. */
export function toDelimiter(text: string): string {
  const named = Object.entries(NAMES).find(([, name]) => name === text.toLowerCase())?.[0]
  const delimiter = named ?? (text === '\\t' ? '\t' : text)
  if (delimiter.length === 1 && /[^\w"\r\n.+-]/.test(delimiter) && delimiter.charCodeAt(0) < 128) return delimiter
  throw mistake(
    'import.bad-delimiter',
    `“${text}” cannot be a delimiter`,
    'Pass comma, semicolon, tab or one ASCII character that is no letter, digit, quote, point or sign.',
  )
}

/** Finds out how the file is written. `start` holds its first bytes. Errors: `import.utf-16`, `import.wrong-delimiter`, `import.empty-file`. */
export function readHead(start: { bytes: Buffer; whole: boolean; path: string }, wishes: CsvWishes): CsvHead {
  const { path, whole } = start
  refuseUtf16(start.bytes, path)
  const mark = start.bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0
  const bytes = start.bytes.subarray(mark)
  const lineEnd = lineEndOf(bytes)
  const delimiter = wishes.delimiter === undefined ? sniff(bytes, lineEnd) : toDelimiter(wishes.delimiter)
  const scanner = new RecordScanner(delimiter.charCodeAt(0), lineEnd)
  scanner.feed(bytes, true)
  if (!scanner.next()) throw mistake('import.empty-file', `${path} has no header`, 'The first line must name the columns.')
  const guard = new EncodingGuard(wishes.encoding ?? (mark > 0 ? 'utf-8' : null))
  guard.look(bytes, lineEnd === 'lf' ? 10 : 13, whole)
  const header = headerOf(scanner, guard.encoding ?? 'utf-8')
  if (header.length < 2 || scanner.problem !== null) throw wrongDelimiter({ path, bytes, lineEnd }, { delimiter, header })
  if (scanner.count > MAX_COLUMNS)
    throw mistake(
      'import.wrong-format',
      `${path} has ${String(scanner.count)} columns`,
      `At most ${String(MAX_COLUMNS)} are read; check the delimiter.`,
    )
  return {
    delimiter,
    lineEnd,
    encoding: guard.encoding,
    header,
    whole,
    dataStart: mark + scanner.position,
    sample: bytes.subarray(scanner.position),
  }
}

/** The record's fields as text. */
export function headerOf(scanner: RecordScanner, encoding: Encoding): string[] {
  return Array.from({ length: Math.min(scanner.count, MAX_COLUMNS) }, (_, index) => fieldText(scanner, index, encoding).trim())
}

/** One field as text, its doubled quotes undone. For headers and samples; lines of data are never made into strings. */
export function fieldText(scanner: RecordScanner, index: number, encoding: Encoding): string {
  const text = decode(scanner.buffer.subarray(scanner.starts[index], scanner.ends[index]), encoding)
  return scanner.forms[index] === ESCAPED ? text.replaceAll('""', '"') : text
}

function refuseUtf16(bytes: Buffer, path: string): void {
  const mark = bytes.toString('latin1', 0, 2)
  const nuls = bytes.subarray(0, 200).filter((byte) => byte === 0).length
  if (mark === '\xff\xfe' || mark === '\xfe\xff' || nuls > Math.min(200, bytes.length) / 4) {
    throw mistake(
      'import.utf-16',
      `${path} is written in UTF-16`,
      'Save it as “CSV UTF-8”, or convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW.csv',
    )
  }
}

/** CR only where the first line end is a CR without LF, as old Mac programs write it. */
function lineEndOf(bytes: Buffer): LineEnd {
  const cr = bytes.indexOf(13)
  const lf = bytes.indexOf(10)
  return cr >= 0 && (lf < 0 || lf > cr + 1) && bytes.length > cr + 1 ? 'cr' : 'lf'
}

/** The candidate with which most lines have as many fields as the header; among equals the one with more fields. */
function sniff(bytes: Buffer, lineEnd: LineEnd): string {
  let best = { delimiter: ',', score: -1 }
  for (const delimiter of CANDIDATES) {
    const [columns = 0, ...others] = fieldCounts(bytes, delimiter, lineEnd)
    if (columns < 2) continue
    const agreeing = others.length === 0 ? 1 : others.filter((count) => count === columns).length / others.length
    const score = Math.round(agreeing * 10) * MAX_COLUMNS + columns
    if (score > best.score) best = { delimiter, score }
  }
  return best.delimiter
}

function fieldCounts(bytes: Buffer, delimiter: string, lineEnd: LineEnd): number[] {
  const scanner = new RecordScanner(delimiter.charCodeAt(0), lineEnd)
  // The last line may be cut; unless the sample is the whole file it is left out by not being final.
  scanner.feed(bytes, bytes.indexOf(lineEnd === 'lf' ? 10 : 13) < 0)
  const counts: number[] = []
  while (counts.length < SAMPLE_LINES && scanner.next()) counts.push(scanner.count)
  return counts
}

function wrongDelimiter(file: { path: string; bytes: Buffer; lineEnd: LineEnd }, tried: { delimiter: string; header: string[] }): Error {
  const found = [...CANDIDATES, '|', ':'].find(
    (candidate) => candidate !== tried.delimiter && (fieldCounts(file.bytes, candidate, file.lineEnd)[0] ?? 0) > 1,
  )
  return mistake(
    'import.wrong-delimiter',
    `${file.path}: the header has a single column, “${(tried.header[0] ?? '').slice(0, 200)}”, when it is divided at each ${delimiterName(tried.delimiter)}`,
    {
      hint:
        found === undefined
          ? 'Pass the character between the columns: --delimiter comma, semicolon, tab or any other. The first line must name the columns.'
          : `Pass --delimiter ${NAMES[found] ?? `"${found}"`}.`,
      details: { file: file.path, tried: delimiterName(tried.delimiter) },
    },
  )
}
