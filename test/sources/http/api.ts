/** A real HTTP server with a scripted answer per request, and a source that reads it in a world whose time only waits move. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { httpSettings, openHttpSource, type HttpSource } from '../../../server/sources/http/index.ts'
import type { FeedOutcome, FeedPosition } from '../../../server/sources/index.ts'

export interface Asked {
  method: string
  path: string
  query: Record<string, string>
  headers: IncomingHttpHeaders
  body: string
  /** By the world's clock. */
  at: number
}

export interface Answer {
  status?: number
  headers?: Record<string, string>
  /** Text and bytes as they are, anything else as JSON. */
  body?: unknown
}

/** `hang` never answers, `cut` ends the connection in the middle of the answer. */
type Script = (asked: Asked, count: number) => Answer | 'hang' | 'cut'

export interface World {
  now: number
  /** Milliseconds of each wait. */
  waits: number[]
  /** Called before each wait ends. */
  onWait?: ((milliseconds: number, signal: AbortSignal) => Promise<void> | void) | undefined
}

export interface Read extends FeedOutcome {
  rows: unknown[]
  texts: string[]
  pages: string[]
  rejects: { reason: string; text: string; rowNumber: number | null }[]
}

export interface TestApi {
  url: string
  asked: Asked[]
  world: World
  open(settings?: Record<string, unknown>, environment?: Record<string, string>): HttpSource
  /** Opens, reads once and closes. */
  read(stream: string, settings?: Record<string, unknown>, options?: ReadOptions): Promise<Read>
  close(): Promise<void>
}

export interface ReadOptions {
  position?: FeedPosition | null
  environment?: Record<string, string>
  signal?: AbortSignal
  source?: HttpSource
}

export const START = Date.parse('2026-11-21T10:00:00Z')

export async function openTestApi(script: Script): Promise<TestApi> {
  const world: World = { now: START, waits: [] }
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void collect(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://api')
      const query = Object.fromEntries(url.searchParams)
      asked.push({ method: request.method ?? '', path: url.pathname, query, headers: request.headers, body, at: world.now })
      answer(response, script(asked.at(-1)!, asked.length))
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api`
  const open: TestApi['open'] = (settings = {}, environment = {}) =>
    openHttpSource(httpSettings.parse({ kind: 'http', base_url: url, ...settings }), {
      ...{ source: 'xiva', environment, clock: () => world.now, random: () => 0.5 },
      wait: async (milliseconds, signal) => {
        await world.onWait?.(milliseconds, signal)
        signal.throwIfAborted()
        world.waits.push(milliseconds)
        world.now += milliseconds
      },
    })
  return {
    ...{ url, asked, world, open },
    read: async (stream, settings, options = {}) => {
      const source = options.source ?? open(settings, options.environment)
      try {
        return await readOnce(source, stream, options)
      } finally {
        await source.close()
      }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readOnce(source: HttpSource, stream: string, options: ReadOptions): Promise<Read> {
  const texts: string[] = []
  const pages: string[] = []
  const rejects: Read['rejects'] = []
  const signal = options.signal ?? new AbortController().signal
  const outcome = await source.read(
    { stream, position: options.position ?? null, dryRun: false, signal },
    {
      columns: async () => undefined,
      row: ([row, , page]) => {
        texts.push(row!)
        pages.push(page!)
      },
      reject: (reject) => void rejects.push(reject),
    },
  )
  return { ...outcome, texts, pages, rejects, rows: texts.map((text) => JSON.parse(text) as unknown) }
}

async function collect(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

function answer(response: ServerResponse, given: Answer | 'hang' | 'cut'): void {
  if (given === 'hang') return
  if (given === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('[{"id":', () => response.destroy())
    return
  }
  const { status = 200, headers = {}, body } = given
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null)
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(status === 204 ? undefined : text)
}

/** The failure that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (thrown: unknown) => thrown as Record<string, unknown>,
  )
}
