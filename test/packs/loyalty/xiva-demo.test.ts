import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generator } from '../../../server/workspaces/generators/loyalty/index.ts'
import { openHttpSource, type HttpSettings } from '../../../server/sources/index.ts'
import { openLoyalty, type LoyaltyPack } from './open-loyalty.ts'

let pack: LoyaltyPack

beforeAll(async () => {
  pack = await openLoyalty({ sizes: { customers: 10 }, serve: false, settings: (yaml) => yaml.replace('retries: 3', 'retries: 0') })
}, 120_000)
afterAll(() => pack.close())

const serve = (environment: NodeJS.ProcessEnv, say: (text: string) => void = () => undefined, folder = pack.folder) =>
  generator.serve!({ folder, environment, say })

/** A profile through the source of pack.yaml; rejects where the login is not taken. */
async function profileWith(environment: NodeJS.ProcessEnv): Promise<unknown> {
  const source = openHttpSource(pack.rooms.workspace.pack.sources['xiva'] as HttpSettings, { source: 'xiva', environment, clock: Date.now })
  try {
    return await source.profile('nobody', new AbortController().signal)
  } finally {
    await source.close()
  }
}

test('without Xiva only its own jobs fail, and the features of the warehouse are there all the same', async () => {
  const run = await pack.run()
  const steps = Object.fromEntries(run.steps.map(({ job, status, error }) => [job, [status, error?.code]]))
  expect(steps['customer_features_view']).toEqual(['succeeded', undefined])
  expect(steps['customer_offer_history']).toEqual(['succeeded', undefined])
  expect(steps['xiva_customers']).toEqual(['failed', 'source.unreachable'])
  expect(steps['xiva_profiles']?.[0]).toBe('skipped')
  await pack.rooms.sync({ request: 'test' })
  expect(pack.rooms.features.snapshot().customers).toBe(10)
})

test('the demo logs in without anything being set, and no login stands in the workspace', async () => {
  const environment: NodeJS.ProcessEnv = {}
  const service = await serve(environment)
  try {
    expect(await profileWith(environment)).toBeNull()
    const password = environment['XIVA_PASSWORD'] ?? ''
    expect(password.length).toBeGreaterThan(16)
    expect(await readFile(`${pack.folder}/pack.yaml`, 'utf8')).not.toContain(password)
    // Another process of the same workspace finds it answering, and is let in.
    const other: NodeJS.ProcessEnv = {}
    const second = await serve(other)
    expect(await profileWith(other)).toBeNull()
    await second.close()
    expect(await profileWith(environment)).toBeNull()
  } finally {
    await service.close()
  }
})

test('a login that the person has set is the one that the demo’s Xiva wants', async () => {
  const environment = { XIVA_USERNAME: 'mine@example.com', XIVA_PASSWORD: 'mine' }
  const service = await serve(environment)
  try {
    expect(await profileWith(environment)).toBeNull()
    await expect(profileWith({ ...environment, XIVA_PASSWORD: 'other' })).rejects.toMatchObject({ code: 'source.login-refused' })
  } finally {
    await service.close()
  }
})

test('an address that somebody else holds is told, with what to do, and the real Xiva is left alone', async () => {
  const foreign = createServer((_request, response) => void response.end('{"service":"another"}'))
  await new Promise<void>((resolve) => void foreign.listen(Number(new URL(pack.url).port), '127.0.0.1', resolve))
  const said: string[] = []
  await (await serve({}, (text) => void said.push(text))).close()
  expect(said[0]).toContain('Stop the program that does, or set another port at sources.xiva.base_url in pack.yaml')
  foreign.closeAllConnections()
  await new Promise((resolve) => foreign.close(resolve))

  const other = await openLoyalty({
    serve: false,
    fill: false,
    settings: (yaml) => yaml.replace(/base_url: .*/, 'base_url: https://xiva.example.com/api'),
  })
  const environment: NodeJS.ProcessEnv = {}
  const service = await serve(environment, undefined, other.folder)
  expect([service.url, environment]).toEqual(['https://xiva.example.com/api', {}])
  await service.close()
  await other.close()
})

test('the demo’s Xiva is slow, throttles and fails as the environment says', async () => {
  const environment: NodeJS.ProcessEnv = { XIVA_RATE_LIMIT: '4', XIVA_FAIL_EVERY: '2', XIVA_LATENCY_MS: '1' }
  const service = await serve(environment)
  try {
    const ask = async (): Promise<number> => (await fetch(`${service.url}/customerManagement/v4/customer/`)).status
    expect([await ask(), await ask(), await ask(), await ask(), await ask()]).toEqual([401, 503, 401, 503, 429])
  } finally {
    await service.close()
  }
})
