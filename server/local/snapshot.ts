/** The one feature snapshot of the workspace: what is known of it, and a new one in its place. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Database } from 'better-sqlite3'
import type { SnapshotInfo } from '../../shared/contract/answers.ts'
import { SNAPSHOT_TABLE, type SnapshotColumn, type SnapshotHead } from './snapshot-writer.ts'
import type { WorkerThread } from './worker-thread.ts'

export interface StoredSnapshot extends SnapshotInfo {
  /** SQLite file that holds the rows, in its table `table`. */
  file: string
  table: typeof SNAPSHOT_TABLE
  columns: SnapshotColumn[]
}

interface SnapshotRow {
  snapshot_id: string
  file_name: string
  synced_at: string
  as_of: string | null
  customers: number
  columns: string
}

/** Returns the call that answers with the snapshot as it is now, or null before the first sync. */
export function openSnapshot(database: Database, folder: string): () => StoredSnapshot | null {
  const one = database.prepare<[], SnapshotRow>('SELECT * FROM snapshots LIMIT 1')
  return () => {
    const row = one.get()
    if (row === undefined) return null
    const { snapshot_id, synced_at, as_of, customers, file_name } = row
    const columns = JSON.parse(row.columns) as SnapshotColumn[]
    const file = join(folder, file_name)
    // A person may have emptied the cache folder; then there is no snapshot until the next sync.
    if (!existsSync(file)) return null
    return { snapshot_id, synced_at, as_of, customers, features: columns.length - 1, file, table: SNAPSHOT_TABLE, columns }
  }
}

/** Chunks on their way to the worker at once: enough that neither side waits, few enough that memory stays flat. */
const IN_FLIGHT = 8

/**
 * Fills a new snapshot in the worker from a COPY binary stream; returns its customers. When the stream or the disk fails,
 * the old snapshot stands. Errors: `local.*`, and whatever the stream throws.
 */
export async function writeSnapshot(
  worker: WorkerThread,
  { head, rows, onRows }: { head: SnapshotHead; rows: Readable; onRows: (customers: number) => void },
): Promise<number> {
  await worker.ask({ type: 'snapshot-begin', head })
  try {
    const flying: Promise<void>[] = []
    for await (const chunk of rows as AsyncIterable<Buffer>) {
      // A copy of its own, so that the buffer can be handed over without being shared with pg's.
      const bytes = new Uint8Array(chunk)
      const handed = worker.ask<number>({ type: 'snapshot-rows', bytes }, [bytes.buffer]).then(onRows)
      // It is awaited a few chunks later; until then a rejection must not count as unhandled.
      handed.catch(() => undefined)
      flying.push(handed)
      if (flying.length >= IN_FLIGHT) await flying.shift()
    }
    await Promise.all(flying)
    return await worker.ask<number>({ type: 'snapshot-finish' })
  } catch (thrown) {
    await worker.ask({ type: 'snapshot-abandon' }).catch(() => undefined)
    throw thrown
  }
}
