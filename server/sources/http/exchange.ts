/** One request and its whole answer: bounded in time and size, stopped by a signal, careful with secrets when it is sent on. */
import { Failure, mistake } from '../../../shared/failure.ts'
import { inWords } from './duration.ts'
import { cancelled, placeOf, toNetworkFailure } from './failures.ts'

export interface Call {
  url: URL
  /** With a body it is a POST, and is not sent on to another address. */
  body?: string
  /** Of no other server's concern: left out when the request is sent on to another origin. */
  headers: Readonly<Record<string, string>>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** Where it came from in the end. */
  url: URL
}

export interface Limits {
  /** Milliseconds for everything, redirects included. */
  timeout: number
  largestBytes: number
}

const MOVED = new Set([301, 302, 303, 307, 308])
const MAX_MOVES = 5
const ACCEPT = { accept: 'application/json', 'user-agent': 'quintile' }

/** Errors: `source.cancelled`, `source.timeout`, `source.unreachable`, `source.certificate`, `source.too-large`, `source.bad-redirect`. Any status is an answer. */
export async function exchange(call: Call, limits: Limits, signal: AbortSignal): Promise<Answer> {
  const place = placeOf(call.url)
  // A controller of its own per request: a signal that lives as long as the source would gather listeners.
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  signal.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(abort, limits.timeout)
  try {
    if (signal.aborted) throw cancelled(place)
    const { response, url } = await follow(call, controller.signal)
    return { status: response.status, headers: response.headers, text: await readText(response, limits.largestBytes, place), url }
  } catch (thrown) {
    if (signal.aborted) throw cancelled(place)
    if (controller.signal.aborted) throw timedOut(place, limits.timeout)
    throw thrown instanceof Failure ? thrown : toNetworkFailure(thrown, place)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

async function follow(call: Call, signal: AbortSignal): Promise<{ response: Response; url: URL }> {
  const post = call.body === undefined ? {} : { method: 'POST', body: call.body }
  const type = call.body === undefined ? {} : { 'content-type': 'application/json' }
  let url = call.url
  let headers: Readonly<Record<string, string>> = { ...call.headers, ...type, ...ACCEPT }
  for (let moves = 0; moves <= MAX_MOVES; moves += 1) {
    const response = await fetch(url, { ...post, headers, signal, redirect: 'manual' })
    const location = response.headers.get('location')
    if (!MOVED.has(response.status) || location === null) return { response, url }
    await response.body?.cancel()
    const next = URL.canParse(location, url.href) ? new URL(location, url) : null
    if (next === null || !/^https?:$/.test(next.protocol) || call.body !== undefined) throw badRedirect(url, next)
    if (next.origin !== url.origin) headers = ACCEPT
    url = next
  }
  throw badRedirect(call.url, url)
}

function badRedirect(from: URL, to: URL | null): Failure {
  return mistake(
    'source.bad-redirect',
    `${placeOf(from)} sends the request on to ${to === null ? 'nowhere' : placeOf(to)}, which is not followed`,
    'Correct base_url and the paths of this source in pack.yaml; many servers want a path to end with “/”.',
  )
}

function timedOut(place: string, timeout: number): Failure {
  return new Failure({
    kind: 'retry',
    code: 'source.timeout',
    message: `${place} did not answer within ${inWords(timeout)}`,
    hint: 'Raise “timeout” of the source in pack.yaml, or ask for smaller pages.',
  })
}

async function readText(response: Response, largest: number, place: string): Promise<string> {
  if (Number(response.headers.get('content-length') ?? 0) > largest) {
    await response.body?.cancel()
    throw tooLarge(place, largest)
  }
  const decoder = new TextDecoder()
  const pieces: string[] = []
  let bytes = 0
  // Counted as it is unpacked: a small answer can be a large one in gzip. Leaving the loop ends the connection.
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length
    if (bytes > largest) throw tooLarge(place, largest)
    pieces.push(decoder.decode(piece, { stream: true }))
  }
  return pieces.join('') + decoder.decode()
}

function tooLarge(place: string, largest: number): Failure {
  return new Failure({
    kind: 'stop',
    code: 'source.too-large',
    message: `${place} answers with more than ${String(Math.round(largest / 1e6))} MB`,
    hint: 'Ask for smaller pages, or raise “largest_answer_mb” of the source in pack.yaml.',
  })
}
