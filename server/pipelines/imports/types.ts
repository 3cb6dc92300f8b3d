/** What an import is asked for and what it answers. */
import type { Clock } from '../../../shared/time.ts'
import type { Encoding } from '../../sources/index.ts'
import type { Session, Warehouse } from '../../warehouse/index.ts'
import type { DecimalStyle } from './decimal-cell.ts'
import type { ImportDeclaration } from './declaration.ts'
import type { MappedColumn } from './mapping.ts'
import type { KeptRejects } from './rejects.ts'
import type { ImportNotes } from './row-encoder.ts'
import type { DateOrder } from './timestamp-cell.ts'

export interface ImportNeeds {
  warehouse: Warehouse
  clock: Clock
}

export interface ImportRequest {
  /** The run's row in `quintile.runs`; it must exist. */
  runId: string
  /** The declaration's name, e.g. `orders`; rejects stand under the job `import orders`. */
  name: string
  declaration: ImportDeclaration
  file: string
  /** `column=field`, each. */
  map?: readonly string[] | undefined
  /** `comma`, `semicolon`, `tab` or one character; found out when left out. */
  delimiter?: string | undefined
  encoding?: Encoding | undefined
  decimal?: DecimalStyle | undefined
  dateOrder?: DateOrder | undefined
}

export interface ImportHooks {
  /** After each 256 kB: bytes of the file as it lies on disk, its size, lines read so far. */
  onProgress?: ((bytesDone: number, bytesTotal: number, lines: number) => void) | undefined
  /** The last act inside the transaction; what it writes is kept or undone with the data. */
  commit?: ((session: Session, result: ImportResult) => Promise<void>) | undefined
  /** Called when the import failed and lines had been rejected: they went down with its transaction; save them in one of your own. */
  keepRejects?: ((rejects: KeptRejects) => Promise<void>) | undefined
  signal?: AbortSignal | undefined
}

export interface ImportResult {
  /** Lines of data in the file, without lines that are empty: `already_imported + read`. */
  lines: number
  /** Lines that the target had from an earlier import. */
  already_imported: number
  /** `loaded + rejected`. */
  read: number
  loaded: number
  rejected: number
  rejects: { reason: string; count: number }[]
  notes: ImportNotes
  dialect: { delimiter: string; encoding: Encoding; gzip: boolean; decimal: DecimalStyle; date_order: DateOrder | null }
  mapping: MappedColumn[]
  ignored_columns: string[]
}
