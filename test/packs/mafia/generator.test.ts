/** The demo of the game platform: the document's small sample, the same for the same seed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestPack, DEMO_UNTIL, type TestPack } from '../../tools/open-pack.ts'

let pack: TestPack
let twin: TestPack

beforeAll(async () => {
  const request = { pack: 'mafia', seed: 11, sizes: { users: 10 } }
  ;[pack, twin] = await Promise.all([openTestPack(request), openTestPack(request)])
})
afterAll(async () => {
  await pack.close()
  await twin.close()
})

const SOURCES = {
  user_service: ['User', 'Device', 'CurrencyTransaction', 'AccessEvent'],
  game_service: ['Lobby', 'Game', 'LobbyPlayer', 'GameEvent', 'Vote'],
} as const

async function digests(of: TestPack): Promise<unknown[]> {
  const found = []
  for (const [source, tables] of Object.entries(SOURCES))
    for (const table of tables)
      found.push(
        ...(await of.sourceRows(
          source,
          `SELECT '${table}' AS name, md5(string_agg(t::text, '|' ORDER BY id)) AS digest FROM "${table}" t`,
        )),
      )
  return found
}

const perUser = (table: string) =>
  pack.sourceRows<{ least: number; most: number; users: number }>(
    'user_service',
    `SELECT min(n)::int AS least, max(n)::int AS most, count(*)::int AS users FROM (SELECT count(*) AS n FROM "${table}" GROUP BY "userId") c`,
  )

describe('the smallest demo', () => {
  test('has ten users with their devices, transactions and logins, and six lobbies', async () => {
    const [[devices], [transactions], [logins]] = await Promise.all([
      perUser('Device'),
      perUser('CurrencyTransaction'),
      perUser('AccessEvent'),
    ])
    expect([devices?.users, transactions?.users, logins?.users]).toEqual([10, 10, 10])
    for (const [found, low, high] of [
      [devices, 1, 3],
      [transactions, 3, 8],
      [logins, 5, 15],
    ] as const) {
      expect(found?.least).toBeGreaterThanOrEqual(low)
      expect(found?.most).toBeLessThanOrEqual(high)
    }
    expect(await pack.sourceRows('game_service', 'SELECT count(*)::int AS n FROM "Lobby"')).toEqual([{ n: 6 }])
  })

  test('adds 10 to 500 coins and subtracts 5 to 100', async () => {
    const rows = await pack.sourceRows<{ type: string; fits: boolean }>(
      'user_service',
      `SELECT type, bool_and(CASE type WHEN 'ADD' THEN amount BETWEEN 10 AND 500 ELSE amount BETWEEN 5 AND 100 END) AS fits FROM "CurrencyTransaction" GROUP BY 1 ORDER BY 1`,
    )
    expect(rows).toEqual([
      { type: 'ADD', fits: true },
      { type: 'SUBTRACT', fits: true },
    ])
  })

  test('seats three to eight players, mafia first, then detective, doctor and villagers', async () => {
    const tables = await pack.sourceRows<{ players: number; roles: string }>(
      'game_service',
      `SELECT count(*)::int AS players, string_agg(p.role, ' ' ORDER BY p."joinedAt") AS roles FROM "Game" g
       JOIN "LobbyPlayer" p ON p."lobbyId" = g."lobbyId" AND p."joinedAt" < g."startedAt" AND (p."isActive" OR p."updatedAt" > g."startedAt") GROUP BY g.id`,
    )
    expect(tables.length).toBeGreaterThan(5)
    for (const { players, roles } of tables) {
      expect(players).toBeGreaterThanOrEqual(3)
      expect(players).toBeLessThanOrEqual(8)
      expect(roles).toMatch(/^MAFIA (SHERIFF DOCTOR( VILLAGER)*|DETECTIVE DOCTOR( CIVILIAN)*)$/)
    }
  })

  test('has no row after its last moment', async () => {
    const last = await Promise.all([
      pack.sourceRows(
        'user_service',
        'SELECT greatest((SELECT max("updatedAt") FROM "User"), (SELECT max("seenAt") FROM "AccessEvent"), (SELECT max("createdAt") FROM "CurrencyTransaction")) AS at',
      ),
      pack.sourceRows(
        'game_service',
        'SELECT greatest((SELECT max("updatedAt") FROM "LobbyPlayer"), (SELECT max("occurredAt") FROM "GameEvent"), (SELECT max("castAt") FROM "Vote")) AS at',
      ),
    ])
    for (const [row] of last) expect(Date.parse(String(row?.['at']).replace(' ', 'T').replace('+00', 'Z'))).toBeLessThanOrEqual(DEMO_UNTIL)
  })

  test('is the same for the same seed, to the last row', async () => {
    expect(await digests(twin)).toEqual(await digests(pack))
  })
})

test('the platform’s tables can be taken back, and made again to the same end', async () => {
  const parts = () =>
    twin.rows("SELECT kind, object, definition FROM quintile.schema_parts() WHERE definition NOT LIKE '%sequence%' ORDER BY 1, 2, 3")
  const before = await parts()
  await twin.rooms.schema.move({ verb: 'downgrade', target: 'base' })
  expect(await twin.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname !~ '^migrations_'")).toEqual(
    [],
  )
  await twin.rooms.upgradeWarehouse()
  expect(await parts()).toEqual(before)
  expect(await twin.rooms.schema.check()).toMatchObject({ ok: true, drift: [] })
})
