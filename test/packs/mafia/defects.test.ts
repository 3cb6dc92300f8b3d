/** What the original game warehouse does wrong, one story each: none of it happens here. The order of the stories matters. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toRunOptions } from '../../../server/cli/run-options.ts'
import { holdLeases } from '../../../server/warehouse/index.ts'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { contents, misplaced, rowCounts, statuses, value } from './platform.ts'

let pack: TestPack

beforeAll(async () => {
  pack = await openTestPack({ pack: 'mafia', seed: 5, sizes: { users: 12, days: 20 } })
  expect((await pack.run()).status).toBe('succeeded')
})
afterAll(() => pack.close())

const ofGames = (sql: string) => pack.sourceRows('game_service', sql)
const ofUsers = (sql: string) => pack.sourceRows('user_service', sql)
const watermark = (job: string) => value<string>(pack.rows(`SELECT watermark FROM quintile.job_state WHERE job = '${job}'`))

/** Somebody with transactions and sessions. */
const someone = () =>
  value<string>(
    pack.rows(
      'SELECT user_id FROM fact_player_sessions JOIN fact_transactions USING (user_id) GROUP BY 1 HAVING count(DISTINCT session_id) > 1 ORDER BY 1 LIMIT 1',
    ),
  )

test('users keep their past: a new name opens a version, and facts before it keep the old one', async () => {
  const id = await someone()
  await ofUsers(`UPDATE "User" SET username = 'Renamed', "updatedAt" = '2026-11-02 00:00:01+00' WHERE id = '${id}'`)
  await ofUsers(`INSERT INTO "CurrencyTransaction" VALUES ('after-rename', '${id}', 'SUBTRACT', 7, 'PURCHASE', '2026-11-02 00:00:02+00')`)
  await pack.run()
  const versions = await pack.rows(
    `SELECT username, is_current, valid_from::text, valid_to::text FROM dim_users WHERE user_id = '${id}' ORDER BY valid_from`,
  )
  expect(versions.slice(-2)).toEqual([
    expect.objectContaining({ is_current: false, valid_to: '2026-11-02 00:00:01+00' }),
    { username: 'Renamed', is_current: true, valid_from: '2026-11-02 00:00:01+00', valid_to: '9999-12-31 23:59:59+00' },
  ])
  const named = await pack.rows(
    `SELECT DISTINCT u.username = 'Renamed' AS renamed, f.source_id = 'after-rename' AS later FROM fact_transactions f JOIN dim_users u USING (user_sk) WHERE f.user_id = '${id}' ORDER BY 1`,
  )
  expect(named).toEqual([
    { renamed: false, later: false },
    { renamed: true, later: true },
  ])
  expect(await misplaced(pack)).toBe(0)
})

test('two full loads double nothing, and a changed player is changed in place', async () => {
  const before = await rowCounts(pack)
  await pack.run({ full_reload: true })
  await ofGames(
    `UPDATE "LobbyPlayer" SET "isAlive" = false, "updatedAt" = '2026-11-02 00:00:03+00' WHERE id = (SELECT min(id) FROM "LobbyPlayer" WHERE "isAlive")`,
  )
  const second = await pack.run({ full_reload: true })
  expect(await rowCounts(pack)).toEqual(before)
  expect(second.steps.find(({ job }) => job === 'fact_player_sessions')).toMatchObject({ inserted: 0, updated: 1 })
})

test('the watermark is the largest stamp, wherever its row stands in the extract', async () => {
  // The first account by its start has the newest change.
  await ofUsers(`UPDATE "User" SET "updatedAt" = '2026-11-02 00:00:09+00' WHERE id = (SELECT id FROM "User" ORDER BY "createdAt" LIMIT 1)`)
  await pack.run({ full_reload: true })
  expect(await watermark('dim_users')).toBe('2026-11-02 00:00:09+00')
})

test('an extract without rows leaves the watermark, and rows that come late or share its stamp arrive', async () => {
  const job = 'fact_transactions'
  const before = await watermark(job)
  const run = await pack.run({ jobs: [job] })
  expect([run.nothing_changed, await watermark(job)]).toEqual([true, before])
  await ofUsers(
    `INSERT INTO "CurrencyTransaction" SELECT 'same-stamp', "userId", 'ADD', 10, 'GIFT', '${before}' FROM "CurrencyTransaction" LIMIT 1`,
  )
  await ofUsers(
    `INSERT INTO "CurrencyTransaction" SELECT 'late', "userId", 'ADD', 10, 'GIFT', timestamptz '${before}' - interval '9 minutes' FROM "CurrencyTransaction" LIMIT 1`,
  )
  expect((await pack.run({ jobs: [job] })).steps[0]).toMatchObject({ inserted: 2 })
  expect(await watermark(job)).toBe(before)
})

