/**
 * Spaces requests so that the server's limits hold: a token bucket per limit, kept as the time at which it is full again,
 * and a pause where the server itself says that nothing is left.
 */
import type { Clock } from '../../../shared/time.ts'

export interface RateNeeds {
  rates: readonly { requests: number; per: number; burst: number }[]
  clock: Clock
  /** Rejects when the signal says stop. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>
  /** Milliseconds; the server is not heeded for longer. */
  longest: number
}

export interface RateLimit {
  /** Resolves when the next request may go out. Turns are given in the order in which they are asked for. */
  turn(signal: AbortSignal): Promise<void>
  /** Takes in what an answer says of the requests that are left. */
  heed(headers: Headers): void
}

/** Opens with full buckets. */
export function openRateLimit({ rates, clock, wait, longest }: RateNeeds): RateLimit {
  const buckets = rates.map(({ requests, per, burst }) => ({ each: per / requests, burst, fullAt: 0 }))
  let closedUntil = 0
  return {
    turn: async (signal) => {
      const now = clock()
      const at = Math.max(now, closedUntil, ...buckets.map(({ each, burst, fullAt }) => fullAt - (burst - 1) * each))
      for (const bucket of buckets) bucket.fullAt = Math.max(bucket.fullAt, at) + bucket.each
      if (at > now) await wait(at - now, signal)
    },
    heed: (headers) => {
      const pause = pauseWhenEmpty(headers, clock())
      if (pause !== null) closedUntil = clock() + Math.min(pause, longest)
    },
  }
}

/** Milliseconds that the server asks for by `Retry-After`, or by saying that no requests are left; null where it asks for none. */
export function pauseAskedFor(headers: Headers, now: number): number | null {
  const asked = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(asked)) return Number(asked) * 1000
  const date = asked === '' ? Number.NaN : Date.parse(asked)
  return Number.isNaN(date) ? pauseWhenEmpty(headers, now) : Math.max(0, date - serverNow(headers, now))
}

/** Dates are by the server's clock, which may differ from ours and which it tells in each answer. */
function serverNow(headers: Headers, now: number): number {
  const told = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(told) ? now : told
}

function pauseWhenEmpty(headers: Headers, now: number): number | null {
  const named = headers.get('ratelimit') ?? ''
  const remaining = /;\s*r=(\d+)/.exec(named)?.[1] ?? first(headers, 'remaining')
  const reset = /;\s*t=(\d+)/.exec(named)?.[1] ?? first(headers, 'reset')
  if (remaining === null || reset === null || Number(remaining) > 0 || !/^\d+(\.\d+)?$/.test(reset)) return null
  const value = Number(reset)
  // Seconds to go, or since 1970, or milliseconds since 1970: no limit lasts 30 years, nor did the last one end in 1970.
  if (value < 1e9) return value * 1000
  return Math.max(0, (value < 1e12 ? value * 1000 : value) - serverNow(headers, now))
}

function first(headers: Headers, name: string): string | null {
  return headers.get(`ratelimit-${name}`) ?? headers.get(`x-ratelimit-${name}`) ?? headers.get(`x-rate-limit-${name}`)
}
