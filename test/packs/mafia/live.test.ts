/** An hour in which both services live on, with an incremental run every ten minutes: the warehouse ends as a full load would. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'
import { contents, misplaced, TABLES, value } from './platform.ts'

let pack: TestPack

beforeAll(async () => {
  pack = await openTestPack({ pack: 'mafia', seed: 8, sizes: { users: 80, days: 20 } })
  await pack.run()
})
afterAll(() => pack.close())

/** A warehouse of which nothing was ever loaded. */
async function forget(): Promise<void> {
  await pack.rooms.warehouse.withSession((session) =>
    session.script(`TRUNCATE ${TABLES.join(', ')}; TRUNCATE quintile.job_state, quintile.targets, quintile.version_changes`),
  )
}

test('after an hour of changes and late rows the warehouse equals a fresh full load', async () => {
  const seen: Record<string, number> = {}
  for (let part = 0; part < 6; part += 1) {
    for (const [table, count] of Object.entries(await pack.live(10, 60))) seen[table] = (seen[table] ?? 0) + count
    expect((await pack.run()).status).toBe('succeeded')
    expect(await misplaced(pack)).toBe(0)
  }
  // Everything lived: nothing of this would be shown otherwise.
  expect(Object.keys(seen)).toHaveLength(9)
  expect(await value<number>(pack.rows('SELECT count(*)::int AS n FROM dim_users WHERE NOT is_current'))).toBeGreaterThan(10)
  // Only a full extract can tell of accounts that are gone.
  await pack.run({ jobs: ['dim_users'], full_reload: true })
  const lived = await contents(pack)
  await forget()
  expect((await pack.run()).status).toBe('succeeded')
  expect(await contents(pack)).toEqual(lived)
})

test('a piece of time that is asked for twice changes the services once', async () => {
  const { rooms } = pack
  const rows = () =>
    Promise.all([
      pack.sourceRows('user_service', 'SELECT md5(string_agg(u::text, $$|$$ ORDER BY id)) AS d FROM "User" u'),
      pack.sourceRows('user_service', 'SELECT count(*)::int AS n FROM "AccessEvent"'),
      pack.sourceRows('game_service', 'SELECT md5(string_agg(p::text, $$|$$ ORDER BY id)) AS d FROM "LobbyPlayer" p'),
      pack.sourceRows('game_service', 'SELECT count(*)::int AS n FROM "Vote"'),
    ])
  const { generator } = await import('../../../server/workspaces/generators/mafia/index.ts')
  const from = (await rooms.demo.note())?.lived_until ?? 0
  const request = {
    ...{ folder: pack.folder, database: rooms.demo.database, signal: new AbortController().signal },
    ...{ seed: 8, from, to: from + 60_000, rate: 120 },
  }
  const first = await generator.live(request)
  const once = await rows()
  expect(Object.keys(first).length).toBeGreaterThan(4)
  expect(await generator.live(request)).toEqual({})
  expect(await rows()).toEqual(once)
})
