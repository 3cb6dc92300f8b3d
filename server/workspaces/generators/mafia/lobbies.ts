/** Lobbies from their opening to the demo's last moment: players sit down, games are played, the lobby closes. */
import { openDice, type Dice } from '../dice.ts'
import { gameRow, playerRow, playPhase, startGame, type Game, type Player } from './game.ts'
import type { Span, User } from './people.ts'
import { stamp, type TableName, type TableRow } from './tables.ts'

/** Rows of some lobbies, by table. */
export type LobbyRows = Record<Extract<TableName, 'Lobby' | 'Game' | 'LobbyPlayer' | 'GameEvent' | 'Vote'>, TableRow[]>

export interface LobbyState {
  id: string
  name: string
  maxPlayers: number
  status: 'OPEN' | 'IN_GAME' | 'CLOSED'
  createdById: string
  createdAt: number
  changedAt: number
}

const MINUTE = 60_000
const GAP = 5_000
const FIRST_LOBBY = 12 * 60 * MINUTE
/** Lobbies at which somebody still sits at the last moment. */
const SHARE_STILL_OPEN = 0.02
const SEATS = [8, 10, 12, 16, 20, 30] as const
const QUALITIES = [
  'Midnight',
  'Silent',
  'Crooked',
  'Velvet',
  'Smoky',
  'Last',
  'Northern',
  'Golden',
  'Rainy',
  'Old',
  'Hidden',
  'Neon',
] as const
const PLACES = [
  'Village',
  'Table',
  'Harbour',
  'Parlour',
  'Alley',
  'Casino',
  'Square',
  'Station',
  'Library',
  'Rooftop',
  'Bakery',
  'Club',
] as const

/** Nothing of anything. */
export function noRows(): LobbyRows {
  return { Lobby: [], Game: [], LobbyPlayer: [], GameEvent: [], Vote: [] }
}

interface Opening {
  users: readonly User[]
  /** So many of the users, from the first on, have an account by then. */
  known: number
  at: number
  /** Milliseconds between one player and the next. */
  gap: number
}

/** A new lobby with its first players, of those who have an account by then: three to eight, the host among them. */
export function openLobby(dice: Dice, { users, known, at, gap }: Opening): { lobby: LobbyState; players: Player[] } {
  const guests = drawGuests(dice, users, { known, count: dice.int(3, 8) })
  const players = sitDown(dice, guests, { at, gap })
  const changedAt = players.at(-1)?.joinedAt ?? at
  const lobby: LobbyState = {
    ...{ id: dice.uuid(), name: `${dice.pick(QUALITIES)} ${dice.pick(PLACES)}`, maxPlayers: dice.pick(SEATS), status: 'OPEN' },
    ...{ createdById: guests[0] ?? '', createdAt: at, changedAt },
  }
  return { lobby, players }
}

function drawGuests(dice: Dice, users: readonly User[], { known, count }: { known: number; count: number }): string[] {
  const guests = new Set<string>()
  while (guests.size < Math.min(count, known)) guests.add(users[dice.int(0, known - 1)]?.id ?? '')
  return [...guests]
}

/** Players in the order in which they join, `gap` milliseconds after each other. */
export function sitDown(dice: Dice, guests: readonly string[], { at, gap }: { at: number; gap: number }): Player[] {
  return guests.map((userId, place) => {
    const joinedAt = at + place * gap
    return { id: dice.uuid(), userId, role: null, joinedAt, isAlive: null, isActive: true, changedAt: joinedAt }
  })
}

/** The row of “Lobby” as the lobby stands. */
export function lobbyRow({ id, name, maxPlayers, status, createdById, createdAt, changedAt }: LobbyState): TableRow {
  return [id, name, maxPlayers, status, createdById, stamp(createdAt), stamp(changedAt)]
}

/** Rows of the lobbies from one number to another (exclusive). */
export function lobbiesUntil(
  { seed, users, span, lobbies }: { seed: number; users: readonly User[]; span: Span; lobbies: number },
  [first, end]: readonly [number, number],
): LobbyRows {
  const rows = noRows()
  const stillOpen = lobbies - Math.max(2, Math.round(lobbies * SHARE_STILL_OPEN))
  for (let number = first; number < end; number += 1) {
    const dice = openDice(seed, `lobby/${String(number)}`)
    const early = span.from + FIRST_LOBBY
    const at =
      number >= stillOpen
        ? span.until - dice.int(3, 30) * MINUTE
        : Math.floor(early + dice.float() * (span.until - early - 24 * 60 * MINUTE))
    playLobby(dice, rows, { ...openLobby(dice, { users, known: knownAt(users, at), at, gap: GAP }), until: span.until })
  }
  return rows
}

/** How many users had an account by then; they are in order of its start. */
function knownAt(users: readonly User[], at: number): number {
  let [low, high] = [0, users.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((users[middle]?.createdAt ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return low
}

/** One to three games, as far as they come. */
function playLobby(dice: Dice, rows: LobbyRows, table: { lobby: LobbyState; players: Player[]; until: number }): void {
  const { lobby, until } = table
  let { players } = table
  for (let left = dice.int(1, 3); left > 0; left -= 1) {
    const game = playGame(dice, rows, { lobby, players, until })
    rows.LobbyPlayer.push(...players.map((player) => playerRow(lobby.id, player)))
    if (game?.endedAt == null) break
    const again = game.endedAt + dice.int(2, 15) * MINUTE
    if (left === 1 || again + MINUTE > until) {
      Object.assign(lobby, { status: 'CLOSED', changedAt: game.endedAt })
      break
    }
    players = sitDown(
      dice,
      players.map(({ userId }) => userId),
      { at: again, gap: GAP },
    )
    Object.assign(lobby, { status: 'OPEN', changedAt: players.at(-1)?.joinedAt ?? again })
  }
  rows.Lobby.push(lobbyRow(lobby))
}

/** Null where it would begin after the last moment. */
function playGame(
  dice: Dice,
  rows: LobbyRows,
  { lobby, players, until }: { lobby: LobbyState; players: Player[]; until: number },
): Game | null {
  let at = lobby.changedAt + MINUTE
  if (at > until || players.length < 3) return null
  const game = startGame(dice, { lobbyId: lobby.id, players, at })
  Object.assign(lobby, { status: 'IN_GAME', changedAt: at })
  while (game.endedAt === null) {
    at += dice.int(90, 240) * 1000
    if (at > until) break
    const { events, votes } = playPhase(dice, game, at)
    rows.GameEvent.push(...events)
    rows.Vote.push(...votes)
  }
  rows.Game.push(gameRow(game))
  return game
}
