/** A piece of time in which both services live on, each in one transaction; asked for again, it changes nothing. */
import type { LiveRequest, RowCounts } from '../generator.ts'
import { liveGames } from './live-games.ts'
import { liveUsers } from './live-users.ts'

/** Six of ten changes happen to users, the others at the tables. */
const SHARE_OF_USERS = 0.6

/** Counts what was added or changed, by table. */
export async function liveOn(request: LiveRequest): Promise<RowCounts> {
  const { seed, from, to, rate } = request
  const changes = (rate * (to - from)) / 60_000
  const counts: RowCounts = {}
  const guests = await (
    await request.database('user_service')
  ).withTransaction((session) => liveUsers(session, counts, { seed, from, to, changes: changes * SHARE_OF_USERS }))
  await (
    await request.database('game_service')
  ).withTransaction((session) => liveGames(session, counts, { seed, from, to, changes: changes * (1 - SHARE_OF_USERS), users: guests }))
  return counts
}
