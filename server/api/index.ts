/**
 * The local API and the screen's files, as an Express app. Handlers come by the names of the contract; this room knows
 * HTTP and nothing of what it serves.
 */
import type { Readable } from 'node:stream'
import { createChannel, createSession, type Channel } from 'better-sse'
import express, { type Express, type Request, type Response } from 'express'
import helmet from 'helmet'
import type { LiveEvent } from '../../shared/contract/events.ts'
import { contract, EVENTS_PATH, type AnswerOf, type BodyOf, type CallName, type Contract } from '../../shared/contract/index.ts'
import { mistake } from '../../shared/failure.ts'
import type { z } from 'zod'
import { answerErrors } from './errors.ts'
import { guardPlace, guardSecret, openOneTimeLink, SESSION_COOKIE, type GuardSettings } from './guard.ts'
import { openApiDocument } from './openapi.ts'

export interface FileAnswer {
  fileName: string
  /** CSV unless said otherwise. */
  type?: 'csv' | 'json' | 'text'
  stream: Readable
}

export type Handlers = { [N in CallName]: (params: z.output<Contract[N]['params']>, body: BodyOf<N>) => Promise<AnswerOf<N>> }

export interface ApiNeeds extends GuardSettings {
  handlers: Handlers
  /** Express path → what to stream as a file. */
  files: Record<string, (params: Record<string, string>) => Promise<FileAnswer>>
  /** Folder of the built screen. */
  screen: string
  version: string
  log(thrown: unknown): void
}

export interface Api {
  app: Express
  /** Path to print: opens the screen once and leaves a session cookie. */
  oneTimePath: string
  broadcast(event: LiveEvent): void
}

const BODY_LIMIT = '256kb'

const CSP = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:', 'blob:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
}

export function openApi(needs: ApiNeeds): Api {
  const app = express()
  const link = openOneTimeLink()
  const channel: Channel = createChannel()
  // Pages change with each load, and hashing them to say so costs a quarter of the time of answering.
  app.disable('etag').disable('x-powered-by')
  app.use(
    helmet({
      contentSecurityPolicy: CSP,
      strictTransportSecurity: false,
      crossOriginEmbedderPolicy: false,
      referrerPolicy: { policy: 'no-referrer' },
    }),
  )
  app.use(guardPlace(needs))
  app.get('/open', (request, response) => openLink(link, request, response))
  app.use(guardSecret({ token: needs.token, session: link.session }))
  app.use(requireJson, express.json({ limit: BODY_LIMIT }))
  addCalls(app, needs.handlers)
  addFiles(app, needs.files)
  app.get('/api/openapi.json', (_request, response) => void response.json(openApiDocument(needs.version)))
  app.get(EVENTS_PATH, async (request, response) => {
    channel.register(await createSession(request, response, { keepAlive: 15_000 }))
  })
  app.use('/api', (request) => {
    throw mistake('api.unknown', `There is no ${request.method} ${request.originalUrl}`, 'The calls stand in /api/openapi.json.')
  })
  addScreen(app, needs.screen)
  app.use(answerErrors(needs.log))
  return { app, oneTimePath: link.path, broadcast: (event) => void channel.broadcast(event) }
}

function openLink(link: ReturnType<typeof openOneTimeLink>, request: Request, response: Response): void {
  const code = request.query['code']
  if (typeof code !== 'string' || !link.redeem(code)) {
    throw Object.assign(
      mistake('api.link-used', 'This link was opened before, or belongs to an earlier start', 'Start Quintile again for a new link.'),
      { status: 401 },
    )
  }
  response.cookie(SESSION_COOKIE, link.session, { httpOnly: true, sameSite: 'strict', path: '/' }).redirect('/')
}

/** A page of another origin can send text/plain without asking first; JSON it cannot. */
function requireJson(request: Request, _response: Response, next: () => void): void {
  if (request.method !== 'GET' && request.method !== 'HEAD' && request.is('application/json') !== 'application/json') {
    throw Object.assign(mistake('request.not-valid', 'Requests with a body are sent as application/json'), { status: 415 })
  }
  next()
}

function addCalls(app: Express, handlers: Handlers): void {
  for (const name of Object.keys(contract) as CallName[]) {
    const declared = contract[name]
    const handler = handlers[name] as (params: unknown, body: unknown) => Promise<unknown>
    app[declared.method === 'GET' ? 'get' : 'post'](declared.path, async (request: Request, response: Response) => {
      const params = declared.params.parse({ ...request.query, ...request.params })
      const body: unknown = declared.body.parse(declared.method === 'GET' ? undefined : request.body)
      const answer = declared.answer.parse(await handler(params, body))
      response.status(declared.status).json(answer)
    })
  }
}

const MEDIA = { csv: 'text/csv; charset=utf-8', json: 'application/json; charset=utf-8', text: 'text/plain; charset=utf-8' }

function addFiles(app: Express, files: ApiNeeds['files']): void {
  for (const [path, open] of Object.entries(files)) {
    app.get(path, async (request: Request, response: Response) => {
      const { fileName, type = 'csv', stream } = await open({ ...textsOf(request.query), ...(request.params as Record<string, string>) })
      response.type(MEDIA[type]).attachment(fileName)
      // A reader that goes away must end the query behind the stream.
      response.on('close', () => stream.destroy())
      stream.on('error', () => response.destroy())
      stream.pipe(response)
    })
  }
}

/** A parameter that is given twice is nobody's wish. */
function textsOf(query: Request['query']): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function addScreen(app: Express, folder: string): void {
  app.use(express.static(folder, { index: false, etag: false, maxAge: '1h', immutable: true }))
  app.get('/{*path}', (request, response, next) => {
    // Only places of the screen; a missing script must be a 404 and not a page.
    if (/\.[a-z0-9]+$/i.test(request.path)) return next(mistake('api.unknown', `There is no ${request.path}`))
    response.set('Cache-Control', 'no-store').sendFile('index.html', { root: folder })
  })
}
