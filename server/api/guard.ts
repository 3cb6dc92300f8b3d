/**
 * Who may talk to the local API. A web page in the user's browser can send requests to 127.0.0.1 too, and a host name can
 * be pointed at it (DNS rebinding); other programs of this machine can connect as well. So, in this order:
 * exact Host (421), Origin and Sec-Fetch-Site (403), a secret that only the user's window or script has (401).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { NextFunction, Request, Response } from 'express'
import { mistake, type Failure } from '../../shared/failure.ts'
import { TOKEN_HEADER } from '../../shared/shell-messages.ts'

export const SESSION_COOKIE = 'quintile_session'

export interface GuardSettings {
  /** Secret of scripts and of the shell, in the header `x-quintile-token`. */
  token: string
  /** The only accepted Host, e.g. `127.0.0.1:4711`, once the port is known. */
  host(): string
  /** The only accepted Origin. */
  origin(): string
}

/** Equal time whatever the difference: digests of equal length are compared, not the secrets. */
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(secret))
}

function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=')
    if (key === name) return value
  }
  return undefined
}

/** A link that can be opened once: it becomes a session cookie that no page script can read. */
export function openOneTimeLink() {
  const session = randomBytes(32).toString('base64url')
  let code: string | undefined = randomBytes(32).toString('base64url')
  return {
    session,
    path: `/open?code=${code}`,
    /** Spends the code. */
    redeem: (given: string): boolean => {
      const right = code !== undefined && sameSecret(given, code)
      if (right) code = undefined
      return right
    },
  }
}

/** Host and Origin: before anything else is looked at. */
export function guardPlace({ host, origin }: Pick<GuardSettings, 'host' | 'origin'>) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const site = request.headers['sec-fetch-site']
    if (request.headers.host !== host()) throw withStatus(421, mistake('api.wrong-host', 'This address is not ours'))
    if (request.headers.origin !== undefined && request.headers.origin !== origin())
      throw withStatus(403, mistake('api.wrong-origin', 'Other pages may not call this API'))
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw withStatus(403, mistake('api.wrong-origin', 'Other pages may not call this API'))
    next()
  }
}

/** The secret: in a header (scripts, the shell) or in the cookie of the one-time link. */
export function guardSecret({ token, session }: { token: string; session: string }) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const header = request.get(TOKEN_HEADER)
    const cookie = cookieOf(request, SESSION_COOKIE)
    const known = (header !== undefined && sameSecret(header, token)) || (cookie !== undefined && sameSecret(cookie, session))
    if (!known)
      throw withStatus(
        401,
        mistake(
          'api.no-token',
          'This page needs the link that Quintile printed when it started',
          'Open that link, or start Quintile again for a new one.',
        ),
      )
    next()
  }
}

/** A failure that knows its HTTP status. */
export interface StatusFailure extends Error {
  status: number
}

function withStatus(status: number, failure: Failure): StatusFailure {
  return Object.assign(failure, { status })
}
