/** A stand-in for the warehouse: it keeps positions and rows together, as a step's transaction does, and applies changes by key. */
import type pg from 'pg'
import {
  openReplicationFeed,
  replicationSettings,
  type FeedOutcome,
  type FeedPosition,
  type ReplicationFeed,
  type SlotState,
  type SourceColumn,
  type SourceConnection,
} from '../../../server/sources/index.ts'

export type Row = Record<string, string | null>

export interface ReadOptions {
  /** Whose position it is; called like the stream by default. */
  job?: string
  /** False loses the data and the position, as a crash before the commit does. */
  commit?: boolean
  /** False never tells the source, as a crash after the commit does. */
  confirm?: boolean
  dryRun?: boolean
  /** Reads everything again. */
  fullReload?: boolean
  signal?: AbortSignal
  onColumns?: () => Promise<unknown>
  /** Called with each row before it is kept. */
  onRow?: (row: Row) => Promise<void> | void
}

export interface Reading extends FeedOutcome {
  rows: Row[]
  columns: readonly SourceColumn[]
}

export interface Replica {
  feed: ReplicationFeed
  positions: Map<string, FeedPosition>
  /** What a job does. */
  read(stream: string, options?: ReadOptions): Promise<Reading>
  /** The state of its slot; undefined when there is none. Others' slots, of tests that run at the same time, stand beside it. */
  slot(): Promise<SlotState | undefined>
  close(): Promise<void>
}

let slots = 0

/** A name that no other test uses. */
export function newSlot(): string {
  slots += 1
  return `test_${String(process.pid)}_${crypto.randomUUID().slice(0, 8)}_${String(slots)}`
}

/** Opens a feed on the database; `settings` as in pack.yaml, without the server. */
export function openReplica(connection: SourceConnection, settings: Record<string, unknown>): Replica {
  const { host, port, user, password, database } = connection
  const parsed = replicationSettings.parse({
    kind: 'replication',
    host,
    port,
    user,
    database,
    publication: 'changes',
    slot: newSlot(),
    ...settings,
  })
  const positions = new Map<string, FeedPosition>()
  const feed = openReplicationFeed({ name: 'shop', settings: parsed, password, positions: () => Promise.resolve([...positions.values()]) })
  const read = async (stream: string, options: ReadOptions = {}): Promise<Reading> => {
    const { job = stream, commit = true, confirm = true, dryRun = false, fullReload = false, onColumns, onRow } = options
    const { signal = new AbortController().signal } = options
    const rows: Row[] = []
    let columns: readonly SourceColumn[] = []
    const position = fullReload ? null : (positions.get(job) ?? null)
    const outcome = await feed.read(
      { stream, position, dryRun, signal },
      {
        columns: async (told) => {
          columns = told
          await onColumns?.()
        },
        row: (values) => {
          const row = Object.fromEntries(columns.map(({ name }, place) => [name, values[place] ?? null]))
          rows.push(row)
          return onRow?.(row)
        },
        reject: () => undefined,
      },
    )
    if (commit && !dryRun && outcome.position !== null) {
      positions.set(job, JSON.parse(JSON.stringify(outcome.position)) as FeedPosition)
      if (confirm) await feed.committed(stream, outcome.position)
    }
    return { ...outcome, rows, columns }
  }
  const slot = async () => (await feed.slots()).slots.find(({ ours }) => ours)
  return { feed, positions, read, slot, close: () => feed.close() }
}

/** Applies rows to a copy of the table, by key, as a load does; what cannot be applied throws. */
export function apply(copy: Map<string, Row>, rows: readonly Row[], key = 'id'): void {
  let order = 0
  for (const { change, commit_lsn: _lsn, committed_at: _at, change_order, unchanged_columns, ...row } of rows) {
    if (Number(change_order) !== (order += 1)) throw new Error(`out of order: ${String(change_order)} after ${String(order - 1)}`)
    const id = row[key] ?? ''
    const before = copy.get(id)
    if (change === 'truncate') copy.clear()
    else if (change === 'delete') {
      if (!copy.delete(id)) throw new Error(`nothing to delete: ${id}`)
    } else if (change === 'insert') {
      if (before !== undefined) throw new Error(`inserted twice: ${id}`)
      copy.set(id, row)
    } else {
      if (before === undefined) throw new Error(`nothing to update: ${id}`)
      const unchanged = (unchanged_columns ?? '{}')
        .slice(1, -1)
        .split(',')
        .filter(Boolean)
        .map((name) => name.replaceAll('"', ''))
      copy.set(id, { ...row, ...Object.fromEntries(unchanged.map((name) => [name, before[name] ?? null])) })
    }
  }
}

/** The table as it is, every value as text. */
export async function tableNow(writer: pg.Client, table: string, key = 'id'): Promise<Map<string, Row>> {
  const types = { getTypeParser: () => (text: unknown) => text }
  const { rows } = await writer.query<Row>({ text: `SELECT * FROM ${table}`, types } as pg.QueryConfig)
  return new Map(rows.map((row) => [row[key] ?? '', row]))
}

/** Drops the slots that the test made; a database with a slot cannot be dropped. */
export async function dropSlots(writer: pg.Client): Promise<void> {
  await writer.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()')
}
