/** What happens at the tables in a piece of time: lobbies open, games begin, go on for a phase, and end; a vote comes late. */
import type { Session } from '../../../warehouse/index.ts'
import { openDice, type Dice } from '../dice.ts'
import type { RowCounts } from '../generator.ts'
import { gameRow, playerRow, playPhase, startGame, voteRow, type Game, type Player } from './game.ts'
import type { LivePiece } from './live-users.ts'
import { lobbyRow, noRows, openLobby, sitDown, type LobbyRows, type LobbyState } from './lobbies.ts'
import type { User } from './people.ts'
import { addRows, changeRows, stamp, type TableName } from './tables.ts'

/** Rows that a lobby brings from its opening to its end. */
const ROWS_PER_LOBBY = 50
const SHARE_OF_REMATCHES = 0.4
const SHARE_OF_LATE_VOTES = 0.15
/** A table rests so long before its game begins, and between two phases. */
const REST_MILLISECONDS = 60_000
const LATEST_MILLISECONDS = 300_000
/** Between two players who sit down: the piece may be short. */
const GAP = 1

interface Work {
  added: LobbyRows
  changed: LobbyRows
}

/** Writes the piece. */
export async function liveGames(session: Session, counts: RowCounts, piece: LivePiece & { users: readonly User[] }): Promise<void> {
  const { seed, from, to, changes, users } = piece
  const dice = openDice(seed, `games/${String(from)}`)
  // A stream of its own: what goes on at the tables must not decide who opens one, when the piece is asked for again.
  const opening = openDice(seed, `lobbies/${String(from)}`)
  const moment = (draws: Dice): number => Math.floor(from + draws.float() * Math.max(to - from - 100, 0))
  const work: Work = { added: noRows(), changed: noRows() }
  for (const { lobby, players } of await readOpen(session, from)) beginGame(dice, work, { lobby, players, at: moment(dice) })
  for (const { lobby, game } of await readRunning(session, from)) goOn(dice, work, { lobby, game, at: moment(dice), from })
  for (let left = Math.floor(changes / ROWS_PER_LOBBY + opening.float()); left > 0 && users.length > 2; left -= 1) {
    const { lobby, players } = openLobby(opening, { users, known: users.length, at: moment(opening), gap: GAP })
    work.added.Lobby.push(lobbyRow(lobby))
    work.added.LobbyPlayer.push(...players.map((player) => playerRow(lobby.id, player)))
  }
  await write(session, counts, work)
}

const MILLISECONDS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`

/** A lobby as an object, `l` being its row. */
const LOBBY = `json_build_object('id', l.id, 'name', l.name, 'maxPlayers', l."maxPlayers", 'status', l.status, 'createdById', l."createdById",
  'createdAt', ${MILLISECONDS('l."createdAt"')}, 'changedAt', ${MILLISECONDS('l."updatedAt"')})`

/** Who sits at the lobby's table, in order. */
const PLAYERS = `(
  SELECT coalesce(json_agg(json_build_object('id', p.id, 'userId', p."userId", 'role', p.role, 'joinedAt', ${MILLISECONDS('p."joinedAt"')},
    'isAlive', p."isAlive", 'isActive', p."isActive", 'changedAt', ${MILLISECONDS('p."updatedAt"')}) ORDER BY p."joinedAt", p.id), '[]')
  FROM "LobbyPlayer" p WHERE p."lobbyId" = l.id AND p."isActive")`

async function readOpen(session: Session, from: number): Promise<{ lobby: LobbyState; players: Player[] }[]> {
  const { rows } = await session.query<{ lobby: LobbyState; players: Player[] }>(
    `SELECT ${LOBBY} AS lobby, ${PLAYERS} AS players FROM "Lobby" l WHERE l.status = 'OPEN' AND l."updatedAt" <= $1 ORDER BY l.id`,
    [stamp(from - REST_MILLISECONDS)],
  )
  return rows.filter(({ players }) => players.length > 2)
}

async function readRunning(session: Session, from: number): Promise<{ lobby: LobbyState; game: Game }[]> {
  const { rows } = await session.query<{ lobby: LobbyState; game: Game; players: Player[] }>(
    `SELECT ${LOBBY} AS lobby, ${PLAYERS} AS players, json_build_object('id', g.id, 'lobbyId', l.id, 'cycle', g.cycle, 'phase', g.phase, 'winner', NULL,
       'startedAt', ${MILLISECONDS('g."startedAt"')}, 'endedAt', NULL, 'changedAt', ${MILLISECONDS('g."updatedAt"')}) AS game
     FROM "Game" g JOIN "Lobby" l ON l.id = g."lobbyId" WHERE g.status = 'RUNNING' AND g."updatedAt" <= $1 ORDER BY g.id`,
    [stamp(from - REST_MILLISECONDS)],
  )
  return rows.map(({ lobby, game, players }) => ({ lobby, game: { ...game, players } }))
}

function beginGame(dice: Dice, { added, changed }: Work, table: { lobby: LobbyState; players: Player[]; at: number }): void {
  const { lobby, players, at } = table
  added.Game.push(gameRow(startGame(dice, { lobbyId: lobby.id, players, at })))
  changed.LobbyPlayer.push(...players.map((player) => playerRow(lobby.id, player)))
  changed.Lobby.push(lobbyRow({ ...lobby, status: 'IN_GAME', changedAt: at }))
}

function goOn(dice: Dice, work: Work, { lobby, game, at, from }: { lobby: LobbyState; game: Game; at: number; from: number }): void {
  const { added, changed } = work
  if (game.cycle > 0 && dice.chance(SHARE_OF_LATE_VOTES)) added.Vote.push(lateVote(dice, game, from))
  const { events, votes } = playPhase(dice, game, at)
  added.GameEvent.push(...events)
  added.Vote.push(...votes)
  changed.Game.push(gameRow(game))
  changed.LobbyPlayer.push(...game.players.filter(({ changedAt }) => changedAt === at).map((player) => playerRow(lobby.id, player)))
  if (game.endedAt === null) return
  const again = dice.chance(SHARE_OF_REMATCHES)
  changed.Lobby.push(lobbyRow({ ...lobby, status: again ? 'OPEN' : 'CLOSED', changedAt: at }))
  if (!again) return
  const guests = game.players.map(({ userId }) => userId)
  added.LobbyPlayer.push(...sitDown(dice, guests, { at: at + GAP, gap: GAP }).map((player) => playerRow(lobby.id, player)))
}

/** Cast in the phase before, and only written down now. */
function lateVote(dice: Dice, game: Game, from: number): LobbyRows['Vote'][number] {
  const [voter, target] = [dice.pick(game.players), dice.pick(game.players)]
  const at = Math.max(game.changedAt + 1000, from - LATEST_MILLISECONDS)
  return voteRow(dice, game, { voter, target, success: false, at: stamp(at) })
}

async function write(session: Session, counts: RowCounts, { added, changed }: Work): Promise<void> {
  for (const table of ['Lobby', 'Game', 'LobbyPlayer', 'GameEvent', 'Vote'] as const satisfies readonly TableName[]) {
    const rows = (await addRows(session, table, added[table])) + (await changeRows(session, table, changed[table]))
    if (rows > 0) counts[`game_service.${table}`] = (counts[`game_service.${table}`] ?? 0) + rows
  }
}
