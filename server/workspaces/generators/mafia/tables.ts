/** The tables of both services, with their columns in the order in which rows are written. */
import type { Session } from '../../../warehouse/index.ts'
import { copyRows, type Cell } from '../copy-rows.ts'

export const TABLES = {
  User: ['id', 'username', 'email', 'createdAt', 'updatedAt'],
  Device: ['id', 'userId', 'platform', 'createdAt'],
  CurrencyTransaction: ['id', 'userId', 'type', 'amount', 'description', 'createdAt'],
  AccessEvent: ['id', 'userId', 'deviceId', 'ip', 'country', 'seenAt'],
  Lobby: ['id', 'name', 'maxPlayers', 'status', 'createdById', 'createdAt', 'updatedAt'],
  Game: ['id', 'lobbyId', 'status', 'cycle', 'phase', 'playerCount', 'winner', 'startedAt', 'endedAt', 'updatedAt'],
  LobbyPlayer: ['id', 'lobbyId', 'userId', 'role', 'joinedAt', 'isAlive', 'isActive', 'updatedAt'],
  GameEvent: ['id', 'gameId', 'cycle', 'phase', 'type', 'actorId', 'targetId', 'outcome', 'occurredAt'],
  Vote: ['id', 'gameId', 'cycle', 'voterId', 'targetId', 'outcome', 'castAt'],
} as const

export type TableName = keyof typeof TABLES
/** One row, its cells in the order of `TABLES`. */
export type TableRow = readonly Cell[]

/** A moment as the source keeps it. */
export function stamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** Copies rows into an own table; returns how many. */
export function fillTable(
  session: Session,
  table: TableName,
  { rows, signal }: { rows: Iterable<TableRow>; signal: AbortSignal },
): Promise<number> {
  return copyRows(session, { table, columns: TABLES[table] }, { rows, signal })
}

const quote = (name: string): string => `"${name}"`

/** Inserts rows of a table that has some; a row whose id is there already is left alone. Returns how many were new. */
export async function addRows(session: Session, table: TableName, rows: readonly TableRow[]): Promise<number> {
  if (rows.length === 0) return 0
  const columns = TABLES[table]
  const { count } = await session.query(
    `INSERT INTO ${quote(table)} (${columns.map(quote).join(', ')})
     SELECT ${columns.map(quote).join(', ')} FROM jsonb_populate_recordset(NULL::${quote(table)}, $1::jsonb) ON CONFLICT DO NOTHING`,
    [toJson(columns, rows)],
  )
  return count
}

/** Overwrites rows by their ids with whole new ones. Returns how many there were. */
export async function changeRows(session: Session, table: TableName, rows: readonly TableRow[]): Promise<number> {
  if (rows.length === 0) return 0
  const columns = TABLES[table]
  const others = columns.filter((name) => name !== 'id')
  const { count } = await session.query(
    `UPDATE ${quote(table)} t SET ${others.map((name) => `${quote(name)} = r.${quote(name)}`).join(', ')}
     FROM jsonb_populate_recordset(NULL::${quote(table)}, $1::jsonb) r WHERE t.id = r.id`,
    [toJson(columns, rows)],
  )
  return count
}

function toJson(columns: readonly string[], rows: readonly TableRow[]): string {
  return JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]))))
}
