/**
 * The messages of pgoutput, PostgreSQL's own output plugin, protocol version 1 (manual, “Logical Replication Message
 * Formats”). Values stay the text that the server wrote, to the last character: the parser of pg-logical-replication 2.5.0
 * drops a byte order mark at the beginning of a value, which files leave in tables, and a key with one would find no row.
 */

/** Values by the order of the relation's columns; undefined for a large value that did not change and is therefore not sent. */
export type Tuple = (string | null | undefined)[]

export interface RelationMessage {
  tag: 'relation'
  relation: number
  /** `schema.table`. */
  stream: string
  columns: string[]
}

export interface RowMessage {
  tag: 'insert' | 'update' | 'delete'
  relation: number
  /** The former key, of an update only where it changed; all other values are null. */
  key: Tuple | null
  /** The whole former row, under REPLICA IDENTITY FULL. */
  old: Tuple | null
  /** The row as it is now; null when it was deleted. */
  after: Tuple | null
}

export type Message =
  | { tag: 'begin'; lsn: bigint; at: bigint }
  | { tag: 'commit'; end: bigint }
  | { tag: 'truncate'; relations: number[] }
  | RelationMessage
  | RowMessage

interface Reader {
  byte(): string
  int16(): number
  int32(): number
  int64(): bigint
  /** Up to the next zero byte. */
  name(): string
  text(bytes: number): string
}

function openBytes(bytes: Buffer): Reader {
  let at = 0
  const step = (length: number): number => (at += length) - length
  return {
    byte: () => String.fromCharCode(bytes.readUInt8(step(1))),
    int16: () => bytes.readInt16BE(step(2)),
    int32: () => bytes.readUInt32BE(step(4)),
    int64: () => bytes.readBigUInt64BE(step(8)),
    name: () => {
      const from = at
      at = bytes.indexOf(0, from) + 1
      return bytes.toString('utf8', from, at - 1)
    },
    text: (length) => {
      const from = step(length)
      return bytes.toString('utf8', from, at)
    },
  }
}

const times = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read)

function readTuple(bytes: Reader): Tuple {
  return times(bytes.int16(), () => {
    const kind = bytes.byte()
    if (kind === 'n') return null
    if (kind === 'u') return undefined
    if (kind === 't') return bytes.text(bytes.int32())
    throw new Error(`pgoutput sent a value of kind “${kind}”`)
  })
}

function readRelation(bytes: Reader): RelationMessage {
  const relation = bytes.int32()
  const schema = bytes.name()
  const stream = `${schema === '' ? 'pg_catalog' : schema}.${bytes.name()}`
  bytes.byte()
  const columns = times(bytes.int16(), () => {
    bytes.byte()
    const name = bytes.name()
    bytes.int32()
    bytes.int32()
    return name
  })
  return { tag: 'relation', relation, stream, columns }
}

function readRow(tag: RowMessage['tag'], relation: number, bytes: Reader): RowMessage {
  const row: RowMessage = { tag, relation, key: null, old: null, after: null }
  const part = bytes.byte()
  if (part !== 'N') {
    row[part === 'K' ? 'key' : 'old'] = readTuple(bytes)
    if (tag === 'delete') return row
    bytes.byte()
  }
  row.after = readTuple(bytes)
  return row
}

const ROWS: Readonly<Record<string, RowMessage['tag']>> = { I: 'insert', U: 'update', D: 'delete' }

/** One message; null for rows of relations that are not wanted, which are not even read, and for what carries no change. */
export function readMessage(data: Buffer, isWanted: (relation: number) => boolean): Message | null {
  const bytes = openBytes(data)
  const kind = bytes.byte()
  const row = ROWS[kind]
  if (row !== undefined) {
    const relation = bytes.int32()
    return isWanted(relation) ? readRow(row, relation, bytes) : null
  }
  switch (kind) {
    case 'B':
      return { tag: 'begin', lsn: bytes.int64(), at: bytes.int64() }
    case 'C':
      bytes.byte()
      bytes.int64()
      return { tag: 'commit', end: bytes.int64() }
    case 'R':
      return readRelation(bytes)
    case 'T': {
      const count = bytes.int32()
      bytes.byte()
      return { tag: 'truncate', relations: times(count, () => bytes.int32()) }
    }
    default:
      // Types, origins and messages of applications.
      return null
  }
}

/** PostgreSQL counts microseconds from 2000-01-01; answers as `2026-03-01 10:00:00.123456+00`. */
export function toTimestamp(microseconds: bigint): string {
  const EPOCH_MS = 946_684_800_000
  const seconds = new Date(Number(microseconds / 1000n) + EPOCH_MS).toISOString()
  return `${seconds.slice(0, 10)} ${seconds.slice(11, 23)}${String(microseconds % 1000n).padStart(3, '0')}+00`
}
