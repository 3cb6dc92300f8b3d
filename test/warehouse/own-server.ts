/** A PostgreSQL of this machine with its own pg_dump and pg_restore, where one is installed: the embedded server comes without them. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '../../server/warehouse/index.ts'
import { unprivilegedUser } from '../../server/workspaces/embedded/owner.ts'

const PROGRAMS = ['initdb', 'postgres', 'pg_dump', 'pg_restore']

/** The folder of a whole installation, or null. */
export const INSTALLED: string | null =
  globSync(['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql@*/bin']).find((folder) =>
    PROGRAMS.every((program) => existsSync(join(folder, program))),
  ) ?? null

export interface OwnServer {
  connection: Connection
  close(): Promise<void>
}

const PASSWORD = 'secret-of-this-test'

/** Starts an empty server in a folder of its own, with a password. */
export async function startOwnServer(programs: string): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'quintile-own-server-'))
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, PASSWORD)
  chmodSync(folder, 0o711)
  chmodSync(passwordFile, 0o644)
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const options = { ...user, cwd: folder, env: { LC_ALL: 'C', PATH: programs } }
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'ana', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--no-sync'],
    options,
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr.toString()}`)
  const port = await freePort()
  const settings = [`port=${String(port)}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off']
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], options)
  await ready(server)
  return {
    connection: { host: '127.0.0.1', port, user: 'ana', password: PASSWORD, database: 'postgres' },
    close: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`postgres ended: ${said}`)))
  })
}
