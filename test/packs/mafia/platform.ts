/** What the stories about the game platform share: its tables, their contents as digests, and its natural names. */
import type { RunDetail } from '../../../shared/run.ts'
import type { TestPack } from '../../tools/open-pack.ts'

/** The facts, each with the column that orders it. */
export const FACTS = ['fact_games', 'fact_player_sessions', 'fact_transactions', 'fact_access_events', 'fact_game_actions'] as const
export const TABLES = ['dim_users', 'dim_lobbies', 'dim_roles', 'dim_time', ...FACTS] as const

/** What depends on the order of loading, and on the clock. */
const OF_LOADING = `ARRAY['user_sk', 'actor_user_sk', 'session_id', 'transaction_id', 'event_id', 'action_id', 'time_id', 'role_id', 'etl_loaded_at']`

/** Digest of each fact's and dimension's contents; of users the current versions, without their past. */
export async function contents(pack: TestPack): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const table of TABLES) {
    const row =
      table === 'dim_users'
        ? `(SELECT user_id, username, email, created_at, last_updated FROM dim_users WHERE is_current)`
        : `(SELECT to_jsonb(f) - ${OF_LOADING} AS row FROM ${table} f)`
    const [one] = await pack.rows<{ digest: string }>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS digest FROM ${row} t`,
    )
    digests[table] = one?.digest ?? ''
  }
  return digests
}

/** Counts of all tables. */
export async function rowCounts(pack: TestPack): Promise<Record<string, number>> {
  const [row] = await pack.rows<Record<string, number>>(
    `SELECT ${TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ')}`,
  )
  return row ?? {}
}

/** Facts that do not carry the version of their user that was valid at their time. */
export async function misplaced(pack: TestPack): Promise<number> {
  const wrong = (table: string, { sk, user, at }: { sk: string; user: string; at: string }): string => `
    SELECT count(*) FROM ${table} f LEFT JOIN dim_users u ON u.user_id = f.${user} AND u.valid_from <= f.${at} AND f.${at} < u.valid_to
    WHERE f.${sk} IS DISTINCT FROM u.user_sk`
  const [row] = await pack.rows<{ n: number }>(`SELECT (
    (${wrong('fact_transactions', { sk: 'user_sk', user: 'user_id', at: 'occurred_at' })})
    + (${wrong('fact_access_events', { sk: 'user_sk', user: 'user_id', at: 'occurred_at' })})
    + (${wrong('fact_player_sessions', { sk: 'user_sk', user: 'user_id', at: 'joined_at' })})
    + (${wrong('fact_game_actions', { sk: 'actor_user_sk', user: 'actor_user_id', at: 'occurred_at' })}))::int AS n`)
  return row?.n ?? -1
}

/** The one value of the one row. */
export async function value<T>(rows: Promise<Record<string, unknown>[]>): Promise<T> {
  const [row = {}] = await rows
  return Object.values(row)[0] as T
}

/** Status of each step of a run, by job. */
export function statuses({ steps }: RunDetail): Record<string, string> {
  return Object.fromEntries(steps.map(({ job, status }) => [job, status]))
}
