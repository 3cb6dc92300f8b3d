import { afterEach, expect, test } from 'vitest'
import { httpSettings, openHttpSource } from '../../../server/sources/http/index.ts'
import { openTestApi, START, type Answer, type TestApi } from './api.ts'

let api: TestApi
afterEach(() => api.close())

const FINE: Answer = { body: [{ id: 1 }] }
const after = (retryAfter: string, more: Record<string, string> = {}): Answer => ({
  status: 429,
  headers: { 'retry-after': retryAfter, ...more },
})

test('429 waits as long as the server asks, in seconds or until a date by the server’s own clock', async () => {
  const date = { date: 'Sat, 21 Nov 2026 09:00:00 GMT' }
  api = await openTestApi((_, count) => [after('7'), after('Sat, 21 Nov 2026 09:00:20 GMT', date)][count - 1] ?? FINE)
  expect(await api.read('profiles')).toMatchObject({ read: 1 })
  expect(api.world.waits).toEqual([7000, 20_000])
})

test('a server that asks for more than is allowed is not waited for, and both times are told', async () => {
  api = await openTestApi(() => after('3600'))
  await expect(api.read('profiles', { longest_wait: '5 minutes' })).rejects.toMatchObject({
    ...{ kind: 'retry', code: 'source.rate-limited' },
    message: expect.stringContaining('asks us to wait 1 hour, which is longer than the 5 minutes') as unknown,
    details: { asked_seconds: 3600, longest_seconds: 300 },
  })
  expect(api.world.waits).toEqual([])
})

test.each([408, 500, 502, 503, 504])('a %i is tried again, ever later', async (status) => {
  api = await openTestApi((_, count) => (count < 4 ? { status } : FINE))
  expect(await api.read('profiles')).toMatchObject({ read: 1, isFull: true })
  // Half of 500, 1000, 2000 ms and a half of the rest, as the chance of this test has it.
  expect(api.world.waits).toEqual([375, 750, 1500])
})

test('when the tries are used up, the failure is worth another run', async () => {
  api = await openTestApi(() => ({ status: 503, body: { message: 'Maintenance' } }))
  await expect(api.read('profiles', { retries: 2 })).rejects.toMatchObject({
    ...{ kind: 'retry', code: 'source.unavailable' },
    message: `${api.url}/profiles: the server cannot answer now (503): Maintenance`,
  })
  expect(api.asked.length).toBe(3)
})

test('a connection that breaks in the middle of an answer is tried again', async () => {
  api = await openTestApi((_, count) => (count === 1 ? 'cut' : FINE))
  expect(await api.read('profiles')).toMatchObject({ read: 1 })
  expect(api.asked.length).toBe(2)
})

test('a server that is not there is told after the tries', async () => {
  api = await openTestApi(() => FINE)
  const base = api.url
  await api.close()
  await expect(api.read('profiles', { retries: 1 })).rejects.toMatchObject({
    ...{ kind: 'retry', code: 'source.unreachable' },
    message: `${base}/profiles cannot be reached: ECONNREFUSED`,
  })
  expect(api.world.waits.length).toBe(1)
  api = await openTestApi(() => FINE)
})

test('a server that does not answer is given up after the timeout and tried again', async () => {
  api = await openTestApi((_, count) => (count === 1 ? 'hang' : FINE))
  const settings = { ...httpSettings.parse({ kind: 'http', base_url: api.url }), timeout: 1_000 }
  const wait = async (milliseconds: number): Promise<void> => void api.world.waits.push(milliseconds)
  const source = openHttpSource(settings, { source: 'xiva', environment: {}, clock: () => START, random: () => 0, wait })
  expect(await api.read('profiles', {}, { source })).toMatchObject({ read: 1 })
  expect(api.world.waits).toEqual([250])
  const impatient = openHttpSource({ ...settings, retries: 0 }, { source: 'xiva', environment: {}, clock: () => START, wait })
  api.asked.length = 0
  await expect(api.read('profiles', {}, { source: impatient })).rejects.toMatchObject({ kind: 'retry', code: 'source.timeout' })
})

test('requests keep the distance of the strictest limit', async () => {
  api = await openTestApi(({ query }) => ({ body: Number(query['page']) < 5 ? [Number(query['page'])] : [] }))
  const rate_limit = [
    { requests: 60, per: '1 minute' },
    { requests: 1800, per: '1 hour' },
  ]
  await api.read('profiles', { paging: { page: {} }, rate_limit })
  expect(api.asked.map(({ at }) => at - START)).toEqual([0, 2000, 4000, 6000, 8000])
})

test('a bucket with more than one token lets as many go at once', async () => {
  api = await openTestApi(({ query }) => ({ body: Number(query['page']) < 6 ? [Number(query['page'])] : [] }))
  await api.read('profiles', { paging: { page: {} }, rate_limit: { requests: 60, per: '1 minute', burst: 3 } })
  expect(api.asked.map(({ at }) => at - START)).toEqual([0, 0, 0, 1000, 2000, 3000])
})

test.each([
  ['seconds to go', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' }],
  ['seconds since 1970', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(START / 1000 + 30) }],
  ['the standard’s one header', { ratelimit: '"default";r=0;t=30' }],
])('where the server says that no requests are left, the next one waits: %s', async (_, told) => {
  const date = { date: new Date(START).toUTCString() }
  api = await openTestApi((asked) => ({ headers: { ...told, ...date }, body: asked.query['page'] === '1' ? [1] : [] }))
  await api.read('profiles', { paging: { page: {} } })
  expect(api.asked.map(({ at }) => at - START)).toEqual([0, 30_000])
})

test('requests that are left cost no wait, and a distant reset no more than is allowed', async () => {
  const left = ['5', '0', '0']
  api = await openTestApi((_, count) => ({
    headers: { 'ratelimit-remaining': left[count - 1] ?? '0', 'ratelimit-reset': '9999' },
    body: count < 3 ? [count] : [],
  }))
  await api.read('profiles', { paging: { page: {} }, longest_wait: '1 minute' })
  expect(api.asked.map(({ at }) => at - START)).toEqual([0, 0, 60_000])
})
