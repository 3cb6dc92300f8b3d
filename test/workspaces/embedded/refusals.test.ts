import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diskFull, initFailure, startFailure } from '../../../server/workspaces/embedded/trouble.ts'
import { lives, newHome, open, processesWith, query, usedHome } from './homes.ts'

test('data of another major version is left alone, and the message names both versions', async () => {
  const home = newHome()
  mkdirSync(join(home, 'postgres', 'data'), { recursive: true })
  writeFileSync(join(home, 'postgres', 'data', 'PG_VERSION'), '15\n')
  await expect(open(home)).rejects.toMatchObject({
    kind: 'mistake',
    code: 'embedded.version-mismatch',
    details: { found: '15', wanted: '18' },
    hint: expect.stringContaining('PostgreSQL 15') as string,
  })
})

test('a folder with something else in it is not taken for data', async () => {
  const home = newHome()
  mkdirSync(join(home, 'postgres', 'data', 'holiday-photos'), { recursive: true })
  await expect(open(home)).rejects.toMatchObject({ code: 'embedded.init-failed', message: expect.stringContaining('not empty') as string })
})

test('a start that fails says why in the words of PostgreSQL, and works once the reason is mended', async () => {
  const home = await usedHome()
  const server = await open(home)
  await server.close()
  const conf = join(server.dataFolder, 'postgresql.conf')
  const good = readFileSync(conf)
  appendFileSync(conf, 'no_such_setting = 1\n')
  await expect(open(home)).rejects.toMatchObject({
    kind: 'stop',
    code: 'embedded.start-failed',
    details: { output: expect.arrayContaining([expect.stringContaining('no_such_setting')]) as string[] },
  })
  writeFileSync(conf, good)
  expect(await query(await open(home), 'SELECT 1 AS n')).toEqual([{ n: 1 }])
})

test('a package without programs is reported as missing, with the remedy', async () => {
  const home = newHome()
  await expect(open(home, { packageFolder: join(home, 'nothing') })).rejects.toMatchObject({
    code: 'embedded.binaries-missing',
    hint: expect.stringContaining('npm ci') as string,
  })
})

test('a keeper that cannot even start is reported with its log', async () => {
  const home = newHome()
  const opening = open(home, { spawnKeeper: () => ({ ended: Promise.resolve(1) }) })
  await expect(opening).rejects.toMatchObject({ code: 'embedded.start-failed', hint: expect.stringContaining('keeper.log') as string })
})

test('a full disk is recognised wherever it shows itself', () => {
  const words = 'FATAL:  could not write lock file "postmaster.pid": No space left on device'
  expect(startFailure(words, { data: '/data', log: '/log' }).code).toBe('embedded.disk-full')
  expect(initFailure(words, '/data').code).toBe('embedded.disk-full')
  expect(diskFull('/data')).toMatchObject({ kind: 'mistake', hint: expect.stringContaining('500 MB') as string })
})

test('after any refusal no process stays behind', async () => {
  const home = newHome()
  mkdirSync(join(home, 'postgres', 'data'), { recursive: true })
  writeFileSync(join(home, 'postgres', 'data', 'PG_VERSION'), '9.6\n')
  await expect(open(home)).rejects.toThrow('9.6')
  await expect(open(home)).rejects.toThrow('9.6')
  await expect.poll(() => processesWith(home).filter(lives)).toEqual([])
})