test('a table that cannot be loaded is logged as failed, and the others go on', async () => {
  // A game that ended before it began, which the warehouse refuses.
  const [game] = await ofGames(`SELECT min(id) AS id FROM "Game" WHERE status = 'FINISHED'`)
  const shift = (by: string) =>
    ofGames(
      `UPDATE "Game" SET "startedAt" = "startedAt" ${by}, "updatedAt" = '2026-11-02 00:00:10+00' WHERE id = '${String(game?.['id'])}'`,
    )
  await shift(`+ interval '1 day'`)
  const run = await pack.run()
  expect([run.status, statuses(run)]).toMatchObject([
    'failed',
    { fact_games: 'failed', fact_player_sessions: 'skipped', fact_transactions: 'succeeded', dim_lobbies: 'succeeded' },
  ])
  const [line] = await pack.rows(`SELECT * FROM etl_run_log WHERE table_name = 'fact_games' ORDER BY run_start_time DESC LIMIT 1`)
  expect(line).toMatchObject({
    source_system: 'game_service',
    status: 'failed',
    records_extracted: 0,
    records_loaded: 0,
    error_message: expect.any(String) as string,
  })
  expect(await value(pack.rows(`SELECT count(*)::int AS n FROM etl_run_log WHERE status = 'running'`))).toBe(0)
  await shift(`- interval '1 day'`)
  expect((await pack.run()).status).toBe('succeeded')
})

test('a source that cannot be reached leaves the other one working, and the run says that it failed', async () => {
  const database = await value<string>(ofUsers('SELECT current_database()'))
  await ofGames(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS false`)
  await ofGames(
    `INSERT INTO "Lobby" VALUES ('new-lobby', 'Meanwhile', 8, 'OPEN', NULL, '2026-11-02 00:00:20+00', '2026-11-02 00:00:20+00')`,
  )
  const run = await pack.run()
  await ofGames(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS true`)
  expect(run.status).toBe('failed')
  expect(statuses(run)).toEqual({
    ...{ dim_users: 'failed', fact_transactions: 'skipped', fact_access_events: 'skipped' },
    ...{ dim_lobbies: 'succeeded', fact_games: 'succeeded', fact_player_sessions: 'succeeded', fact_game_actions: 'succeeded' },
    ...{ dim_roles: 'succeeded', dim_time: 'succeeded' },
  })
  expect(await pack.rows(`SELECT lobby_name FROM dim_lobbies WHERE lobby_id = 'new-lobby'`)).toEqual([{ lobby_name: 'Meanwhile' }])
  const log = await pack.rows(`SELECT status FROM etl_run_log WHERE table_name = 'dim_users' ORDER BY run_start_time DESC LIMIT 1`)
  expect(log).toEqual([{ status: 'failed' }])
  expect((await pack.run()).status).toBe('succeeded')
})

test('games, logins and actions are loaded, and nothing that belongs to a row stays empty', async () => {
  const counts = await rowCounts(pack)
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(0)
  const [filled] = await pack.rows(`
    SELECT (SELECT count(created_by_user_id) > 0 AND count(status) = count(*) FROM dim_lobbies) AS lobbies,
      (SELECT count(game_id) > 0 AND count(left_at) > 0 AND count(is_winner) > 0 AND max(actions_taken) > 0 AND max(votes_cast) > 0 FROM fact_player_sessions) AS sessions`)
  expect(filled).toEqual({ lobbies: true, sessions: true })
})

test('a load of one source touches the other’s tables not at all', async () => {
  const run = await pack.run(toRunOptions({ jobs: ['all'], source: 'user_service', fullLoad: true }))
  expect(Object.keys(statuses(run)).sort()).toEqual(['dim_users', 'fact_access_events', 'fact_transactions'])
  expect(run.status).toBe('succeeded')
})

