/** CSV files as a source: bytes, dialect, records. What the fields mean is the business of those who ask. */
import { Buffer } from 'node:buffer'
import { readBytes, type FileFacts } from './bytes.ts'
import { readHead, type CsvHead, type CsvWishes } from './dialect.ts'

export { lookAtFile, readBytes, type ByteReader, type FileFacts } from './bytes.ts'
export { fieldText, type CsvDialect, type CsvHead, type CsvWishes } from './dialect.ts'
export { EncodingGuard, UTF8_OF_1252, type Encoding } from './encoding.ts'
export { ESCAPED, PLAIN, RecordScanner } from './records.ts'

const SAMPLE_BYTES = 1 << 18

/** Reads the first 256 kB and finds out how the file is written. Errors: those of `readBytes` and `readHead`. */
export async function readCsvHead(facts: FileFacts, wishes: CsvWishes): Promise<CsvHead> {
  const pieces: Buffer[] = []
  let size = 0
  let whole = true
  for await (const piece of readBytes(facts)) {
    pieces.push(piece)
    size += piece.length
    whole = size < SAMPLE_BYTES
    if (!whole) break
  }
  return readHead({ bytes: Buffer.concat(pieces), whole, path: facts.path }, wishes)
}
