/** Everything that is known before the first line is read: the file, how it is written, which column is which field. */
import { createHash } from 'node:crypto'
import { lookAtFile, readCsvHead, type CsvHead, type FileFacts } from '../../sources/index.ts'
import { findDateOrder, sampleStyle } from './evidence.ts'
import type { KnownFacts } from './known-files.ts'
import { mapColumns, type ColumnMapping } from './mapping.ts'
import type { ImportRequest } from './types.ts'

export interface Prepared {
  facts: FileFacts
  head: CsvHead
  mapping: ColumnMapping
  dialect: KnownFacts['dialect']
  /** Digest of all that decides what a line means; two files with the same rules and bytes have the same lines. */
  rules: string
}

/** Looks at the file's first bytes. Errors: those of `lookAtFile`, `readCsvHead`, `mapColumns`, `findDateOrder`. */
export async function prepare(request: ImportRequest, signal: AbortSignal | undefined): Promise<Prepared> {
  const { declaration, file } = request
  const facts = await lookAtFile(file)
  const head = await readCsvHead(facts, { delimiter: request.delimiter, encoding: request.encoding })
  const mapping = mapColumns({ header: head.header, declaration, map: request.map ?? [], file })
  const asked = { facts, head, mapping, declaration }
  const dialect = {
    delimiter: head.delimiter,
    encoding: head.encoding,
    decimal: request.decimal ?? sampleStyle(asked),
    date_order: request.dateOrder ?? (await findDateOrder(asked, signal)),
  }
  return { facts, head, mapping, dialect, rules: rulesOf(request, head, mapping) }
}

function rulesOf({ declaration, decimal, encoding, dateOrder }: ImportRequest, head: CsvHead, { columns }: ColumnMapping): string {
  const rules = { declaration, header: head.header, delimiter: head.delimiter, columns, decimal, encoding, dateOrder }
  return createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 32)
}
