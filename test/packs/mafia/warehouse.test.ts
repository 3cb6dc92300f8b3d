/** The game platform's warehouse as its people know it: the document's tables and queries, each answer held against the sources. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { contents, FACTS, misplaced, rowCounts, value } from './platform.ts'

let pack: TestPack

beforeAll(async () => {
  pack = await openTestPack({ pack: 'mafia', seed: 3, sizes: { users: 60, days: 40 } })
  expect((await pack.run()).status).toBe('succeeded')
})
afterAll(() => pack.close())

const ofGames = (sql: string) => pack.sourceRows('game_service', sql)
const ofUsers = (sql: string) => pack.sourceRows('user_service', sql)
const report = async (name: string) => pack.rooms.reports.run(name)

describe('the first load of the game platform', () => {
  test('brings every row of both services into its table', async () => {
    const actions = `SELECT (SELECT count(*) FROM "Vote") + (SELECT count(*) FROM "GameEvent" WHERE type IN ('KILL', 'HEAL', 'VISIT')) AS n`
    expect(await rowCounts(pack)).toEqual({
      dim_users: 60,
      dim_lobbies: 36,
      dim_roles: 6,
      dim_time: 1096,
      fact_games: Number(await value(ofGames('SELECT count(*) FROM "Game"'))),
      fact_player_sessions: Number(await value(ofGames('SELECT count(*) FROM "LobbyPlayer"'))),
      fact_transactions: Number(await value(ofUsers('SELECT count(*) FROM "CurrencyTransaction"'))),
      fact_access_events: Number(await value(ofUsers('SELECT count(*) FROM "AccessEvent"'))),
      fact_game_actions: Number(await value(ofGames(actions))),
    })
  })

  test('has users from the day their account was made, and every fact carries its user of the time', async () => {
    expect(await value(pack.rows('SELECT bool_and(effective_from = created_at) AS since_start FROM dim_users'))).toBe(true)
    expect(await misplaced(pack)).toBe(0)
    for (const table of FACTS.filter((name) => name !== 'fact_games')) {
      const key = table === 'fact_game_actions' ? 'actor_user_sk' : 'user_sk'
      expect(await value(pack.rows(`SELECT count(*)::int AS n FROM ${table} WHERE ${key} IS NULL`))).toBe(0)
    }
  })

  test('gives a day its ISO week and Sunday the number 0', async () => {
    expect(
      await pack.rows(
        `SELECT full_date::text AS day, year, quarter, month, week, iso_year, day_of_week, day_of_month, is_weekend FROM dim_time WHERE full_date IN ('2024-12-29', '2024-12-30', '2026-07-04') ORDER BY 1`,
      ),
    ).toEqual([
      {
        day: '2024-12-29',
        year: 2024,
        quarter: 4,
        month: 12,
        week: 52,
        iso_year: 2024,
        day_of_week: 0,
        day_of_month: 29,
        is_weekend: true,
      },
      {
        day: '2024-12-30',
        year: 2024,
        quarter: 4,
        month: 12,
        week: 1,
        iso_year: 2025,
        day_of_week: 1,
        day_of_month: 30,
        is_weekend: false,
      },
      { day: '2026-07-04', year: 2026, quarter: 3, month: 7, week: 27, iso_year: 2026, day_of_week: 6, day_of_month: 4, is_weekend: true },
    ])
  })

  test('says of each player who won, who survived, what they did and when they left', async () => {
    // The sides as they stood when everybody sat down, from the source alone.
    const wanted = await ofGames(`
      SELECT p.id, CASE WHEN g."endedAt" IS NULL THEN NULL ELSE (g.winner = 'MAFIA' AND p.role = 'MAFIA') OR (g.winner = 'CITIZENS' AND p.role <> 'MAFIA') END AS won,
        (SELECT count(*)::int FROM "Vote" v WHERE v."gameId" = g.id AND v."voterId" = p."userId") AS votes,
        (SELECT count(*)::int FROM "GameEvent" e WHERE e."gameId" = g.id AND e."actorId" = p."userId" AND e.type IN ('KILL', 'HEAL', 'VISIT')) AS taken
      FROM "LobbyPlayer" p JOIN "Game" g ON g."lobbyId" = p."lobbyId" AND p."joinedAt" <= g."startedAt"
        AND NOT EXISTS (SELECT 1 FROM "Game" b WHERE b."lobbyId" = g."lobbyId" AND b."startedAt" >= p."joinedAt" AND b."startedAt" < g."startedAt")
      ORDER BY 1`)
    expect(wanted.length).toBeGreaterThan(100)
    expect(
      await pack.rows(
        'SELECT source_id AS id, is_winner AS won, votes_cast AS votes, actions_taken AS taken FROM fact_player_sessions WHERE game_id IS NOT NULL ORDER BY 1',
      ),
    ).toEqual(wanted)
    expect(
      await pack.rows(
        `SELECT (left_at IS NULL) = (end_time IS NULL) AS same, count(*) > 0 AS some FROM fact_player_sessions JOIN fact_games USING (game_id) GROUP BY 1`,
      ),
    ).toEqual([{ same: true, some: true }])
  })

  test('has every table and column commented', async () => {
    const uncommented = await pack.rows(`
      SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)`)
    expect(uncommented).toEqual([])
  })
})

describe('reports of the game platform', () => {
  test('all add up', async () => {
    const reports = await pack.rooms.reports.list()
    const results = await Promise.all(reports.map(({ report: name }) => report(name)))
    expect(results.filter(({ reconciliation }) => !reconciliation.ok).map(({ report: name }) => name)).toEqual([])
    expect(results.filter(({ rows }) => rows.length === 0).map(({ report: name }) => name)).toEqual(['names_over_time'])
  })

  test('total games by lobby are those of the game service', async () => {
    const { rows } = await report('games_by_lobby')
    const wanted = await ofGames(
      'SELECT l.id, count(g.id)::int AS n FROM "Lobby" l LEFT JOIN "Game" g ON g."lobbyId" = l.id GROUP BY l.id ORDER BY 1',
    )
    expect(
      rows.map((row) => ({ id: row['lobby_id'], n: row['total_games'] })).sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1)),
    ).toEqual(wanted)
    expect(rows[0]?.['total_games']).toBeGreaterThan(0)
  })

  test('the document’s own two queries run as they are written there', async () => {
    const games = await pack.rows<{ total_games: string }>(`
      SELECT l.lobby_name, COUNT(g.game_id) as total_games FROM fact_games g JOIN dim_lobbies l ON g.lobby_id = l.lobby_id
      GROUP BY l.lobby_name ORDER BY total_games DESC`)
    expect(games.reduce((sum, row) => sum + Number(row.total_games), 0)).toBe((await rowCounts(pack))['fact_games'])
    const log = await pack.rows(`
      SELECT source_system, table_name, status, records_extracted, records_loaded, run_start_time, run_end_time
      FROM etl_run_log ORDER BY run_start_time DESC LIMIT 10`)
    expect(log.map(({ source_system, table_name, status }) => [source_system, table_name, status])).toContainEqual([
      'user_service',
      'fact_transactions',
      'success',
    ])
  })

  test('win rates by role are the share of won sessions', async () => {
    const { rows } = await report('role_win_rates')
    expect(rows.map((row) => row['role']).sort()).toEqual(['Citizen', 'Detective', 'Doctor', 'Mafia'])
    const [mafia] = await ofGames(`
      SELECT round(avg((winner = 'MAFIA')::int), 4)::float8 AS rate FROM "Game" WHERE status = 'FINISHED'`)
    expect(rows.find((row) => row['role'] === 'Mafia')?.['win_rate']).toBe(mafia?.['rate'])
  })
})

describe('features and segments of the game platform', () => {
  test('each segment counts the same in the snapshot and in the warehouse', async () => {
    await pack.rooms.sync({ request: 'test' })
    const segments = await pack.rooms.segments.list()
    expect(segments.length).toBeGreaterThanOrEqual(6)
    for (const { segment } of segments) {
      const [here, there] = [await pack.rooms.segments.count(segment, 'cache'), await pack.rooms.segments.count(segment, 'warehouse')]
      expect([segment, here.count, here.of]).toEqual([segment, there.count, 60])
    }
  })

  test('a user’s features are what the sources say', async () => {
    const [rich] = await ofUsers(`
      SELECT "userId" AS id, sum(CASE type WHEN 'ADD' THEN amount ELSE -amount END)::float8 AS balance, count(*)::int AS n
      FROM "CurrencyTransaction" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1`)
    const { features } = await pack.rooms.features.get(String(rich?.['id']), 'warehouse')
    expect([Number(features['balance']), features['transactions']]).toEqual([rich?.['balance'], rich?.['n']])
    const played = await ofGames(`SELECT DISTINCT "gameId" FROM "Vote" WHERE "voterId" = '${String(rich?.['id'])}'`)
    expect(Number(features['games_played'])).toBeGreaterThanOrEqual(played.length)
  })
})

test('a second run of the game platform changes nothing', async () => {
  const before = await contents(pack)
  expect((await pack.run()).nothing_changed).toBe(true)
  expect(await contents(pack)).toEqual(before)
})
