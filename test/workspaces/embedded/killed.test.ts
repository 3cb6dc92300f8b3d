import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { embeddedStatus } from '../../../server/workspaces/embedded/index.ts'
import {
  groupOf,
  killHard,
  lives,
  newHome,
  open,
  postmasterPid,
  processesWith,
  query,
  serverOf,
  soon,
  startProgram,
  usedHome,
} from './homes.ts'

test('a program killed with -9 leaves no PostgreSQL behind', async () => {
  const home = await usedHome()
  const program = await startProgram(home)
  const { keeper } = await serverOf(home)
  killHard(program.process.pid ?? 0)
  await vi.waitFor(() => expect([program.pid, keeper].filter(lives)).toEqual([]), soon)
  expect(await embeddedStatus(home)).toMatchObject({ state: 'stopped' })
})

test('a program that ends without closing lets its server stop, too', async () => {
  const home = await usedHome()
  const program = await startProgram(home)
  program.process.kill('SIGTERM')
  await vi.waitFor(() => expect(lives(program.pid)).toBe(false), soon)
})

test('Ctrl-C in a terminal reaches neither the keeper nor PostgreSQL, which are in a process group of their own', async () => {
  const home = await usedHome()
  await open(home)
  const { keeper, pid } = await serverOf(home)
  expect([groupOf(keeper), groupOf(pid)]).not.toContain(groupOf(process.pid))
  process.kill(keeper, 'SIGINT')
  process.kill(keeper, 'SIGHUP')
  expect(await serverOf(home)).toMatchObject({ keeper, pid })
})

test('a PostgreSQL killed with -9 comes back on the same port with everything that was committed', async () => {
  const home = await usedHome()
  const server = await open(home, { durable: true })
  await query(server, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n')
  const before = await serverOf(home)
  killHard(before.pid)
  await vi.waitFor(async () => expect((await serverOf(home)).pid).not.toBe(before.pid), soon)
  const after = await serverOf(home)
  expect(after).toMatchObject({ port: before.port, keeper: before.keeper })
  expect(await query(server, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 1000 }])
})

test('a keeper killed with -9 is replaced, while PostgreSQL and its connections go on', async () => {
  const home = await usedHome()
  const server = await open(home)
  const before = await serverOf(home)
  const session = query(server, 'SELECT pg_sleep(1), pg_backend_pid() AS backend')
  killHard(before.keeper)
  await vi.waitFor(async () => expect((await serverOf(home)).keeper).not.toBe(before.keeper), soon)
  expect(await serverOf(home)).toMatchObject({ pid: before.pid, port: before.port, users: 1 })
  expect(await session).toHaveLength(1)
  await server.close()
  expect(lives(before.pid)).toBe(false)
})

test('a keeper killed while the last program closes leaves no PostgreSQL behind either', async () => {
  const home = await usedHome()
  const server = await open(home)
  const { keeper, pid } = await serverOf(home)
  process.kill(keeper, 'SIGSTOP')
  const closing = server.close()
  killHard(keeper)
  await closing
  expect(lives(pid)).toBe(false)
})

test('when keeper and program are killed, the next program takes over the PostgreSQL they left', async () => {
  const home = await usedHome()
  const program = await startProgram(home)
  const { keeper } = await serverOf(home)
  // The program is stopped first, so that it cannot start a new keeper in between.
  program.process.kill('SIGSTOP')
  killHard(keeper)
  killHard(program.process.pid ?? 0)
  await vi.waitFor(() => expect(lives(keeper)).toBe(false), soon)
  expect(lives(program.pid)).toBe(true)
  expect(await embeddedStatus(home)).toMatchObject({ state: 'abandoned' })
  const told: string[] = []
  const server = await open(home, { log: (text) => told.push(text) })
  expect((await serverOf(home)).pid).toBe(program.pid)
  expect(told.join()).toContain('Taking over')
  await server.close()
  expect(lives(program.pid)).toBe(false)
})

test('when everything is killed at once, the next start recovers what was committed', async () => {
  const home = await usedHome()
  const program = await startProgram(home, { durable: true })
  await query(program, 'CREATE TABLE kept AS SELECT 5 AS n')
  const { keeper } = await serverOf(home)
  program.process.kill('SIGSTOP')
  for (const pid of [keeper, program.pid, program.process.pid ?? 0]) killHard(pid)
  const server = await open(home)
  expect(await query(server, 'SELECT n FROM kept')).toEqual([{ n: 5 }])
})

test('a postmaster.pid left behind, whose number now belongs to another program, is no obstacle', async () => {
  const home = await usedHome()
  const first = await open(home)
  const { dataFolder } = first
  await first.close()
  writeFileSync(join(dataFolder, 'postmaster.pid'), `${process.pid}\n${dataFolder}\n1700000000\n5432\n\n127.0.0.1\n0 0\nready   \n`)
  const second = await open(home)
  expect(postmasterPid(dataFolder)).toBe((await serverOf(home)).pid)
  expect(await query(second, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
})

test('a first start that is killed in the middle is begun anew by the same call', async () => {
  const home = newHome()
  const opening = open(home)
  const base = join(home, 'postgres')
  await vi.waitFor(() => expect(readdirSync(base).some((name) => /^data\.new-\w+$/.test(name))).toBe(true), soon)
  for (const pid of [...processesWith('--keeper=', home), ...processesWith('initdb', home)]) killHard(pid)
  const server = await opening
  expect(await query(server, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  expect(readdirSync(base).filter((name) => name.startsWith('data'))).toEqual(['data'])
})

test('half a data folder from an earlier interrupted start is removed, with its password', async () => {
  const home = newHome()
  mkdirSync(join(home, 'postgres', 'data.new-0a1b2c3d', 'base'), { recursive: true })
  writeFileSync(join(home, 'postgres', 'data.new-0a1b2c3d', 'PG_VERSION'), '18\n')
  writeFileSync(join(home, 'postgres', 'data.new-0a1b2c3d.password'), 'old\n')
  await open(home)
  expect(readdirSync(join(home, 'postgres')).filter((name) => name.startsWith('data'))).toEqual(['data'])
})
