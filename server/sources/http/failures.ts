/** What an API's refusals and silences are, in the words of a source. Texts of answers pass `hide` before they are cut and said. */
import { Failure, mistake, type FailureKind } from '../../../shared/failure.ts'
import type { Answer } from './exchange.ts'

const CUT = 300
/** Secrets are looked for in so many characters, of which the first are said: an answer can have 50 million. */
const LOOK = 10_000

/** The address without what stands behind the question mark, where secrets and names may be. */
export function placeOf(url: URL): string {
  return `${url.origin}${url.pathname}`
}

/** At most 300 characters, on one line. */
export function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > CUT ? `${line.slice(0, CUT)}…` : line
}

const MESSAGE_KEYS = ['message', 'detail', 'error_description', 'error', 'title', 'reason', 'errors']

/** What a body says in words: the message in it, or its beginning. */
export function messageOf(text: string, hide: (text: string) => string): string {
  let said: string | null = null
  try {
    said = findMessage(JSON.parse(text))
  } catch {
    // Not JSON: its beginning will do.
  }
  return cut(hide((said ?? text).slice(0, LOOK)))
}

function findMessage(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.length === 0 ? null : findMessage(value[0])
  if (typeof value !== 'object' || value === null) return null
  const known = value as Record<string, unknown>
  for (const key of MESSAGE_KEYS) {
    const found = Object.hasOwn(known, key) ? findMessage(known[key]) : null
    if (found !== null) return found
  }
  return null
}

interface Refusal {
  kind: FailureKind
  code: string
  what: string
  hint?: string
}

function refusalOf(status: number): Refusal {
  if (status === 403)
    return {
      kind: 'mistake',
      code: 'source.forbidden',
      what: 'access is forbidden',
      hint: 'Ask for the right to read it, or use another login.',
    }
  if (status === 404 || status === 410)
    return {
      kind: 'mistake',
      code: 'source.not-found',
      what: 'there is nothing at this address',
      hint: 'Correct “stream” of the job, or “base_url” of the source in pack.yaml.',
    }
  if (status === 429)
    return {
      kind: 'retry',
      code: 'source.rate-limited',
      what: 'too many requests',
      hint: 'Set “rate_limit” of the source to what the API allows.',
    }
  if (status >= 500 || status === 408)
    return { kind: 'retry', code: 'source.unavailable', what: 'the server cannot answer now', hint: 'Run again later.' }
  return {
    kind: 'stop',
    code: 'source.refused',
    what: 'the request was refused',
    hint: 'Check “stream”, “paging” and “since_param” against the API’s documentation.',
  }
}

/** An answer that is no success, as a failure with the server's own words. */
export function toRefusal(answer: Answer, hide: (text: string) => string): Failure {
  const { kind, code, what, hint } = refusalOf(answer.status)
  const said = messageOf(answer.text, hide)
  const message = hide(`${placeOf(answer.url)}: ${what} (${String(answer.status)})`)
  return new Failure({ kind, code, message: said === '' ? message : `${message}: ${said}`, hint, details: { status: answer.status } })
}

/** The answer came and is not what it should be; says what came. */
export function badAnswer(answer: Answer, why: string, hide: (text: string) => string): Failure {
  const came =
    answer.text === ''
      ? 'an empty answer came'
      : `what came (${answer.headers.get('content-type') ?? 'no type'}): ${cut(hide(answer.text.slice(0, LOOK)))}`
  return new Failure({
    kind: 'stop',
    code: 'source.bad-answer',
    message: `${hide(placeOf(answer.url))}: ${hide(why)}; ${came}`,
    hint: 'Check “stream” of the job and “items” of the source against the API’s documentation.',
    details: { status: answer.status },
  })
}

/** The signal said stop. */
export function cancelled(place: string): Failure {
  return new Failure({ kind: 'stop', code: 'source.cancelled', message: `Reading ${place} was cancelled` })
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/

/** A request that had no answer. No cause is kept: the network's errors may repeat headers. */
export function toNetworkFailure(thrown: unknown, place: string): Failure {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const why = code !== '' ? code : cause instanceof Error ? cut(cause.message) : 'unknown'
  if (CERTIFICATE.test(code))
    return mistake('source.certificate', `${place}: the server’s certificate is not trusted (${code})`, {
      hint: 'Correct base_url, or name the certificate of your own authority in NODE_EXTRA_CA_CERTS.',
      details: { cause: code },
    })
  return new Failure({
    kind: 'retry',
    code: 'source.unreachable',
    message: `${place} cannot be reached: ${why}`,
    hint: 'Check the network and “base_url” of the source in pack.yaml.',
    details: { cause: why },
  })
}

/** The login is wrong, or not allowed what it asks for. */
export function loginRefused(source: string, said: string, variables: readonly string[]): Failure {
  const hint =
    variables.length === 0
      ? 'The API wants a login: set “auth” of the source in pack.yaml.'
      : `Check the environment variable${variables.length === 1 ? '' : 's'} ${variables.join(' and ')}.`
  return mistake('source.login-refused', `The source “${source}” refuses the login${said === '' ? '' : `: ${said}`}`, {
    hint,
    details: { variables: [...variables] },
  })
}
