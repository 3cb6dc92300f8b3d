/** The game itself: nights and days until one side is left. The same play fills the demo and keeps it alive. */
import type { Dice } from '../dice.ts'
import { stamp, type TableRow } from './tables.ts'

export interface Player {
  /** Of the row in “LobbyPlayer”. */
  id: string
  userId: string
  /** As the client calls it; null before the game starts. */
  role: string | null
  joinedAt: number
  isAlive: boolean | null
  isActive: boolean
  changedAt: number
}

export interface Game {
  id: string
  lobbyId: string
  cycle: number
  phase: 'NIGHT' | 'DAY' | null
  winner: 'MAFIA' | 'CITIZENS' | 'DRAW' | null
  startedAt: number
  endedAt: number | null
  changedAt: number
  /** In the order in which they sat down, the dead ones too. */
  players: Player[]
}

/** What one phase brought, as rows. */
export interface Played {
  events: TableRow[]
  votes: TableRow[]
}

/** A game that has not ended by then is a draw. */
const MOST_CYCLES = 8
const SHARE_OF_RUMOURS = 0.3

/** Clients of one lobby call roles by one of two sets of names. */
const ROLES = [
  ['MAFIA', 'SHERIFF', 'DOCTOR', 'VILLAGER'],
  ['MAFIA', 'DETECTIVE', 'DOCTOR', 'CIVILIAN'],
] as const

/** The role of the n-th player: mafia, sheriff and doctor first, then villagers. */
export function roleOf(place: number, otherNames: boolean): string {
  const roles = ROLES[otherNames ? 1 : 0]
  return roles[place] ?? roles[3]
}

/** Deals the roles and begins. */
export function startGame(dice: Dice, { lobbyId, players, at }: { lobbyId: string; players: Player[]; at: number }): Game {
  const otherNames = lobbyId < '4'
  for (const [place, player] of players.entries()) Object.assign(player, { role: roleOf(place, otherNames), isAlive: true, changedAt: at })
  const id = dice.uuid()
  return { id, lobbyId, cycle: 0, phase: null, winner: null, startedAt: at, endedAt: null, changedAt: at, players }
}

/** Plays the next phase, which ends at `at`; changes the game and its players. */
export function playPhase(dice: Dice, game: Game, at: number): Played {
  const isNight = game.phase !== 'NIGHT'
  if (isNight) game.cycle += 1
  game.phase = isNight ? 'NIGHT' : 'DAY'
  game.changedAt = at
  const played = isNight ? playNight(dice, game, at) : playDay(dice, game, at)
  game.winner = winnerOf(game)
  if (game.winner !== null) {
    game.endedAt = at
    for (const player of game.players) if (player.isActive) Object.assign(player, { isActive: false, changedAt: at })
  }
  return played
}

const living = ({ players }: Game): Player[] => players.filter(({ isAlive }) => isAlive === true)
const isMafia = ({ role }: Player): boolean => role === 'MAFIA'

function winnerOf(game: Game): Game['winner'] {
  const alive = living(game)
  const mafia = alive.filter(isMafia).length
  if (mafia === 0) return 'CITIZENS'
  if (mafia >= alive.length - mafia) return 'MAFIA'
  return game.cycle >= MOST_CYCLES && game.phase === 'DAY' ? 'DRAW' : null
}

/** Moments of a phase lie in the minute before its end, in order. */
function openMoments(game: Game, at: number): () => string {
  let next = Math.max(at - 60_000, game.startedAt + 1)
  return () => stamp(Math.min((next += 1_500), at))
}

interface EventParts {
  type: string
  actor: Player | null
  target: Player | null
  outcome: string | null
}

function event(dice: Dice, game: Game, { type, actor, target, outcome, at }: EventParts & { at: string }): TableRow {
  return [dice.uuid(), game.id, game.cycle, game.phase, type, actor?.userId ?? null, target?.userId ?? null, outcome, at]
}

