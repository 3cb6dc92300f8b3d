import { Buffer } from 'node:buffer'
import { afterEach, expect, test } from 'vitest'
import { failureOf, openTestApi, START, type Asked, type TestApi } from './api.ts'

let api: TestApi
let elsewhere: TestApi | undefined
afterEach(async () => {
  await api.close()
  await elsewhere?.close()
  elsewhere = undefined
})

const ENVIRONMENT = { XIVA_USER: 'ann@example.com', XIVA_PASSWORD: 'pa"ss/wörd', XIVA_TOKEN: 's3cret-t0ken' }
const JWT = {
  jwt: {
    ...{ login_path: 'auth/jwt/create/', refresh_path: 'auth/jwt/refresh/', username_env: 'XIVA_USER', password_env: 'XIVA_PASSWORD' },
    ...{ username_field: 'email', scheme: 'JWT' },
  },
}

/** A token that says when it ends: `life` seconds after `from`, by a clock that may be wrong. */
function tokenOf(name: string, life: number, from = START / 1000): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ name, iat: from, exp: from + life })}.x`
}

const nameIn = ({ headers }: Asked): unknown => {
  const payload = /^JWT [^.]*\.([^.]*)/.exec(headers.authorization ?? '')?.[1] ?? 'e30'
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { name?: unknown }).name
}

test('a bearer token and an API key go with each request', async () => {
  api = await openTestApi(() => ({ body: [1] }))
  await api.read(
    'profiles',
    { auth: { bearer: { token_env: 'XIVA_TOKEN' } }, headers: { 'X-Tenant': 'one' } },
    { environment: ENVIRONMENT },
  )
  await api.read('profiles', { auth: { bearer: { token_env: 'XIVA_TOKEN', scheme: 'Token' } } }, { environment: ENVIRONMENT })
  await api.read('profiles', { auth: { api_key: { header: 'X-Api-Key', key_env: 'XIVA_TOKEN' } } }, { environment: ENVIRONMENT })
  await api.read('profiles', { auth: 'none' })
  expect(api.asked.map(({ headers }) => [headers.authorization, headers['x-api-key'], headers['x-tenant']])).toEqual([
    ['Bearer s3cret-t0ken', undefined, 'one'],
    ['Token s3cret-t0ken', undefined, undefined],
    [undefined, 's3cret-t0ken', undefined],
    [undefined, undefined, undefined],
  ])
})

test('the login is sent once, and its token with each request', async () => {
  api = await openTestApi(({ path, query }) =>
    path.endsWith('create/')
      ? { body: { access: tokenOf('a', 3600), refresh: 'r' } }
      : { body: query['page'] === '3' ? [] : [Number(query['page'])] },
  )
  await api.read('profiles', { auth: JWT, paging: { page: {} } }, { environment: ENVIRONMENT })
  expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /api/auth/jwt/create/',
    ...Array<string>(3).fill('GET /api/profiles'),
  ])
  expect(JSON.parse(api.asked[0]!.body)).toEqual({ email: 'ann@example.com', password: 'pa"ss/wörd' })
  expect(api.asked.slice(1).map(nameIn)).toEqual(['a', 'a', 'a'])
})

test.each([
  ['its own claims', (name: string) => ({ access: tokenOf(name, 600) })],
  ['its own claims by a clock that is a day behind', (name: string) => ({ access: tokenOf(name, 600, START / 1000 - 86_400) })],
  ['expires_in', (name: string) => ({ access: `x.${Buffer.from(JSON.stringify({ name })).toString('base64url')}.x`, expires_in: 600 })],
])('a token is renewed before its end, known from %s', async (_, answer) => {
  api = await openTestApi(({ path, query }, count) => {
    if (path.includes('/jwt/'))
      return { body: { ...answer(path.includes('create') ? 'first' : `renewed ${String(count)}`), refresh: `r${String(count)}` } }
    return { body: query['page'] === '4' ? [] : [count] }
  })
  // A request every 400 s. The first login takes the second turn; a token of 600 s is good for 450 s.
  await api.read('profiles', { auth: JWT, paging: { page: {} }, rate_limit: { requests: 9, per: '1 hour' } }, { environment: ENVIRONMENT })
  expect(api.asked.map(({ path, at }) => `${path.split('/').at(-2)!} ${String((at - START) / 1000)}`)).toEqual([
    ...['create 400', 'api 400', 'api 800', 'refresh 1600', 'api 1600', 'api 2000'],
  ])
  expect(JSON.parse(api.asked[3]!.body)).toEqual({ refresh: 'r1' })
  expect(api.asked.filter(({ method }) => method === 'GET').map(nameIn)).toEqual(['first', 'first', 'renewed 4', 'renewed 4'])
})

test('a token that ends in the middle is renewed, the renewal refused leads to the login, and no page is lost', async () => {
  let valid = ''
  api = await openTestApi(({ path, query, headers }, count) => {
    if (path.includes('refresh')) return { status: 401, body: { detail: 'revoked' } }
    if (path.includes('create')) return { body: { access: (valid = `opaque-${String(count)}`), refresh: 'r' } }
    if (query['page'] === '2' && count < 5) valid = 'nothing any more'
    if (headers.authorization !== `JWT ${valid}`) return { status: 401, body: { detail: 'expired' } }
    return { body: query['page'] === '4' ? [] : [{ id: query['page'] }] }
  })
  const read = await api.read('profiles', { auth: JWT, paging: { page: {} } }, { environment: ENVIRONMENT })
  expect(read.rows).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }])
  expect(api.asked.map(({ path, query }) => path.split('/').at(-2)! + (query['page'] ?? '')).slice(0, 6)).toEqual([
    ...['create', 'api1', 'api2', 'refresh', 'create', 'api2'],
  ])
})

test('requests at the same time share one login', async () => {
  api = await openTestApi(({ path }) => (path.includes('create') ? { body: { access: tokenOf('a', 3600) } } : { body: { path } }))
  const source = api.open({ auth: JWT, profile_path: 'p/{id}' }, ENVIRONMENT)
  const { signal } = new AbortController()
  await Promise.all(['1', '2', '3'].map((id) => source.profile(id, signal)))
  expect(api.asked.filter(({ path }) => path.includes('create')).length).toBe(1)
  await source.close()
})

test('a wrong password is a mistake that names the variables and neither of their values', async () => {
  api = await openTestApi(({ body }) => ({ status: 401, body: { detail: `No account for ${body}` } }))
  const failure = await failureOf(api.read('profiles', { auth: JWT }, { environment: ENVIRONMENT }))
  expect(failure).toMatchObject({
    kind: 'mistake',
    code: 'source.login-refused',
    hint: 'Check the environment variables XIVA_USER and XIVA_PASSWORD.',
  })
  expect(String(failure['message'])).toContain('refuses the login: No account for')
  expect(String(failure['message'])).not.toMatch(/ann@|wörd/)
  expect(api.asked.length).toBe(1)
})

test.each(['pa"ss/wörd', 'pa\\\\"ss/w\\u00F6rd', 'pa%22ss%2fw%C3%B6rd', 'pa&quot;ss&#47;w&#246;rd', 'PA\\"SS\\/WÖRD'])(
  'the password is hidden when the server repeats it as %s',
  async (form) => {
    api = await openTestApi(() => ({ status: 401, body: `>${form}<` }))
    await expect(api.read('profiles', { auth: JWT }, { environment: ENVIRONMENT })).rejects.toMatchObject({
      message: 'The source “xiva” refuses the login: >•••<',
    })
  },
)

test('a token that is refused twice is a mistake, and no third try is made', async () => {
  api = await openTestApi(({ path }) =>
    path.includes('create') ? { body: { access: 'opaque' } } : { status: 401, body: { detail: 'no' } },
  )
  await expect(api.read('profiles', { auth: JWT }, { environment: ENVIRONMENT })).rejects.toMatchObject({
    kind: 'mistake',
    code: 'source.login-refused',
  })
  expect(api.asked.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST', 'GET'])
  await expect(api.read('profiles')).rejects.toMatchObject({
    code: 'source.login-refused',
    hint: expect.stringContaining('set “auth”') as unknown,
  })
})

test('secrets are in no message, whatever the server repeats', async () => {
  const auth = { bearer: { token_env: 'XIVA_TOKEN' } }
  const sent = { environment: ENVIRONMENT }
  const failures: Record<string, unknown>[] = []
  const answers = [
    { status: 400, body: { message: 'bad token s3cret-t0ken' } },
    { status: 401, body: 'who is s3cret-t0ken?' },
    { status: 503, body: 'for s3cret-t0ken: later' },
    { body: '<html>s3cret-t0ken' },
    { body: { token: 's3cret-t0ken' } },
    { status: 302, headers: { location: 'ftp://s3cret-t0ken/s3cret-t0ken' } },
  ]
  api = await openTestApi((_, count) => answers[count - 1]!)
  for (const _answer of answers) failures.push(await failureOf(api.read('profiles', { auth, retries: 0 }, sent)))
  expect(failures.map(({ code }) => code)).toEqual([
    ...['source.refused', 'source.login-refused', 'source.unavailable', 'source.bad-answer', 'source.bad-answer', 'source.bad-redirect'],
  ])
  const told = failures.map((failure) =>
    [failure['message'], failure['hint'], JSON.stringify(failure['details']), String(failure['cause'])].join(' '),
  )
  expect(told.filter((text) => text.includes('s3cret'))).toEqual([])
  expect(told.filter((text) => text.includes('•••')).length).toBe(6)
})

test('a login without a token is told by the field, and what came is not', async () => {
  api = await openTestApi(() => ({ body: { key: 'fresh-t0ken' } }))
  const failure = await failureOf(api.read('profiles', { auth: JWT }, { environment: ENVIRONMENT }))
  expect(failure).toMatchObject({ code: 'source.bad-answer', message: expect.stringContaining('“access” (token_field)') as unknown })
  expect(String(failure['message'])).not.toContain('fresh')
})

test('a redirect within the server carries the secret, one to another server does not', async () => {
  elsewhere = await openTestApi(() => ({ body: [{ id: 9 }] }))
  const { url } = elsewhere
  api = await openTestApi(({ path }) =>
    path === '/api/old' ? { status: 301, headers: { location: 'new' } } : { status: 307, headers: { location: `${url}/x` } },
  )
  const settings = { auth: { api_key: { header: 'X-Api-Key', key_env: 'XIVA_TOKEN' } }, headers: { 'X-Tenant': 'one' } }
  const read = await api.read('old', settings, { environment: ENVIRONMENT })
  expect(read.rows).toEqual([{ id: 9 }])
  expect(api.asked.map(({ path, headers }) => [path, headers['x-api-key']])).toEqual([
    ['/api/old', 's3cret-t0ken'],
    ['/api/new', 's3cret-t0ken'],
  ])
  expect(elsewhere.asked[0]?.headers).not.toHaveProperty('x-api-key')
  expect(elsewhere.asked[0]?.headers).not.toHaveProperty('x-tenant')
})

test('a login is never sent on, and redirects without end are given up', async () => {
  api = await openTestApi(() => ({ status: 307, headers: { location: '/api/auth/jwt/create' } }))
  await expect(api.read('profiles', { auth: JWT }, { environment: ENVIRONMENT })).rejects.toMatchObject({
    kind: 'mistake',
    code: 'source.bad-redirect',
  })
  expect(api.asked.length).toBe(1)
  await expect(api.read('profiles')).rejects.toMatchObject({ code: 'source.bad-redirect' })
  expect(api.asked.length).toBe(7)
})

test('a missing secret, and one that no header can carry, are told by the name of the variable', async () => {
  api = await openTestApi(() => ({ body: [] }))
  const auth = { bearer: { token_env: 'XIVA_TOKEN' } }
  await expect(api.read('profiles', { auth })).rejects.toMatchObject({
    ...{ kind: 'mistake', code: 'source.no-secret', hint: 'Set the environment variable XIVA_TOKEN to it.' },
  })
  const failure = await failureOf(api.read('profiles', { auth }, { environment: { XIVA_TOKEN: 's3cret\n' } }))
  expect(failure).toMatchObject({ code: 'source.bad-secret', hint: 'Correct the environment variable XIVA_TOKEN.' })
  expect(JSON.stringify(failure)).not.toContain('s3cret')
  expect(api.asked).toEqual([])
})

test('the settings refuse secrets that are written down', async () => {
  api = await openTestApi(() => ({ body: [] }))
  const wrong = [
    { base_url: 'https://ann:secret@api.example.com' },
    { base_url: 'ftp://api.example.com' },
    { base_url: 'https://api.example.com/?key=1' },
    { headers: { Authorization: 'Bearer x' } },
    { headers: { 'X-Auth-Token': 'x' } },
    { auth: { bearer: { token: 'x' } } },
    { auth: { bearer: { token_env: 'not a name' } } },
    { auth: { ...JWT, bearer: { token_env: 'XIVA_TOKEN' } } },
  ]
  for (const settings of wrong) expect(() => api.open(settings), JSON.stringify(settings)).toThrow()
  expect(() => api.open({ auth: 'none', headers: { 'X-Tenant': 'one' } })).not.toThrow()
})
