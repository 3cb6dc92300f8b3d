/**
 * Rows kept out, in the form in which they go to `quintile.rejects`. The first megabyte stays in memory; more goes to a
 * file in the folder for temporary files, so that a file of nothing but rejects needs no more memory than a good one.
 */
import type { Session } from '../../warehouse/index.ts'
import { openCopy } from './copy-writer.ts'
import { RowBuffer } from './row-buffer.ts'
import { openSpool, type Spool } from './spool.ts'

interface Reject {
  row_number: number
  reason: string
  row_text: string
}

export interface RejectCount {
  reason: string
  count: number
}

/** The rejects of an import that failed. */
export interface KeptRejects {
  readonly count: number
  /** Copies them to `quintile.rejects`; the run's row must exist. */
  save(session: Session): Promise<void>
}

const BUFFERS_IN_MEMORY = 4
/** Characters of a row that are kept; a broken line may be a megabyte long. */
const MAX_TEXT = 100_000
const COPY = 'COPY quintile.rejects (run_id, job, row_number, reason, row_text) FROM STDIN (FORMAT binary)'

export class Rejects implements KeptRejects {
  count = 0
  private pieces: Buffer[] = []
  private readonly counts = new Map<string, number>()
  private sealed = false
  private readonly rows = new RowBuffer()
  private readonly spool: Spool = openSpool()
  private readonly runId: Buffer
  private readonly job: string

  constructor(runId: string, job: string) {
    this.runId = Buffer.from(runId.replaceAll('-', ''), 'hex')
    this.job = job
  }

  /** Errors: those of the spool. */
  add(reject: Reject): void {
    const row = { ...reject, row_text: shortened(reject.row_text) }
    this.count += 1
    this.counts.set(row.reason, (this.counts.get(row.reason) ?? 0) + 1)
    this.append(row)
    this.pieces.push(...this.rows.take())
    if (this.pieces.length <= BUFFERS_IN_MEMORY) return
    this.spool.append(this.pieces)
    this.pieces = []
  }

  /** The most frequent reason first. */
  reasons(): RejectCount[] {
    const counts = [...this.counts].map(([reason, count]) => ({ reason, count }))
    return counts.sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
  }

  /** May be called again when the transaction of the first call failed; nothing can be added behind it. */
  async save(session: Session): Promise<void> {
    if (this.count === 0) return
    if (!this.sealed) this.pieces.push(...this.rows.finish())
    this.sealed = true
    const copy = openCopy(session, COPY)
    try {
      for await (const piece of this.spool.read()) await copy.write(piece)
      for (const piece of this.pieces) await copy.write(piece)
      await copy.end()
    } catch (thrown) {
      await copy.abandon()
      throw thrown
    }
  }

  /** Removes the temporary file. */
  close(): void {
    this.spool.close()
  }

  private append({ row_number, reason, row_text }: Reject): void {
    const { rows } = this
    rows.reserve(22)
    rows.int16(5)
    rows.int32(16)
    rows.at += this.runId.copy(rows.bytes, rows.at)
    rows.textValue(this.job)
    rows.reserve(12)
    rows.int8Value(row_number)
    rows.textValue(reason)
    rows.textValue(row_text)
  }
}

function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}… (${String(text.length)} characters)` : text
}
