/** Who may ask: a login by mail address or user name gives two tokens, one to ask with and one to renew it. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { refuse, type Reply } from './replies.ts'
import { readToken, writeToken } from './tokens.ts'

const ACCESS_SECONDS = 2 * 3600
const REFRESH_SECONDS = 24 * 3600

export interface LoginSettings {
  username: string
  password: string
  /** A token that never ends, for `Authorization: Token …`; none where it is not set. */
  token?: string | undefined
  /** Seconds since 1970. */
  now(): number
  /** Seconds that an access token lives; two hours by default. */
  life?: number | undefined
}

export interface Login {
  create(body: unknown): Reply
  refresh(body: unknown): Reply
  /** Null where the header lets its bearer in, else the refusal. */
  refusal(authorization: string | undefined): Reply | null
}

const named = z.object({ email: z.string().optional(), username: z.string().optional(), password: z.string() })
const renewed = z.object({ refresh: z.string() })

/** Opens with a key of its own: tokens of an earlier service are worth nothing. */
export function openLogin({ username, password, token, now, life = ACCESS_SECONDS }: LoginSettings): Login {
  const key = randomBytes(32)
  const write = (use: 'access' | 'refresh', seconds: number): string =>
    writeToken(key, { use, sub: username, iat: now(), exp: now() + seconds })
  return {
    create: (body) => {
      const given = named.safeParse(body)
      if (!given.success) return refuse(400, 'email and password are required')
      const { email, username: user, password: secret } = given.data
      if ((email ?? user) !== username || secret !== password) return refuse(401, 'No active account found with the given credentials')
      return { status: 200, body: { access: write('access', life), refresh: write('refresh', REFRESH_SECONDS) } }
    },
    refresh: (body) => {
      const given = renewed.safeParse(body)
      if (!given.success) return refuse(400, 'refresh is required')
      if (readToken(key, given.data.refresh, { use: 'refresh', now: now() }) === null) return refuse(401, 'Token is invalid or expired')
      return { status: 200, body: { access: write('access', life) } }
    },
    refusal: (authorization = '') => {
      const [scheme = '', given = ''] = authorization.split(' ')
      if (scheme === 'Token' && token !== undefined && given === token) return null
      if (!/^(JWT|Bearer)$/.test(scheme) || given === '') return refuse(401, 'Authentication failed')
      if (readToken(key, given, { use: 'access', now: now() }) !== null) return null
      // A token of ours that is meant for another use.
      return readToken(key, given, { use: 'refresh', now: now() }) === null
        ? refuse(401, 'Authentication failed')
        : refuse(403, 'Access forbidden')
    },
  }
}
