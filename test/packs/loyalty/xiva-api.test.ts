import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { drawXivaCustomers, type XivaCustomer } from '../../../server/workspaces/generators/loyalty/xiva/accounts.ts'
import { openXivaApi, type XivaApi } from '../../../server/workspaces/generators/loyalty/xiva/api.ts'

const NOW = Date.UTC(2026, 10, 16, 12)
const world = { seed: 1, until: Date.UTC(2026, 10, 2), now: NOW, customers: 120 }

let api: XivaApi
let customers: readonly XivaCustomer[] | null
let now = NOW
const hardships = { rateLimit: 10_000, latency: 0, failEvery: 0, clock: () => now }

const login = { username: 'analyst@example.com', password: 'correct horse', token: 'a-fixed-token', now: () => Math.floor(now / 1000) }
const settings = {
  ...{ host: '127.0.0.1', port: 0, base: '/api/', name: 'test', login, hardships },
  customers: () => Promise.resolve(customers),
}

beforeAll(async () => {
  customers = drawXivaCustomers(world)
  api = await openXivaApi(settings)
})
afterAll(() => api.close())
beforeEach(() => {
  now = NOW
})

interface Answer {
  status: number
  headers: Headers
  /** As an object; a list under `items`, a page of HTML under `html`. */
  body: Record<string, unknown>
}

async function send(
  path: string,
  { authorization, ...init }: RequestInit & { authorization?: string } = {},
  url = api.url,
): Promise<Answer> {
  const headers = { ...(init.headers as Record<string, string> | undefined), ...(authorization === undefined ? {} : { authorization }) }
  const response = await fetch(`${url}/${path}`, { ...init, headers })
  const text = await response.text()
  const body = text.startsWith('<') ? { html: text } : (JSON.parse(text) as Record<string, unknown> | unknown[])
  return { status: response.status, headers: response.headers, body: Array.isArray(body) ? { items: body } : body }
}

const post = (path: string, body: unknown, url?: string): Promise<Answer> => send(path, { method: 'POST', body: JSON.stringify(body) }, url)

async function accessOf(url?: string): Promise<{ access: string; refresh: string }> {
  const { body } = await post('auth/jwt/create/', { email: login.username, password: login.password }, url)
  return body as { access: string; refresh: string }
}

async function get(path: string, headers: Record<string, string> = {}, url?: string): Promise<Answer> {
  return send(path, { authorization: `JWT ${(await accessOf(url)).access}`, headers }, url)
}

const itemsOf = ({ body }: Answer): Record<string, unknown>[] =>
  (body['results'] ?? body['data'] ?? body['items']) as Record<string, unknown>[]

test('Xiva logs in by mail address or user name, and answers with two tokens', async () => {
  const { username, password } = login
  expect((await post('auth/jwt/create/', { email: username, password })).body).toEqual({
    access: expect.any(String) as unknown,
    refresh: expect.any(String) as unknown,
  })
  expect((await post('auth/jwt/create/', { username, password })).status).toBe(200)
  expect(await post('auth/jwt/create/', { email: username, password: 'wrong' })).toMatchObject({ status: 401 })
  expect(await post('auth/jwt/create/', { email: username })).toMatchObject({ status: 400 })
})

test('an access token of Xiva holds for two hours, and its refresh token gives another one', async () => {
  const { access, refresh } = await accessOf()
  const ask = async (token: string): Promise<number> =>
    (await send('customerManagement/v4/customer/', { authorization: `JWT ${token}` })).status
  now += 2 * 3_600_000 - 1_000
  expect(await ask(access)).toBe(200)
  now += 1_000
  expect(await ask(access)).toBe(401)
  const renewed = await post('auth/jwt/refresh/', { refresh })
  expect([renewed.status, await ask(String(renewed.body['access']))]).toEqual([200, 200])
  now += 24 * 3_600_000
  expect((await post('auth/jwt/refresh/', { refresh })).status).toBe(401)
})

test('Xiva takes JWT, Bearer and Token, and refuses everything else', async () => {
  const { access, refresh } = await accessOf()
  const ask = (authorization: string): Promise<Answer> => send('customerManagement/v4/customer/', { authorization })
  for (const good of [`JWT ${access}`, `Bearer ${access}`, 'Token a-fixed-token'])
    expect([good.slice(0, 6), (await ask(good)).status]).toEqual([good.slice(0, 6), 200])
  for (const bad of [
    '',
    'JWT',
    'JWT x.y.z',
    `JWT ${access}x`,
    'Token other',
    `Basic ${access}`,
    `JWT ${access.split('.').reverse().join('.')}`,
  ])
    expect((await ask(bad)).body).toEqual({ detail: 'Authentication failed' })
  // A token that is meant to renew, not to ask with.
  expect(await ask(`JWT ${refresh}`)).toMatchObject({ status: 403, body: { detail: 'Access forbidden' } })
})

test('Xiva gives at most fifty customers a call, and every one of them over the pages', async () => {
  const first = await get('customerManagement/v4/customer/?limit=500')
  expect(first.body).toMatchObject({ count: 120, previous: null, next: expect.stringContaining('offset=50') as unknown })
  expect(itemsOf(first)).toHaveLength(50)
  const seen = new Set<unknown>()
  for (const offset of [0, 50, 100, 150])
    for (const { id } of itemsOf(await get(`customerManagement/v4/customer/?limit=50&offset=${String(offset)}`))) seen.add(id)
  expect(seen).toEqual(new Set(customers!.map(({ id }) => id)))
  expect((await get('customerManagement/v4/customer/?offset=-1')).status).toBe(400)
})