function playNight(dice: Dice, game: Game, at: number): Played {
  const moment = openMoments(game, at)
  const alive = living(game)
  const killer = alive.find(isMafia) ?? null
  const victim = dice.pick(alive.filter((player) => !isMafia(player)))
  const doctor = alive.find(({ role }) => role === 'DOCTOR') ?? null
  const healed = doctor === null ? null : dice.pick(alive)
  const sheriff = alive.find(({ role }) => role === 'SHERIFF' || role === 'DETECTIVE') ?? null
  const saved = healed === victim
  const events = [event(dice, game, { type: 'KILL', actor: killer, target: victim, outcome: saved ? 'BLOCKED' : 'SUCCESS', at: moment() })]
  if (doctor !== null)
    events.push(event(dice, game, { type: 'HEAL', actor: doctor, target: healed, outcome: saved ? 'SUCCESS' : 'FAILED', at: moment() }))
  if (sheriff !== null) {
    const visited = dice.pick(alive.filter((player) => player !== sheriff))
    events.push(
      event(dice, game, { type: 'VISIT', actor: sheriff, target: visited, outcome: isMafia(visited) ? 'SUCCESS' : 'FAILED', at: moment() }),
    )
  }
  if (!saved) Object.assign(victim, { isAlive: false, changedAt: at })
  return { events, votes: [] }
}

function playDay(dice: Dice, game: Game, at: number): Played {
  const moment = openMoments(game, at)
  const alive = living(game)
  const events = [event(dice, game, { type: 'ANNOUNCEMENT', actor: null, target: null, outcome: null, at: moment() })]
  if (dice.chance(SHARE_OF_RUMOURS))
    events.push(event(dice, game, { type: 'RUMOR', actor: dice.pick(alive), target: dice.pick(alive), outcome: null, at: moment() }))
  const cast = alive.map((voter) => ({ voter, target: dice.pick(alive.filter((other) => other !== voter)), at: moment() }))
  const exiled = mostVoted(cast.map(({ target }) => target))
  const votes = cast.map(({ voter, target, at: castAt }) => voteRow(dice, game, { voter, target, success: target === exiled, at: castAt }))
  if (exiled !== null) {
    events.push(event(dice, game, { type: 'EXILE', actor: null, target: exiled, outcome: null, at: moment() }))
    Object.assign(exiled, { isAlive: false, changedAt: at })
  }
  return { events, votes }
}

/** One row of “Vote”, in the cycle that the game is in. */
export function voteRow(
  dice: Dice,
  game: Pick<Game, 'id' | 'cycle'>,
  { voter, target, success, at }: { voter: Player; target: Player; success: boolean; at: string },
): TableRow {
  return [dice.uuid(), game.id, game.cycle, voter.userId, target.userId, success ? 'SUCCESS' : 'FAILED', at]
}

/** Who got more votes than anybody else; null where two have most. */
function mostVoted(targets: readonly Player[]): Player | null {
  const counts = new Map<Player, number>()
  for (const target of targets) counts.set(target, (counts.get(target) ?? 0) + 1)
  const most = Math.max(...counts.values())
  const first = [...counts].filter(([, count]) => count === most)
  return first.length === 1 ? (first[0]?.[0] ?? null) : null
}

/** The row of “Game” as the game stands. */
export function gameRow(game: Game): TableRow {
  const { id, lobbyId, cycle, phase, winner, startedAt, endedAt, changedAt, players } = game
  const end = endedAt === null ? null : stamp(endedAt)
  return [id, lobbyId, end === null ? 'RUNNING' : 'FINISHED', cycle, phase, players.length, winner, stamp(startedAt), end, stamp(changedAt)]
}

/** The row of “LobbyPlayer” as the player stands. */
export function playerRow(lobbyId: string, { id, userId, role, joinedAt, isAlive, isActive, changedAt }: Player): TableRow {
  return [id, lobbyId, userId, role, stamp(joinedAt), isAlive, isActive, stamp(changedAt)]
}
