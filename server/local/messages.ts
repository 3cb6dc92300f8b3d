import type { SnapshotHead } from './snapshot-writer.ts'

/** What the main thread asks of the worker. */
export type WorkerRequest =
  | { type: 'read'; file: string; sql: string; values: readonly (string | number | null)[] }
  | { type: 'snapshot-begin'; head: SnapshotHead }
  | { type: 'snapshot-rows'; bytes: Uint8Array }
  | { type: 'snapshot-finish' }
  | { type: 'snapshot-abandon' }

export type WorkerAnswer = { id: number; ok: true; value: unknown } | { id: number; ok: false; message: string; code: string | null }
