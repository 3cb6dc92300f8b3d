import { afterEach, expect, test } from 'vitest'
import { httpSettings, openHttpSource } from '../../../server/sources/http/index.ts'
import { openTestApi, type TestApi } from './api.ts'

let api: TestApi
afterEach(() => api.close())

const CANCELLED = { kind: 'stop', code: 'source.cancelled' }

test('the signal ends a request that is not answered', async () => {
  const controller = new AbortController()
  api = await openTestApi(() => {
    controller.abort()
    return 'hang'
  })
  await expect(api.read('profiles', {}, { signal: controller.signal })).rejects.toMatchObject(CANCELLED)
})

test('the signal ends a wait for the next try with the timers of the product', async () => {
  const controller = new AbortController()
  api = await openTestApi(() => ({ status: 503, headers: { 'retry-after': '100' } }))
  // The clock is asked when the answer has been read; the wait of 100 s has begun when the next turn of the loop comes.
  const clock = (): number => {
    if (api.asked.length > 0) setImmediate(() => controller.abort())
    return Date.now()
  }
  const source = openHttpSource(httpSettings.parse({ kind: 'http', base_url: api.url }), { source: 'xiva', environment: {}, clock })
  await expect(api.read('profiles', {}, { source, signal: controller.signal })).rejects.toMatchObject(CANCELLED)
  expect(api.asked.length).toBe(1)
})

test('the signal ends a wait for the rate limit', async () => {
  const controller = new AbortController()
  api = await openTestApi(() => ({ body: [api.asked.length] }))
  api.world.onWait = () => controller.abort()
  const settings = { paging: { page: {} }, rate_limit: { requests: 1, per: '1 hour' } }
  await expect(api.read('profiles', settings, { signal: controller.signal })).rejects.toMatchObject(CANCELLED)
  expect(api.asked.length).toBe(1)
})

test('a signal that was given before sends nothing', async () => {
  api = await openTestApi(() => ({ body: [] }))
  await expect(api.read('profiles', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject(CANCELLED)
  expect(api.asked).toEqual([])
})

test('one who stops waiting for a login does not stop it for others, and closing does', async () => {
  const stopped = new AbortController()
  api = await openTestApi(({ path }) => {
    if (path.includes('login')) stopped.abort()
    return path.includes('login') && api.asked.length > 1 ? { body: { access: 'token-1' } } : 'hang'
  })
  const auth = { jwt: { login_path: 'login', username_env: 'U', password_env: 'P' } }
  const source = api.open({ auth, profile_path: 'p/{id}' }, { U: 'u', P: 'p' })
  const patient = new AbortController()
  const waiting = source.profile('1', patient.signal)
  await expect(source.profile('2', stopped.signal)).rejects.toMatchObject(CANCELLED)
  await source.close()
  await expect(waiting).rejects.toMatchObject(CANCELLED)
  expect(api.asked.map(({ path }) => path)).toEqual(['/api/login'])
})
