/**
 * The game platform's two services. Ten users of the smallest demo have 1 to 3 devices, 3 to 8 transactions and 5 to 15 logins
 * each and share six lobbies; larger ones have more of the same.
 */
import type { Session } from '../../../warehouse/index.ts'
import type { FillRequest, PackGenerator, RowCounts, Scale } from '../generator.ts'
import { openNames } from '../names.ts'
import { liveOn } from './live.ts'
import { lobbiesUntil, type LobbyRows } from './lobbies.ts'
import { accessRows, deviceRows, drawUsers, transactionRows, userRows, type Span, type User } from './people.ts'
import { fillTable, type TableName, type TableRow } from './tables.ts'

const DAY = 86_400_000
const SIZES: Record<Scale, { users: number; days: number }> = {
  small: { users: 500, days: 90 },
  medium: { users: 5_000, days: 180 },
  large: { users: 40_000, days: 365 },
}
const LOBBIES_PER_USER = 0.6
/** Lobbies that are held in memory at once, with their games. */
const CHUNK = 500
/** In this order, so that foreign keys find what they need. */
const OF_GAMES = ['Lobby', 'Game', 'LobbyPlayer', 'GameEvent', 'Vote'] as const

/** The demo of the pack “mafia”. */
export const generator: PackGenerator = {
  scales: { small: 'about 24,000 rows', medium: 'about 240,000 rows', large: 'about 1.9 million rows' },
  sizes: {
    users: 'accounts; 10 for the smallest demo',
    lobbies: 'lobbies; six for ten users when left out',
    days: 'days from the first account to the last moment',
  },
  fill,
  live: liveOn,
}

async function fill(request: FillRequest): Promise<RowCounts> {
  const { seed, until, signal, say } = request
  const { users: count, days } = { ...SIZES[request.scale], ...request.sizes }
  const lobbies = request.sizes['lobbies'] ?? Math.max(3, Math.round(count * LOBBIES_PER_USER))
  const span: Span = { from: until - days * DAY, until }
  const users = drawUsers(seed, { count, span })
  say(`Writing ${count.toLocaleString('en')} users and ${lobbies.toLocaleString('en')} lobbies …`)
  const counts: RowCounts = {}
  await (await request.database('user_service')).withTransaction((session) => fillUsers(session, counts, { seed, span, users, signal }))
  await (
    await request.database('game_service')
  ).withTransaction((session) => fillGames(session, counts, { seed, span, users, lobbies, signal }))
  for (const source of ['user_service', 'game_service']) await (await request.database(source)).query('ANALYZE')
  return counts
}

interface Filling {
  seed: number
  span: Span
  users: readonly User[]
  signal: AbortSignal
}

async function fillUsers(session: Session, counts: RowCounts, { seed, span, users, signal }: Filling): Promise<void> {
  const write = async (table: TableName, rows: Iterable<TableRow>) => {
    counts[`user_service.${table}`] = await fillTable(session, table, { rows, signal })
  }
  await write('User', userRows(users, { seed, names: openNames(seed), span }))
  await write('Device', deviceRows(users, seed))
  await write('CurrencyTransaction', transactionRows(users, { seed, span }))
  await write('AccessEvent', accessRows(users, { seed, span }))
}

async function fillGames(session: Session, counts: RowCounts, filling: Filling & { lobbies: number }): Promise<void> {
  for (let first = 0; first < filling.lobbies; first += CHUNK) {
    const rows: LobbyRows = lobbiesUntil(filling, [first, Math.min(first + CHUNK, filling.lobbies)])
    for (const table of OF_GAMES) {
      const name = `game_service.${table}`
      counts[name] = (counts[name] ?? 0) + (await fillTable(session, table, { rows: rows[table], signal: filling.signal }))
    }
  }
}
