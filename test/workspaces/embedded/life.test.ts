import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { embeddedStatus } from '../../../server/workspaces/embedded/index.ts'
import { socketFolder } from '../../../server/workspaces/embedded/places.ts'
import { lives, newHome, open, query, serverOf, usedHome } from './homes.ts'

test('the first start makes a database, and what was stored is there after a restart', async () => {
  const home = newHome()
  expect(await embeddedStatus(home)).toMatchObject({ state: 'absent', dataVersion: null, server: null })
  const told: string[] = []
  const first = await open(home, { durable: true, log: (text) => told.push(text) })
  expect(told.join()).toContain('Creating PostgreSQL')
  expect(first).toMatchObject({ host: '127.0.0.1', user: 'quintile', version: '18.4', dataFolder: join(home, 'postgres', 'data') })
  await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer')
  const { pid, keeper } = await serverOf(home)
  await first.close()
  await first.close()
  expect([pid, keeper].filter(lives)).toEqual([])
  expect(await embeddedStatus(home)).toMatchObject({ state: 'stopped', dataVersion: '18', server: null })

  const second = await open(home)
  expect(second.password).toBe(first.password)
  expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
})

test('the password is long, only its owner can read it, and no other lets anyone in', async () => {
  const home = await usedHome()
  const server = await open(home)
  expect(Buffer.from(server.password, 'base64url')).toHaveLength(32)
  expect(statSync(join(home, 'postgres', 'password')).mode & 0o777).toBe(0o600)
  const wrong = { connection: (database: string) => ({ ...server.connection(database), password: 'guess' }) }
  await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed')
  expect(await query(server, "SELECT left(rolpassword, 13) AS kind FROM pg_authid WHERE rolname = 'quintile'")).toEqual([
    { kind: 'SCRAM-SHA-256' },
  ])
})

test('when the password file is removed, a new password is set and the data stays', async () => {
  const home = await usedHome()
  const first = await open(home)
  await query(first, 'CREATE TABLE kept AS SELECT 1 AS n')
  await first.close()
  rmSync(join(home, 'postgres', 'password'))
  const second = await open(home)
  expect(second.password).not.toBe(first.password)
  expect(await query(second, 'SELECT n FROM kept')).toEqual([{ n: 1 }])
})

test('nothing listens on any address but 127.0.0.1, nor on a Unix socket', async () => {
  const server = await open(await usedHome())
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ address }) => address !== '127.0.0.1' && !address.startsWith('fe80'))
  for (const { address } of [...addresses, { address: '127.0.0.2' }, { address: '::1' }])
    expect([address, await answers(address, server.port)]).toEqual([address, false])
  expect(await answers('127.0.0.1', server.port)).toBe(true)
  expect(
    await query(server, "SELECT current_setting('listen_addresses') AS tcp, current_setting('unix_socket_directories') AS socket"),
  ).toEqual([{ tcp: '127.0.0.1', socket: '' }])
})

test('a durable server never loses what was committed, and sorts the same on every system', async () => {
  const server = await open(await usedHome(), { durable: true })
  const settings = await query(
    server,
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'jit', 'TimeZone', 'data_checksums') ORDER BY name COLLATE \"C\"",
  )
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    TimeZone: 'UTC',
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    jit: 'off',
    synchronous_commit: 'on',
    wal_level: 'logical',
  })
  expect(
    await query(
      server,
      "SELECT datlocprovider AS provider, datlocale AS locale, pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = 'postgres'",
    ),
  ).toEqual([{ provider: 'b', locale: 'C.UTF-8', encoding: 'UTF8' }])
})

test('a home with a path too long for a Unix socket works as well', async () => {
  const home = join(newHome(), 'a-folder-with-quite-a-long-name'.repeat(4))
  mkdirSync(home, { mode: 0o755 })
  const server = await open(home)
  expect((await serverOf(home)).users).toBe(1)
  expect(statSync(socketFolder(home)).mode & 0o777).toBe(0o700)
  await server.close()
  expect(await embeddedStatus(home)).toMatchObject({ state: 'stopped', dataFolder: join(home, 'postgres', 'data') })
  rmSync(socketFolder(home), { recursive: true })
})

test('a socket folder that others may write to is not trusted', async () => {
  const home = join(newHome(), 'a-folder-with-quite-a-long-name'.repeat(4))
  mkdirSync(join(home, 'postgres'), { recursive: true, mode: 0o755 })
  const folder = socketFolder(home)
  chmodSync(folder, 0o777)
  await expect(open(home)).rejects.toThrow('open to others')
  rmSync(folder, { recursive: true })
})

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