test('a full load and an incremental one do not overlap, and the night is a night of UTC', async () => {
  const identity = { machine: 'another', user: 'somebody', pid: 1, run_id: '00000000-0000-7000-8000-000000000009' }
  const lease = await holdLeases(await pack.rooms.warehouse.connection(), ['dim_users'], identity)
  await expect(pack.run({ full_reload: true })).rejects.toMatchObject({ code: 'lease.held', kind: 'retry' })
  await lease.release()
  const schedules = await pack.rooms.schedules.list()
  expect(
    schedules.map(({ name, schedule, problem }) => [
      name,
      schedule?.cron,
      schedule?.zone,
      schedule?.arguments.full_reload ?? false,
      problem,
    ]),
  ).toEqual([
    ['full_load', '0 2 * * *', 'UTC', true, null],
    ['incremental', '*/5 * * * *', 'UTC', false, null],
  ])
})

test('coins that are spent count against those that are earned', async () => {
  const [wanted] = await ofUsers(
    `SELECT sum(CASE type WHEN 'ADD' THEN amount ELSE -amount END)::text AS sum, sum(amount)::text AS unsigned FROM "CurrencyTransaction"`,
  )
  const sum = await value(pack.rows('SELECT sum(amount)::text AS sum FROM fact_transactions'))
  expect(sum).toBe(wanted?.['sum'])
  expect(sum).not.toBe(wanted?.['unsigned'])
  const { rows } = await pack.rooms.reports.run('balances')
  expect(rows.every((row) => Number(row['earned']) - Number(row['spent']) === Number(row['balance']))).toBe(true)
})

test('a user’s transactions count once, however many sessions the user has', async () => {
  const id = await someone()
  const total = await value<string>(pack.rows(`SELECT sum(amount)::text AS sum FROM fact_transactions WHERE user_id = '${id}'`))
  const fanned = await value<string>(
    pack.rows(
      `SELECT sum(t.amount)::text AS sum FROM fact_player_sessions s LEFT JOIN fact_transactions t USING (user_id) WHERE user_id = '${id}'`,
    ),
  )
  const { rows, reconciliation } = await pack.rooms.reports.run('user_activity')
  const line = rows.find((row) => row['user_id'] === id)
  expect([line?.['total_transactions'], reconciliation.ok]).toEqual([total, true])
  expect(fanned).not.toBe(total)
})

test('roles have one name each, and one that nobody knows stands as it came, without a side', async () => {
  await ofGames(
    `UPDATE "LobbyPlayer" SET role = 'JESTER', "updatedAt" = '2026-11-02 00:00:30+00' WHERE id = (SELECT max(id) FROM "LobbyPlayer" WHERE role = 'SHERIFF')`,
  )
  const run = await pack.run()
  expect(statuses(run)['fact_player_sessions']).toBe('warning')
  const roles = await pack.rows(
    `SELECT DISTINCT role_assigned AS role, role_type AS side FROM fact_player_sessions LEFT JOIN dim_roles ON role_name = role_assigned WHERE role_assigned IS NOT NULL ORDER BY 1`,
  )
  expect(roles).toEqual([
    { role: 'Citizen', side: 'citizen' },
    { role: 'Detective', side: 'citizen' },
    { role: 'Doctor', side: 'citizen' },
    { role: 'JESTER', side: null },
    { role: 'Mafia', side: 'mafia' },
  ])
  expect(await value(pack.rows(`SELECT is_winner FROM fact_player_sessions WHERE role_assigned = 'JESTER'`))).toBeNull()
})

test('an account that is deleted is closed by the full load, and its past stays', async () => {
  const id = await someone()
  const transactions = `SELECT count(*)::int AS n FROM fact_transactions JOIN dim_users USING (user_sk) WHERE fact_transactions.user_id = '${id}'`
  const before = await value(pack.rows(transactions))
  await ofUsers(`DELETE FROM "User" WHERE id = '${id}'`)
  await pack.run()
  expect(await value(pack.rows(`SELECT count(*)::int AS n FROM dim_users WHERE user_id = '${id}' AND is_current`))).toBe(1)
  await pack.run({ full_reload: true })
  expect(await value(pack.rows(`SELECT count(*)::int AS n FROM dim_users WHERE user_id = '${id}' AND is_current`))).toBe(0)
  expect(await value(pack.rows(transactions))).toBe(before)
  expect(Object.keys(await contents(pack))).toHaveLength(9)
})
