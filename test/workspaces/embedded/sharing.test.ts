import { expect, test, vi } from 'vitest'
import { embeddedStatus } from '../../../server/workspaces/embedded/index.ts'
import { lives, newHome, open, processesWith, query, serverOf, soon, startProgram, usedHome } from './homes.ts'

test('two programs share one server, and it stays until the second has gone', async () => {
  const home = await usedHome()
  const first = await startProgram(home)
  const second = await startProgram(home)
  expect(second.pid).toBe(first.pid)
  await query(first, 'CREATE TABLE shared AS SELECT 7 AS n')
  await first.close()
  expect(await query(second, 'SELECT n FROM shared')).toEqual([{ n: 7 }])
  const { users, keeper } = await serverOf(home)
  expect(users).toBe(1)
  await second.close()
  expect([second.pid, keeper].filter(lives)).toEqual([])
})

test('programs that start at the same moment on a new home agree on one server', async () => {
  const home = newHome()
  const programs = await Promise.all(Array.from({ length: 5 }, () => startProgram(home)))
  expect(new Set(programs.map(({ pid }) => pid)).size).toBe(1)
  await vi.waitFor(() => expect(processesWith('--keeper=', home)).toHaveLength(1), soon)
  await query(programs[4] ?? programs[0]!, 'SELECT 1')
  await Promise.all(programs.map((program) => program.close()))
  // A keeper that came too late to keep may still be looking around.
  await vi.waitFor(async () => expect(await embeddedStatus(home)).toMatchObject({ state: 'stopped' }), soon)
})

test('whoever comes while the server stops waits, and gets a new one', async () => {
  const home = await usedHome()
  const first = await open(home)
  const { pid } = await serverOf(home)
  const closing = first.close()
  const second = await open(home)
  await closing
  expect((await serverOf(home)).pid).not.toBe(pid)
  expect(await query(second, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
})

test('opening and closing over and over from several sides never loses the server or a row', async () => {
  const home = await usedHome()
  const first = await open(home)
  await query(first, 'CREATE TABLE kept (n integer)')
  await first.close()
  const rounds = async (): Promise<void> => {
    for (let round = 0; round < 4; round++) {
      const server = await open(home)
      await query(server, `INSERT INTO kept VALUES (${round})`)
      await server.close()
    }
  }
  await Promise.all([rounds(), rounds(), rounds()])
  expect(await embeddedStatus(home)).toMatchObject({ state: 'stopped' })
  expect(await query(await open(home), 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 12 }])
})
