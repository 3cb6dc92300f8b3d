/**
 * The workspace's SQLite file: a mirror of recent runs, the last result of each report, and the pointer to the feature
 * snapshot, which has a file of its own. Small reads and writes happen here; what takes longer goes to worker threads, so that the server's event loop is never held.
 */
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import type { Clock } from '../../shared/time.ts'
import { openKeptAnswers, type KeptAnswers } from './kept-answers.ts'
import { openKeptDryRuns, type KeptDryRuns } from './kept-dry-runs.ts'
import { openKeptNotifications, type KeptNotifications } from './kept-notifications.ts'
import { openKeptRuns, type KeptRuns } from './kept-runs.ts'
import { openFile } from './schema.ts'
import type { SnapshotHead } from './snapshot-writer.ts'
import { openSnapshot, writeSnapshot, type StoredSnapshot } from './snapshot.ts'
import { WorkerThread } from './worker-thread.ts'

export type { CellType } from './copy-binary.ts'
export type { KeptDelivery, KeptNotification } from './kept-notifications.ts'
export type { SnapshotColumn, SnapshotHead } from './snapshot-writer.ts'
export type { StoredSnapshot } from './snapshot.ts'

export type LocalValue = string | number | null
export type LocalRow = Record<string, LocalValue>

export interface LocalStore extends KeptRuns, KeptAnswers, KeptDryRuns, KeptNotifications {
  snapshot(): StoredSnapshot | null
  /** Reads from a snapshot, in a worker thread. */
  read(snapshot: StoredSnapshot, sql: string, values?: readonly LocalValue[]): Promise<LocalRow[]>
  /** Fills a new snapshot from a COPY binary stream and puts it in the place of the old one; returns its customers. */
  writeSnapshot(head: SnapshotHead, rows: Readable, onRows: (customers: number) => void): Promise<number>
  /** Where a damaged file was put at this opening, or null. */
  readonly setAside: string | null
  close(): Promise<void>
}

/** Opens (or makes) the file. Errors: `local.newer`. */
export function openLocal({ file, clock }: { file: string; clock: Clock }): LocalStore {
  const { database, setAside } = openFile(file, clock())
  const reader = new WorkerThread(file)
  const writer = new WorkerThread(file)
  return {
    ...openKeptRuns(database),
    ...openKeptAnswers(database),
    ...openKeptDryRuns(database),
    ...openKeptNotifications(database),
    setAside,
    snapshot: openSnapshot(database, dirname(file)),
    read: (snapshot, sql, values = []) => reader.ask<LocalRow[]>({ type: 'read', file: snapshot.file, sql, values }),
    writeSnapshot: (head, rows, onRows) => writeSnapshot(writer, { head, rows, onRows }),
    close: async () => {
      await Promise.all([reader.close(), writer.close()])
      database.close()
    },
  }
}
