import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endShells, eventually, startShell, type Shell } from './running-shell.ts'

let shell: Shell
beforeEach(async () => {
  shell = await startShell()
})
afterEach(endShells)

async function headersAtServer(headers: Record<string, string>): Promise<Record<string, string>> {
  const answer = (await (await shell.page('/request', { headers })).json()) as { headers: Record<string, string> }
  return answer.headers
}

async function openStreams(): Promise<string> {
  return (await shell.page('/streams')).text()
}

test('every request carries the token of this start', async () => {
  expect((await headersAtServer({}))['x-quintile-token']).toBe(shell.starts()[0])
})

test('a page can neither choose the token nor see it', async () => {
  expect((await headersAtServer({ 'X-Quintile-Token': 'guess' }))['x-quintile-token']).toBe(shell.starts()[0])
  expect((await shell.page('/echo', { method: 'POST', body: 'x' })).headers.has('x-quintile-token')).toBe(false)
})

test('headers of one connection stay there, the others and the query pass', async () => {
  const sent = {
    te: 'trailers',
    connection: 'x-private',
    'x-private': '1',
    'accept-encoding': 'br',
    'last-event-id': '7',
    origin: 'app://quintile',
  }
  const headers = await headersAtServer(sent)
  expect(headers).toMatchObject({ 'last-event-id': '7', origin: 'app://quintile', host: 'quintile', 'accept-encoding': 'identity' })
  expect(headers).not.toHaveProperty('te')
  expect(headers).not.toHaveProperty('x-private')
  const answer = await shell.page('/request?limit=5&q=%C3%A9')
  expect(answer.headers.has('keep-alive')).toBe(false)
  expect(await answer.json()).toMatchObject({ url: '/request?limit=5&q=%C3%A9' })
})

test('status, several values of one header and a large body pass unchanged, both ways', async () => {
  const body = Buffer.alloc(5_000_000, 'abcdefg')
  const answer = await shell.page('/echo', { method: 'POST', body })
  expect(answer.status).toBe(201)
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
})

test('an answer without a body has none', async () => {
  const answer = await shell.page('/nothing')
  expect(answer.status).toBe(204)
  expect(answer.body).toBeNull()
  expect((await shell.page('/', { method: 'HEAD' })).body).toBeNull()
})

test('server-sent events arrive one by one while the stream stays open', async () => {
  const reader = (await shell.page('/events')).body!.getReader()
  const next = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value as Uint8Array | undefined)
  expect(await next()).toBe('data: hello\n\n')
  await shell.page('/push', { method: 'POST' })
  expect(await next()).toBe('data: pushed\n\n')
  expect(await openStreams()).toBe('1')
  await reader.cancel()
})

test('a page that leaves its stream closes it at the server', async () => {
  const answer = await shell.page('/events')
  expect(await openStreams()).toBe('1')
  await answer.body!.cancel()
  await eventually(async () => expect(await openStreams()).toBe('0'))
})

test('an aborted request closes its stream at the server', async () => {
  const controller = new AbortController()
  const answer = await shell.page('/events', { signal: controller.signal })
  const read = answer.text()
  read.catch(() => undefined)
  controller.abort()
  await expect(read).rejects.toThrow()
  await eventually(async () => expect(await openStreams()).toBe('0'))
})

test('a stream is cut when the server crashes, so the page can open a new one', async () => {
  const answer = await shell.page('/events')
  const rest = expect(answer.text()).rejects.toThrow()
  await shell.page('/crash')
  await rest
  await eventually(async () => expect((await shell.page('/')).status).toBe(200))
})

test('another host is refused before the server hears of it', async () => {
  for (const url of ['app://other/request', 'app://quintile:81/request', 'app://quintile.example/request']) {
    const answer = await shell.electron.handlers.get('app')!(new Request(url))
    expect(answer.status, url).toBe(403)
    expect(await answer.json()).toMatchObject({ code: 'shell.foreign_host' })
  }
})

test('an upload that breaks off does not reach the server as if it were whole', async () => {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('half')),
    pull: (controller) => controller.error(new Error('the file is gone')),
  })
  const answer = await shell.page('/echo', { method: 'POST', body, duplex: 'half' })
  const whole = answer.status === 201 ? answer.text() : Promise.reject(new Error('refused'))
  await expect(whole).rejects.toThrow()
})

test('a quit with an open stream still ends', async () => {
  const answer = await shell.page('/events')
  answer.text().catch(() => undefined)
  const quit = once(shell.electron.app, 'quit')
  shell.electron.app.quit()
  await quit
  expect(shell.log()).toBe('stopped in order\n')
})
