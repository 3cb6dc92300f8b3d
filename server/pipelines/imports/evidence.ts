/** What only the data can say: the decimal mark, and whether 3/4/2011 is in March or in April. */
import { mistake } from '../../../shared/failure.ts'
import { fieldText, readBytes, RecordScanner, type CsvHead, type FileFacts } from '../../sources/index.ts'
import type { ImportDeclaration } from './declaration.ts'
import { provenStyle, type DecimalStyle } from './decimal-cell.ts'
import type { ColumnMapping } from './mapping.ts'
import type { DateOrder } from './timestamp-cell.ts'

const SAMPLE_LINES = 1000

interface Asked {
  facts: FileFacts
  head: CsvHead
  mapping: ColumnMapping
  declaration: ImportDeclaration
}

function placesOf({ mapping, declaration }: Asked, type: 'decimal' | 'timestamp'): number[] {
  return mapping.columns.flatMap(({ field, index }) => (declaration.fields[field]?.type === type ? [index] : []))
}

function scannerOf({ delimiter, lineEnd }: CsvHead): RecordScanner {
  return new RecordScanner(delimiter.charCodeAt(0), lineEnd)
}

/** The decimal mark that the first thousand lines prove, or null: then the first number with a mark decides. */
export function sampleStyle(asked: Asked): DecimalStyle | null {
  const places = placesOf(asked, 'decimal')
  const scanner = scannerOf(asked.head)
  scanner.feed(asked.head.sample, asked.head.whole)
  for (let line = 0; line < SAMPLE_LINES && scanner.next(); line += 1) {
    for (const place of places) {
      const proven = place < scanner.count ? provenStyle(fieldText(scanner, place, 'utf-8')) : null
      if (proven !== null) return proven
    }
  }
  return null
}

const SLASHED = /^\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}/

/**
 * The order of day and month. Null where the sample has no such date. Where it has some and none is decisive, the whole
 * file is read for one that is; that costs one more pass, and only such files pay it.
 * Errors: `import.ambiguous-dates` when no date of the file decides.
 */
export async function findDateOrder(asked: Asked, signal: AbortSignal | undefined): Promise<DateOrder | null> {
  const places = placesOf(asked, 'timestamp')
  const seen: { example: string | null } = { example: null }
  const scanner = scannerOf(asked.head)
  scanner.feed(asked.head.sample, asked.head.whole)
  const inSample = decisive(scanner, places, seen)
  if (inSample !== null || seen.example === null) return inSample
  const pass = scannerOf(asked.head)
  for await (const piece of readBytes(asked.facts, asked.head.dataStart)) {
    signal?.throwIfAborted()
    pass.feed(piece, false)
    const order = decisive(pass, places, seen)
    if (order !== null) return order
  }
  pass.feed(Buffer.alloc(0), true)
  const order = decisive(pass, places, seen)
  if (order !== null) return order
  throw mistake(
    'import.ambiguous-dates',
    `${asked.facts.path}: dates such as “${seen.example}” may be day/month or month/day, and no line decides which`,
    'Pass --date-order dmy (day first) or --date-order mdy (month first).',
  )
}

function decisive(scanner: RecordScanner, places: readonly number[], seen: { example: string | null }): DateOrder | null {
  while (scanner.next()) {
    for (const place of places) {
      if (place >= scanner.count) continue
      const text = scanner.buffer.toString('latin1', scanner.starts[place], scanner.ends[place])
      const found = SLASHED.exec(text)
      if (found === null) continue
      const [first, second] = [Number(found[1]), Number(found[2])]
      if (first > 12 && first < 32 && second < 13) return 'dmy'
      if (second > 12 && second < 32 && first < 13) return 'mdy'
      if (first < 13 && second < 13 && first !== second) seen.example ??= text.slice(0, 40)
    }
  }
  return null
}
