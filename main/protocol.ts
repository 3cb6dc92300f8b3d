/**
 * `app://quintile/…` is the server on its socket: no port is open, and no other program or web page can reach it.
 * Bodies stream both ways, so server-sent events work. The token is added here; the page never has it.
 */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TOKEN_HEADER } from '../shared/shell-messages.ts'
import { answerFailure } from './failure-answer.ts'
import { APP_HOST, isAppUrl } from './policy.ts'
import type { ServerAddress } from './server-child.ts'

/** Meant for one connection only (RFC 9110, 7.6.1); what `Connection` names is dropped as well. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

const STATUSES_WITHOUT_BODY = [204, 205, 304]

/** Makes the handler of the app's scheme. `address` gives the server's present address, null while there is none. */
export function makeProxy(address: () => ServerAddress | null): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!isAppUrl(request.url)) return answerFailure(request, 403, FOREIGN)
    const server = address()
    return server === null ? answerFailure(request, 502, GONE) : forward(request, server)
  }
}

const FOREIGN = { code: 'shell.foreign_host', message: 'Only Quintile’s own page can be opened here.', hint: null, details: {} }
const GONE = {
  code: 'shell.server_gone',
  message: 'Quintile’s local server is not answering.',
  hint: 'It is being started again; this page tries again by itself.',
  details: {},
}

function forward(request: Request, server: ServerAddress): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<Response>()
  const url = new URL(request.url)
  const upstream = httpRequest({
    socketPath: server.socketPath,
    signal: request.signal,
    agent: false, // a kept connection could belong to the server that has just crashed
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: requestHeaders(request.headers, server.token),
  })
  upstream.on('response', (answer) => resolve(toResponse(answer, request.method)))
  // Before an answer this is a server that went away; after one, the body's stream reports it.
  upstream.on('error', () => resolve(answerFailure(request, 502, GONE)))
  if (request.body === null) upstream.end()
  else pipeline(Readable.fromWeb(request.body), upstream).catch(() => upstream.destroy())
  return promise
}

/**
 * When the page gives up, Electron cancels the body that it got from us (it does not abort the request), and the
 * cancelled stream destroys the connection: the server sees it close.
 */
function toResponse(answer: IncomingMessage, method: string): Response {
  const status = answer.statusCode ?? 502
  const init = { status, statusText: answer.statusMessage ?? '', headers: responseHeaders(answer) }
  if (method === 'HEAD' || STATUSES_WITHOUT_BODY.includes(status)) {
    answer.resume()
    return new Response(null, init)
  }
  return new Response(Readable.toWeb(answer) as ConstructorParameters<typeof Response>[0], init)
}

function requestHeaders(headers: Headers, token: string): OutgoingHttpHeaders {
  const dropped = new Set([...HOP_BY_HOP, ...listed(headers.get('connection'))])
  const kept: OutgoingHttpHeaders = {}
  for (const [name, value] of headers) {
    if (!dropped.has(name)) kept[name] = value
  }
  // Last, so that a page cannot choose them. Encoding is pointless between two processes of one computer.
  return { ...kept, host: APP_HOST, 'accept-encoding': 'identity', [TOKEN_HEADER]: token }
}

function responseHeaders(answer: IncomingMessage): Headers {
  const dropped = new Set([...HOP_BY_HOP, TOKEN_HEADER, ...listed(answer.headers.connection ?? null)])
  const kept = new Headers()
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    if (!dropped.has(name)) for (const value of values ?? []) kept.append(name, value)
  }
  return kept
}

function listed(connection: string | null): string[] {
  return (connection ?? '').split(',').map((name) => name.trim().toLowerCase())
}
