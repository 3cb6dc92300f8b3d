/**
 * A login that gives a token: kept in memory, renewed before it ends, asked for once however many requests wait for it.
 *
 * Without a token: log in. With one that is about to end or was refused: renew it where the API has a way to, else log in
 * again; a renewal that is refused leads to the login too.
 */
import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { addressOf } from './address.ts'
import type { Auth, AuthNeeds } from './auth.ts'
import type { Answer } from './exchange.ts'
import { badAnswer, cancelled, loginRefused, messageOf, toRefusal } from './failures.ts'
import { valueAt } from './json-text.ts'
import type { JwtSettings } from './settings.ts'

interface Token {
  access: string
  refresh: string | null
  /** Milliseconds since 1970 by our clock; infinite where nobody says. */
  renewAt: number
}

/** Renewed when a quarter of its life is left, and not more than 5 minutes before its end. */
const MARGIN = 0.25
const MAX_MARGIN = 300_000

/** Opens without a token. */
export function openJwt(needs: AuthNeeds, jwt: JwtSettings): Auth {
  const closing = new AbortController()
  let token: Token | null = null
  let asking: Promise<Token> | null = null
  const ask = (): Promise<Token> => {
    const old = token
    asking ??= obtain(needs, { jwt, old, signal: closing.signal })
      .then((found) => (token = found))
      .finally(() => (asking = null))
    return asking
  }
  return {
    variables: [jwt.username_env, jwt.password_env],
    headers: async (signal) => {
      const current = token !== null && needs.clock() < token.renewAt ? token : await stoppable(ask(), signal, needs.source)
      return { authorization: `${jwt.scheme} ${current.access}` }
    },
    renew: (refused) => {
      // Unless another request has seen to it since.
      if (token !== null && refused['authorization'] === `${jwt.scheme} ${token.access}`) token = { ...token, renewAt: 0 }
      return true
    },
    close: () => closing.abort(),
  }
}

/** One who stops waiting does not stop the login, which others may wait for. */
function stoppable<T>(work: Promise<T>, signal: AbortSignal, source: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(cancelled(`“${source}”`))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

interface Obtaining {
  jwt: JwtSettings
  old: Token | null
  signal: AbortSignal
}

async function obtain(needs: AuthNeeds, { jwt, old, signal }: Obtaining): Promise<Token> {
  const headers = async (): Promise<Readonly<Record<string, string>>> => needs.settings.headers
  const post = (path: string, body: Record<string, string>): Promise<Answer> =>
    needs.send({ url: addressOf(needs.settings.base_url, path), headers, body: JSON.stringify(body) }, signal)
  if (old?.refresh != null && jwt.refresh_path !== undefined) {
    const key = jwt.refresh_field.split('.').at(-1) ?? 'refresh'
    const answer = await post(jwt.refresh_path, { [key]: old.refresh })
    if (answer.status < 300) return toToken(needs, { jwt, old, answer })
  }
  const { username_env, password_env, username_field, password_field } = jwt
  const username = needs.secrets.read(username_env, 'user name')
  const password = needs.secrets.read(password_env, 'password')
  const answer = await post(jwt.login_path, { [username_field]: username, [password_field]: password })
  if ([400, 401, 403, 422].includes(answer.status))
    throw loginRefused(needs.source, messageOf(answer.text, needs.secrets.hide), [username_env, password_env])
  if (answer.status >= 300) throw toRefusal(answer, needs.secrets.hide)
  return toToken(needs, { jwt, old: null, answer })
}

function toToken({ secrets, clock }: AuthNeeds, { jwt, old, answer }: { jwt: JwtSettings; old: Token | null; answer: Answer }): Token {
  const body = parse(answer.text)
  const access = valueAt(body, jwt.token_field)
  const refresh = valueAt(body, jwt.refresh_field)
  for (const secret of [access, refresh]) if (typeof secret === 'string') secrets.add(secret)
  if (typeof access !== 'string' || !/^[\x21-\x7e]+$/.test(access)) {
    // What came is not told: it may hold the token under another name.
    throw badAnswer({ ...answer, text: '' }, `the login gives no token at “${jwt.token_field}” (token_field)`, secrets.hide)
  }
  const now = clock()
  const life = lifeOf(access, now) ?? secondsOf(valueAt(body, jwt.expires_field))
  return {
    access,
    refresh: typeof refresh === 'string' ? refresh : (old?.refresh ?? null),
    renewAt: life === null ? Number.POSITIVE_INFINITY : now + life - Math.min(life * MARGIN, MAX_MARGIN),
  }
}

const claims = z.object({ exp: z.number(), iat: z.number().optional() })

/** Milliseconds from now to the end that the token itself states; by the difference of its own times, because clocks differ. */
function lifeOf(token: string, now: number): number | null {
  const found = claims.safeParse(parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
  if (!found.success) return null
  const { exp, iat } = found.data
  return Math.max(0, iat === undefined ? exp * 1000 - now : (exp - iat) * 1000)
}

const secondsOf = (value: unknown): number | null => (typeof value === 'number' && value >= 0 ? value * 1000 : null)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
