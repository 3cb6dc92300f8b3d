/** The loyalty demo with its Xiva API at an address of its own, and no limit on how often it may be asked. */
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openTestPack, type TestPack, type TestPackRequest } from '../../tools/open-pack.ts'

export const LOGIN = { XIVA_USERNAME: 'analyst@example.com', XIVA_PASSWORD: 'correct horse' }

export interface LoyaltyPack extends TestPack {
  /** Address of the API. */
  url: string
}

export interface LoyaltyRequest extends Omit<TestPackRequest, 'pack' | 'prepare'> {
  /** False leaves the API silent. */
  serve?: boolean
  /** Changes the text of pack.yaml. */
  settings?: (yaml: string) => string
}

/** Opens, fills and serves; runs no job. */
export async function openLoyalty({ serve = true, settings = (yaml) => yaml, ...request }: LoyaltyRequest = {}): Promise<LoyaltyPack> {
  const url = `http://127.0.0.1:${String(await freePort())}/api`
  const environment: NodeJS.ProcessEnv = { ...LOGIN, XIVA_RATE_LIMIT: '100000', ...request.environment }
  const pack = await openTestPack({
    ...{ sizes: { customers: 50 }, ...request, pack: 'loyalty', environment },
    prepare: async (folder) => {
      const file = join(folder, 'pack.yaml')
      const yaml = (await readFile(file, 'utf8')).replace(/base_url: .*/, `base_url: ${url}`).replaceAll(/^ +- \{ requests: .*\n/gm, '')
      await writeFile(file, settings(yaml.replace('    rate_limit:\n', '')))
    },
  })
  const service = serve ? await pack.rooms.demo.serve({ say: () => undefined }) : null
  return {
    ...pack,
    url,
    close: async () => {
      await service?.close()
      await pack.close()
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
