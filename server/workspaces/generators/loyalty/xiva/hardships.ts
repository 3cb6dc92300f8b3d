/** What a client must live with: limits, slow answers and failures, some by the service's settings, some on request. */
import type { IncomingHttpHeaders } from 'node:http'
import { refuse, type Reply } from './replies.ts'

export interface Hardships {
  /** Requests a minute. */
  rateLimit: number
  /** Milliseconds before each answer. */
  latency: number
  /** Every so many requests one fails with 503; 0 for never. */
  failEvery: number
  /** Milliseconds since 1970. */
  clock(): number
}

/** By `XIVA_RATE_LIMIT`, `XIVA_LATENCY_MS` and `XIVA_FAIL_EVERY`. */
export function hardshipsFrom(environment: NodeJS.ProcessEnv, clock: () => number): Hardships {
  const number = (name: string, otherwise: number): number => {
    const text = environment[name] ?? ''
    return /^\d{1,6}$/.test(text) ? Number(text) : otherwise
  }
  return {
    rateLimit: number('XIVA_RATE_LIMIT', 300),
    latency: number('XIVA_LATENCY_MS', 0),
    failEvery: number('XIVA_FAIL_EVERY', 0),
    clock,
  }
}

const MINUTE = 60_000
/** The statuses that can be asked for. */
const FAILURES: Readonly<Record<string, string>> = {
  '401': 'Authentication failed',
  '403': 'Access forbidden',
  '404': 'Resource not found',
  '429': 'Request was throttled',
  '500': 'Internal server error',
  '502': 'Bad gateway',
  '503': 'Service unavailable',
}

/**
 * Decides for each request what comes in the place of its answer. A client asks for trouble by the headers `x-xiva-fail`
 * (a status, or `html` for an answer that is not JSON) and `x-xiva-latency-ms`; the login is spared them, or nobody would get further.
 */
export function openHardships({ rateLimit, latency, failEvery, clock }: Hardships) {
  let window = { start: clock(), requests: 0 }
  let requests = 0
  return {
    /** Milliseconds to wait before the answer. */
    latencyOf: (headers: IncomingHttpHeaders, isLogin: boolean): number => {
      const asked = isLogin ? '' : String(headers['x-xiva-latency-ms'] ?? '')
      return /^\d{1,5}$/.test(asked) ? Number(asked) : latency
    },
    trouble: (headers: IncomingHttpHeaders, isLogin: boolean): Reply | null => {
      requests += 1
      const now = clock()
      if (now - window.start >= MINUTE) window = { start: now, requests: 0 }
      window.requests += 1
      const rest = String(Math.ceil((window.start + MINUTE - now) / 1000))
      if (window.requests > rateLimit)
        return refuse(429, `Request was throttled. Expected available in ${rest} seconds.`, { 'retry-after': rest })
      const asked = isLogin ? '' : String(headers['x-xiva-fail'] ?? '')
      if (asked === 'html') return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Maintenance</body></html>' }
      const detail = Object.hasOwn(FAILURES, asked) ? FAILURES[asked] : undefined
      if (detail !== undefined) return refuse(Number(asked), detail, asked === '429' ? { 'retry-after': '1' } : {})
      return failEvery > 0 && requests % failEvery === 0 ? refuse(503, 'Service unavailable') : null
    },
  }
}
