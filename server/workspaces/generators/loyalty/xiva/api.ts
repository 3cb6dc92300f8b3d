/** The demo's Xiva API: a small HTTP service with the paths, logins, pages and refusals of the real one. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { XivaCustomer } from './accounts.ts'
import { openHardships, type Hardships } from './hardships.ts'
import { answerCustomer, answerList } from './lists.ts'
import { openLogin, type LoginSettings } from './login.ts'
import { NOT_FOUND, refuse, type Reply } from './replies.ts'

export interface XivaSettings {
  host: string
  /** 0 takes any free one. */
  port: number
  /** Before every path, e.g. `/api/`. */
  base: string
  login: LoginSettings
  hardships: Hardships
  /** The customers as they are now; null while there is no demo yet. */
  customers(): Promise<readonly XivaCustomer[] | null>
  /** Tells this service from others: it answers with it at its base. */
  name: string
}

export interface XivaApi {
  url: string
  close(): Promise<void>
}

/** No request of the API is longer. */
const LONGEST_BODY = 10_000

/** Starts to listen. Rejects with Node's error, e.g. EADDRINUSE. */
export async function openXivaApi(settings: XivaSettings): Promise<XivaApi> {
  const answer = openAnswers(settings)
  const closing = new AbortController()
  const server = createServer((request, response) => {
    answer(request, closing.signal)
      .catch(() => refuse(500, 'Internal server error'))
      .then((reply) => send(response, reply))
      .catch(() => response.destroy())
  })
  await listen(server, settings)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${settings.host}:${String(port)}${settings.base.replace(/\/$/, '')}`,
    close: () =>
      new Promise((resolve) => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, { host, port }: XivaSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
}

function openAnswers({ base, login: loginSettings, hardships, customers, name }: XivaSettings) {
  const login = openLogin(loginSettings)
  const trials = openHardships(hardships)
  return async (request: IncomingMessage, signal: AbortSignal): Promise<Reply> => {
    const url = new URL(request.url ?? '/', 'http://xiva')
    if (url.pathname === base) return { status: 200, body: { service: name } }
    const path = url.pathname.startsWith(base) ? url.pathname.slice(base.length).replace(/\/?$/, '/') : ''
    const isLogin = path.startsWith('auth/jwt/')
    const latency = trials.latencyOf(request.headers, isLogin)
    if (latency > 0) await pause(latency, undefined, { signal })
    const trouble = trials.trouble(request.headers, isLogin)
    if (trouble !== null) return trouble
    if (path === '') return refuse(404, NOT_FOUND)
    if (isLogin) return answerLogin(request, path)
    const refusal = login.refusal(request.headers.authorization)
    if (refusal !== null) return refusal
    if (request.method !== 'GET') return refuse(405, `Method "${request.method ?? ''}" not allowed.`)
    const all = await customers()
    if (all === null) return refuse(503, 'There is no demo data yet', { 'retry-after': '1' })
    return answerList(path, url.searchParams, all) ?? answerCustomer(path, url.searchParams, all)
  }

  async function answerLogin(request: IncomingMessage, path: string): Promise<Reply> {
    if (request.method !== 'POST') return refuse(405, `Method "${request.method ?? ''}" not allowed.`)
    const body = await readJson(request)
    if (path === 'auth/jwt/create/') return login.create(body)
    return path === 'auth/jwt/refresh/' ? login.refresh(body) : refuse(404, NOT_FOUND)
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const piece of request) {
    text += String(piece)
    if (text.length > LONGEST_BODY) return null
  }
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function send(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
