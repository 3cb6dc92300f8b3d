/** A PostgreSQL of the test's own, for what only the whole server can be set to: no logical log, no limit, no slots left. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPackage, prepareBinaries } from '../../../server/workspaces/embedded/binaries.ts'
import { isRoot, unprivilegedUser } from '../../../server/workspaces/embedded/owner.ts'
import { cleanEnvironment, runProgram } from '../../../server/workspaces/embedded/program.ts'
import type { SourceConnection } from '../../../server/sources/index.ts'
import { openWriter } from '../postgres-tables.ts'

export interface OwnServer {
  connection: SourceConnection
  /** Starts it again with other settings; what it holds stays. */
  restart(settings: Record<string, string>): Promise<void>
  close(): Promise<void>
}

/** Segments of 1 MB, so that a slot is lost after a few of them. */
export async function startOwnServer(settings: Record<string, string>): Promise<OwnServer> {
  const home = await mkdtemp(join(tmpdir(), 'quintile-test-source-'))
  await chmod(home, 0o711)
  const user = isRoot() ? unprivilegedUser() : undefined
  const binaries = prepareBinaries({ packageFolder: findPackage(), copies: home, user, note: () => undefined })
  const data = join(home, 'data')
  await mkdir(data, { mode: 0o700 })
  if (user !== undefined) await chown(data, user.uid, user.gid)
  const made = await runProgram(binaries.initdb, ['-D', data, '-U', 'owner', '-A', 'trust', '--no-sync', '--wal-segsize=1'], {
    user,
    cwd: home,
  })
  if (made.code !== 0) throw new Error(made.text)
  const port = await freePort()
  const connection: SourceConnection = { host: '127.0.0.1', port, user: 'owner', database: 'postgres' }
  const start = async (values: Record<string, string>) => {
    const all = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      fsync: 'off',
      min_wal_size: '2MB',
      ...values,
    }
    const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    const child = spawn(binaries.postgres, args, { ...user, cwd: home, env: cleanEnvironment(), stdio: 'ignore' })
    const ended = once(child, 'exit')
    await answers(connection, () => child.exitCode === null)
    return async () => {
      child.kill('SIGINT')
      await ended
    }
  }
  let stop = await start(settings)
  return {
    connection,
    restart: async (values) => {
      await stop()
      stop = await start(values)
    },
    close: async () => {
      await stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function answers(connection: SourceConnection, isAlive: () => boolean): Promise<void> {
  for (;;) {
    try {
      const client = await openWriter(connection)
      await client.end()
      return
    } catch (thrown) {
      if (!isAlive()) throw thrown
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
