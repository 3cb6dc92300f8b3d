/** Rows of a generator into a table by COPY: constant memory, however many there are. */
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { quoteList, quoteQualified, type Session } from '../../warehouse/index.ts'

/** What a cell may hold; an object is written as JSON. */
export type Cell = string | number | boolean | null | Date | Readonly<Record<string, unknown>> | readonly unknown[]

export interface CopyTarget {
  /** `table` or `schema.table`. */
  table: string
  columns: readonly string[]
}

/** Rows per network write: about 64 KB to 200 KB, where larger chunks no longer help. */
const ROWS_PER_CHUNK = 500

/** Copies all rows; returns how many. Rejects with the server's failure, or the signal's reason. */
export async function copyRows(
  session: Session,
  { table, columns }: CopyTarget,
  { rows, signal }: { rows: Iterable<readonly Cell[]>; signal: AbortSignal },
): Promise<number> {
  const sink = session.copyIn(`COPY ${quoteQualified(table)} (${quoteList(columns)}) FROM STDIN`)
  const ended = finished(sink)
  // Told by the write that follows, or at the end.
  ended.catch(() => undefined)
  let [count, text] = [0, '']
  try {
    for (const row of rows) {
      text += `${row.map(toText).join('\t')}\n`
      count += 1
      if (count % ROWS_PER_CHUNK !== 0) continue
      signal.throwIfAborted()
      if (!sink.write(text)) await Promise.race([once(sink, 'drain'), ended])
      text = ''
    }
    sink.end(text)
  } catch (thrown) {
    sink.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)))
    throw thrown
  }
  await ended
  return count
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function toText(cell: Cell): string {
  if (cell === null) return '\\N'
  if (typeof cell === 'number') return String(cell)
  if (typeof cell === 'boolean') return cell ? 't' : 'f'
  if (typeof cell === 'string') return escape(cell)
  return cell instanceof Date ? cell.toISOString() : escape(JSON.stringify(cell))
}

function escape(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (sign) => ESCAPES[sign] ?? sign) : text
}
