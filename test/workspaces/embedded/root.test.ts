import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findPackage, prepareBinaries } from '../../../server/workspaces/embedded/binaries.ts'
import { embeddedStatus } from '../../../server/workspaces/embedded/index.ts'
import { barrier, unprivilegedUser } from '../../../server/workspaces/embedded/owner.ts'
import { lives, newHome, open, query, serverOf, startProgram, usedHome } from './homes.ts'

const asRoot = process.getuid?.() === 0

test.runIf(asRoot)('started by root, PostgreSQL runs as another user', async () => {
  const home = await usedHome()
  const server = await open(home)
  const { pid } = await serverOf(home)
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(new RegExp(`^Uid:\\s+${unprivilegedUser().uid}\\s`, 'm'))
  expect(statSync(server.dataFolder)).toMatchObject({ uid: unprivilegedUser().uid })
  expect(statSync(server.dataFolder).mode & 0o777).toBe(0o700)
})

test.runIf(asRoot)('a home that PostgreSQL cannot enter has its data elsewhere, says so, and finds it again', async () => {
  const home = newHome(0o700)
  const told: string[] = []
  const first = await open(home, { log: (text) => told.push(text) })
  expect(first.dataFolder).toMatch(/^\/var\/lib\/quintile\/[0-9a-f]{12}\/data$/)
  expect(told.join()).toContain(`data lies in ${first.dataFolder.replace('/data', '')}`)
  expect(existsSync(join(home, 'postgres', 'data'))).toBe(false)
  await query(first, 'CREATE TABLE kept AS SELECT 3 AS n')
  await first.close()

  chmodSync(home, 0o755)
  const second = await open(home)
  expect(second.dataFolder).toBe(first.dataFolder)
  expect(await query(second, 'SELECT n FROM kept')).toEqual([{ n: 3 }])
})

test.runIf(asRoot)('data in a home that was closed later is not replaced by an empty database', async () => {
  const home = await usedHome()
  chmodSync(home, 0o700)
  await expect(open(home)).rejects.toMatchObject({
    code: 'embedded.unreachable',
    hint: expect.stringContaining(`chmod o+x ${home}`) as string,
  })
  chmodSync(home, 0o755)
})

test.runIf(asRoot)('a normal user runs the server as themselves, and root joins it', async () => {
  const { uid, gid } = unprivilegedUser()
  const home = newHome(0o700)
  chownSync(home, uid, gid)
  const program = await startProgram(home, { uid, gid })
  const server = await open(home)
  expect(server.dataFolder).toBe(join(home, 'postgres', 'data'))
  expect((await serverOf(home)).pid).toBe(program.pid)
  await program.close()
  await server.close()
  expect(lives(program.pid)).toBe(false)
  // What root opens first still belongs to the user afterwards.
  await (await open(home)).close()
  const again = await startProgram(home, { uid, gid })
  expect(await query(again, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  expect(await embeddedStatus(home)).toMatchObject({ state: 'running' })
  await again.close()
})

test.runIf(process.platform === 'linux')('a package out of reach and without its symbolic links is copied once, complete', () => {
  const folder = newHome(0o700)
  const packageFolder = join(folder, 'package')
  const copies = join(newHome(), 'binaries')
  mkdirSync(packageFolder)
  cpSync(findPackage(), packageFolder, { recursive: true, verbatimSymlinks: true })
  for (const name of ['libicuuc.so.60', 'libicudata.so.60', 'libpq.so.5']) rmSync(join(packageFolder, 'native', 'lib', name))
  const user = asRoot ? unprivilegedUser() : { uid: (process.getuid?.() ?? 0) + 1, gid: (process.getgid?.() ?? 0) + 1 }
  expect(barrier(join(packageFolder, 'native'), user)).toBe(folder)
  const notes: string[] = []
  const prepare = (): ReturnType<typeof prepareBinaries> =>
    prepareBinaries({ packageFolder, copies, user, note: (text) => notes.push(text) })
  const binaries = prepare()
  expect(prepare()).toEqual(binaries)
  expect(notes).toHaveLength(1)
  expect(binaries.postgres.startsWith(copies)).toBe(true)
  const run = spawnSync(binaries.postgres, ['--version'], { ...(asRoot ? user : {}), encoding: 'utf8' })
  expect(run.stdout).toContain('18.4')
})

test('the unprivileged user is postgres, or nobody where there is none', () => {
  const system = 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65533:nobody:/:/bin/false\n'
  expect(unprivilegedUser(system)).toEqual({ uid: 65_534, gid: 65_533 })
  expect(unprivilegedUser(`${system}postgres:x:101:104::/:/bin/sh\n`)).toEqual({ uid: 101, gid: 104 })
  expect(() => unprivilegedUser('root:x:0:0:root:/:/bin/sh\n')).toThrow('neither a user')
})
