import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPath, failureOf } from '../../renderer/call.ts'
import { Failure } from '../../shared/failure.ts'

describe('addresses', () => {
  it('parameters in the path are filled, the others become the query', () => {
    expect(buildPath('/api/segments/:segment/members', { segment: 'at_risk', offset: 100, limit: 50, sort: 'monetary_value' })).toBe(
      '/api/segments/at_risk/members?offset=100&limit=50&sort=monetary_value',
    )
  })

  it('what is undefined is left to the default of the contract', () => {
    expect(buildPath('/api/runs', { offset: undefined, limit: 10 })).toBe('/api/runs?limit=10')
    expect(buildPath('/api/overview', {})).toBe('/api/overview')
  })

  it('a value cannot leave its part of the path', () => {
    expect(buildPath('/api/reports/:report', { report: '../runs?x=1#y' })).toBe('/api/reports/..%2Fruns%3Fx%3D1%23y')
    for (const report of ['..', '.', '', undefined]) expect(() => buildPath('/api/reports/:report', { report })).toThrow(Failure)
  })
})

describe('error answers', () => {
  const answers: Record<string, { status: number; body: string }> = {
    '/mistake': {
      status: 404,
      body: '{"code":"reports.unknown","message":"There is no report x.","hint":"Did you mean y?","details":{"nearest":["y"]}}',
    },
    '/busy': { status: 503, body: '{"code":"warehouse.offline","message":"The warehouse is away.","hint":null,"details":{}}' },
    '/odd': { status: 500, body: '{"code":"a.b","message":"m","hint":null,"details":{"nested":{"deep":1}}}' },
    '/page': { status: 502, body: '<html>Bad gateway</html>' },
  }
  let server: Server
  let base = ''

  beforeAll(async () => {
    server = createServer((request, response) => {
      const answer = answers[request.url ?? ''] ?? { status: 404, body: '' }
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
    await new Promise<void>((listening) => {
      server.listen(0, '127.0.0.1', listening)
    })
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    await new Promise((closed) => {
      server.close(closed)
    })
  })

  const failureAt = async (path: string): Promise<Failure> => failureOf(await fetch(base + path))

  it('keep their code, message, hint and details', async () => {
    const failure = await failureAt('/mistake')
    expect(failure.report()).toEqual({
      code: 'reports.unknown',
      message: 'There is no report x.',
      hint: 'Did you mean y?',
      details: { nearest: ['y'] },
    })
    expect(failure.kind).toBe('mistake')
  })

  it('say by their status whether trying again may help', async () => {
    expect((await failureAt('/busy')).kind).toBe('retry')
    expect((await failureAt('/odd')).kind).toBe('stop')
  })

  it('are not hidden by details of an unknown shape', async () => {
    expect((await failureAt('/odd')).report()).toEqual({ code: 'a.b', message: 'm', hint: null, details: {} })
  })

  it('that are not ours name the status', async () => {
    const failure = await failureAt('/page')
    expect(failure.code).toBe('http.502')
    expect(failure.message).toContain('502')
  })
})