test('lists of Xiva come bare, as results and as data, and can be searched and sorted', async () => {
  expect(itemsOf(await get('customerManagement/v4/customerAccount/'))).toHaveLength(50)
  expect((await get('productInventoryManagement/v5/product/')).body).toHaveProperty('data')
  expect((await get('productOrdering/v5/customerProductInstances/')).body).toHaveProperty('results')
  expect(itemsOf(await get('productCatalogManagement/v5/productOffering/')).length).toBeGreaterThan(2)
  const [someone] = customers!
  const mail = someone!.searched.split(' ').find((word) => word.includes('@'))!
  expect(itemsOf(await get(`customerManagement/v4/customer/?search=${mail}`)).map(({ id }) => id)).toEqual([someone!.id])
  const active = await get('customerManagement/v4/customer/?status=active&ordering=-name')
  const names = itemsOf(active).map(({ name }) => String(name))
  expect(names).toEqual([...names].sort().reverse())
  expect(active.body['count']).toBe(customers!.filter(({ status }) => status === 'active').length)
})

test('Xiva shows one customer, and each of the five views of one', async () => {
  const [{ id, account, products, usage }] = customers as [XivaCustomer]
  expect((await get(`customerManagement/v4/customer/${id}/`)).body).toMatchObject({
    id,
    engagedIndividual: { givenName: expect.any(String) as unknown },
  })
  const view = async (part: string): Promise<Answer['body']> => (await get(`customerManagement/v4/customers/${id}/360/${part}`)).body
  expect(await view('overview/')).toMatchObject({ id })
  expect(await view('financial/')).toEqual(account)
  expect(await view('services/')).toMatchObject({ products })
  expect(await view('usage/')).toEqual({ records: usage })
  expect(await view('complete/')).toMatchObject({ customer_id: id, financial: account, services: { products }, usage: { records: usage } })
  const current = (await view('usage/?current_month_only=true'))['records'] as { usageMonth: string }[]
  expect(new Set(current.map(({ usageMonth }) => usageMonth))).toEqual(new Set(['2026-11-01']))
  const october = (await view('usage/?usage_type=DATA&end_date=2026-10-31'))['records'] as object[]
  expect(october).toEqual(usage.filter((one) => one['usageType'] === 'DATA' && one['usageMonth'] === '2026-10-01'))
  for (const path of ['customerManagement/v4/customer/nobody/', `customerManagement/v4/customers/${id}/360/other/`, 'somewhere/'])
    expect(await get(path)).toMatchObject({ status: 404, body: { detail: 'Resource not found' } })
})

test('Xiva throttles beyond its limit, says for how long, and lets in again after that minute', async () => {
  const strict = await openXivaApi({ ...settings, hardships: { ...hardships, rateLimit: 3 } })
  try {
    for (let request = 0; request < 3; request += 1)
      expect((await send('customerManagement/v4/customer/', {}, strict.url)).status).toBe(401)
    now += 15_000
    const refused = await send('customerManagement/v4/customer/', {}, strict.url)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '45'])
    now += 45_000
    expect((await send('customerManagement/v4/customer/', {}, strict.url)).status).toBe(401)
  } finally {
    await strict.close()
  }
})

test('Xiva is slow and fails when it is asked to, by its settings or by a request', async () => {
  const path = 'customerManagement/v4/customer/'
  for (const status of [403, 404, 500, 502, 503])
    expect((await get(path, { 'x-xiva-fail': String(status) })).status).toBe(403 === status ? 403 : status)
  expect((await get(path, { 'x-xiva-fail': '429' })).headers.get('retry-after')).toBe('1')
  expect((await get(path, { 'x-xiva-fail': 'html' })).body).toHaveProperty('html')
  // A client that waits less than the answer takes has none.
  const { access } = await accessOf()
  const slow = send(path, { authorization: `JWT ${access}`, headers: { 'x-xiva-latency-ms': '60000' }, signal: AbortSignal.timeout(50) })
  await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' })
  const failing = await openXivaApi({ ...settings, hardships: { ...hardships, failEvery: 3 } })
  try {
    const statuses: number[] = []
    for (let request = 0; request < 6; request += 1) statuses.push((await send(path, {}, failing.url)).status)
    expect(statuses).toEqual([401, 401, 503, 401, 401, 503])
  } finally {
    await failing.close()
  }
})

test('before there is a demo Xiva answers that it is not ready', async () => {
  const before = customers
  customers = null
  try {
    expect(await get('customerManagement/v4/customer/')).toMatchObject({ status: 503, body: { detail: 'There is no demo data yet' } })
  } finally {
    customers = before
  }
})

test('Xiva only takes the methods that it knows, and the same seed and hour give the same customers', async () => {
  expect(
    (await send('customerManagement/v4/customer/', { method: 'POST', authorization: `JWT ${(await accessOf()).access}` })).status,
  ).toBe(405)
  expect((await send('auth/jwt/create/')).status).toBe(405)
  expect(drawXivaCustomers(world)).toEqual(customers)
  expect(drawXivaCustomers({ ...world, now: NOW + 59 * 60_000 })).toEqual(customers)
  expect(drawXivaCustomers({ ...world, now: NOW + 3_600_000 })).not.toEqual(customers)
  expect(drawXivaCustomers({ ...world, seed: 2 })).not.toEqual(customers)
})
