/** Global setup of vitest: one PostgreSQL for the whole run, without durability, in a folder that goes when the run ends. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openEmbeddedServer } from '../../server/workspaces/embedded/index.ts'

/** How tests reach the server; a database name makes it a connection. */
export interface TestServer {
  host: string
  port: number
  user: string
  password: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    warehouseServer: TestServer
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'quintile-test-warehouse-'))
  // Root's PostgreSQL runs as another user, who must be able to pass through, or the data would be kept outside this folder.
  await chmod(home, 0o711)
  const server = await openEmbeddedServer({ home, durable: false })
  project.provide('warehouseServer', { host: server.host, port: server.port, user: server.user, password: server.password })
  return async () => {
    await server.close()
    await rm(home, { recursive: true, force: true })
  }
}
