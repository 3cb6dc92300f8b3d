/** The local API is closed: each test is an attack that a page or a program on this machine could try. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve, type Serving } from '../../server/serve.ts'
import { openTestWorkspace, type TestWorkspace } from '../tools/open-workspace.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
const TOKEN = 'a-token-of-more-than-thirty-two-characters'
let shop: TestWorkspace
let serving: Serving
let address: URL

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** Raw, because fetch would not let us lie about Host and Origin. */
function ask(
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: address.port, path, method, headers }, (response) => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

const known = { 'x-quintile-token': TOKEN }
const post = { ...known, 'content-type': 'application/json' }

beforeAll(async () => {
  shop = await openTestWorkspace(database.connection)
  serving = await serve(shop.rooms, { listen: { kind: 'loopback', port: 0 }, token: TOKEN, log: () => undefined })
  address = new URL(serving.url ?? '')
})
afterAll(async () => {
  await serving.close()
  await shop.close()
})

describe('a stranger', () => {
  test('without a token gets nothing: not the API, not the screen, not the events', async () => {
    for (const path of [
      '/api/workspace',
      '/',
      '/api/events',
      '/api/openapi.json',
      '/assets/x.js',
      '/api/segments/active_high_value/export.csv',
    ])
      expect((await ask(path)).status).toBe(401)
  })

  test('with a wrong token or cookie is refused', async () => {
    expect((await ask('/api/workspace', { headers: { 'x-quintile-token': `${TOKEN}x` } })).status).toBe(401)
    expect((await ask('/api/workspace', { headers: { cookie: `quintile_session=${TOKEN}` } })).status).toBe(401)
  })

  test('who points another host name at us (DNS rebinding) is refused even with the token', async () => {
    for (const host of ['evil.example', `localhost:${address.port}`, '127.0.0.1', `127.0.0.1:${address.port}.evil.example`])
      expect((await ask('/api/workspace', { headers: { ...known, host } })).status).toBe(421)
  })

  test('whose page sends its own Origin is refused, also from another port of this machine', async () => {
    for (const origin of ['https://evil.example', 'http://127.0.0.1:1', `http://127.0.0.1.evil.example:${address.port}`, 'null'])
      expect((await ask('/api/workspace', { headers: { ...known, origin } })).status).toBe(403)
    for (const site of ['cross-site', 'same-site'])
      expect((await ask('/api/workspace', { headers: { ...known, 'sec-fetch-site': site } })).status).toBe(403)
  })

  test('who asks for the allowed methods of another origin gets no CORS header', async () => {
    const { headers } = await ask('/api/runs', {
      method: 'OPTIONS',
      headers: { ...known, origin: address.origin, 'access-control-request-method': 'POST' },
    })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('the one-time link', () => {
  test('gives a cookie that no script can read, once', async () => {
    const first = await ask(`${address.pathname}${address.search}`)
    expect(first.status).toBe(302)
    const cookie = first.headers['set-cookie']?.[0] ?? ''
    expect(cookie).toMatch(/^quintile_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect((await ask('/api/workspace', { headers: { cookie: cookie.split(';')[0] ?? '' } })).status).toBe(200)
    expect((await ask(`${address.pathname}${address.search}`)).status).toBe(401)
  })

  test('is not guessed', async () => {
    expect((await ask('/open?code=x')).status).toBe(401)
    expect((await ask('/open')).status).toBe(401)
    expect((await ask('/open?code[]=x')).status).toBe(401)
  })
})

describe('a request', () => {
  test('that is not JSON is refused: a form of another page can send nothing else', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect(
        (await ask('/api/runs', { method: 'POST', headers: { ...known, 'content-type': type }, body: '{"jobs":["all"]}' })).status,
      ).toBe(415)
    }
  })

  test('that is too large is refused', async () => {
    expect((await ask('/api/runs', { method: 'POST', headers: post, body: JSON.stringify({ jobs: ['x'.repeat(300_000)] }) })).status).toBe(
      413,
    )
  })

  test('with broken JSON, an unknown key or a wrong value is refused in words', async () => {
    for (const body of ['{', '{"jobs":["all"],"sql":"DROP TABLE x"}', '{"jobs":[]}', '{"jobs":"all"}', '{"jobs":["../x"]}']) {
      const answer = await ask('/api/runs', { method: 'POST', headers: post, body })
      expect(answer.status).toBe(400)
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'request.not-valid' })
    }
  })

  test('whose name would leave the workspace’s folder is refused', async () => {
    const paths = [
      '/api/reports/..%2f..%2fworkspace',
      '/api/segments/%2e%2e/count',
      '/api/segments/a;b/count',
      '/api/reports/..%2fworkspace/export.csv',
    ]
    for (const path of paths) expect((await ask(path, { headers: known })).status).toBe(400)
  })

  test('for a column to sort by that is SQL is refused', async () => {
    const answer = await ask(
      `/api/segments/active_high_value/members?sort=${encodeURIComponent('customer_id" DESC; DROP TABLE runs; --')}`,
      { headers: known },
    )
    expect([400, 409]).toContain(answer.status)
  })

  test('for something that is not there is a 404 in words', async () => {
    expect(JSON.parse((await ask('/api/nothing', { headers: known })).body)).toMatchObject({ code: 'api.unknown' })
    expect((await ask('/api/reports/nothing', { headers: known })).status).toBe(404)
    expect((await ask('/api/runs/nothing/rejects.csv', { headers: known })).status).toBe(404)
  })
})

describe('every answer', () => {
  test('carries a strict policy and says nothing of what serves it', async () => {
    const { headers } = await ask('/api/workspace', { headers: known })
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data: blob:;font-src 'self';connect-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    )
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers['x-powered-by']).toBeUndefined()
  })

  test('to an unforeseen error has no stack and no secret', async () => {
    const answer = await ask('/api/runs/not-a-uuid', { headers: known })
    expect(answer.status).toBe(400)
    expect(answer.body).not.toMatch(/at .*\.ts|node_modules|password/)
  })

  test('is described by the OpenAPI document made from the same schemas', async () => {
    const document = JSON.parse((await ask('/api/openapi.json', { headers: known })).body) as {
      openapi: string
      paths: Record<string, unknown>
    }
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toContain('/api/segments/{segment}/members')
  })
})
