/** A request that is tried again while the world fails it: after what the server asks for, or ever later with some chance in it. */
import { Failure } from '../../../shared/failure.ts'
import type { Clock } from '../../../shared/time.ts'
import { inWords } from './duration.ts'
import { exchange, type Answer, type Call, type Limits } from './exchange.ts'
import { cancelled, placeOf, toRefusal } from './failures.ts'
import { pauseAskedFor, type RateLimit } from './rate-limit.ts'

export interface AttemptNeeds {
  limits: Limits
  rateLimit: RateLimit
  /** Tries after the first. */
  retries: number
  /** Milliseconds that the server may ask us to wait. */
  longest: number
  clock: Clock
  /** From 0 to below 1. */
  random(): number
  wait(milliseconds: number, signal: AbortSignal): Promise<void>
  hide(text: string): string
}

const AGAIN = new Set([408, 429, 500, 502, 503, 504])
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000

/** What is sent at each try. */
export interface Request {
  url: URL
  /** With a body it is a POST. */
  body?: string
  /** Asked right before sending: a token may end during the waits. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>
}

/** An answer of any other status than those that are worth another try. Errors: `source.*`, of kind `retry` when the tries are used up. */
export async function attempt(needs: AttemptNeeds, request: Request, signal: AbortSignal): Promise<Answer> {
  const stoppable = async (waiting: Promise<void>): Promise<void> => {
    await waiting.catch((thrown: unknown) => {
      throw signal.aborted ? cancelled(placeOf(request.url)) : thrown
    })
  }
  for (let tries = 1; ; tries += 1) {
    await stoppable(needs.rateLimit.turn(signal))
    const outcome = await tryOnce(needs, { ...request, headers: await request.headers(signal) }, signal)
    if (!(outcome instanceof Failed)) return outcome
    const { failure, asked } = outcome
    if (asked !== null && asked > needs.longest) throw asksTooMuch(failure, asked, needs.longest)
    if (tries > needs.retries) throw failure
    await stoppable(needs.wait(asked ?? backoff(tries, needs.random()), signal))
  }
}

class Failed {
  readonly failure: Failure
  /** Milliseconds that the server asks us to wait, or null. */
  readonly asked: number | null

  constructor(failure: Failure, asked: number | null) {
    this.failure = failure
    this.asked = asked
  }
}

async function tryOnce({ limits, rateLimit, clock, hide }: AttemptNeeds, call: Call, signal: AbortSignal): Promise<Answer | Failed> {
  try {
    const answer = await exchange(call, limits, signal)
    rateLimit.heed(answer.headers)
    return AGAIN.has(answer.status) ? new Failed(toRefusal(answer, hide), pauseAskedFor(answer.headers, clock())) : answer
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.kind === 'retry') return new Failed(thrown, null)
    throw thrown
  }
}

/** 0.5 s, 1 s, 2 s, … 30 s, of which half is left to chance, so that many who failed together do not come again together. */
function backoff(tries: number, chance: number): number {
  const full = Math.min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
  return Math.round(full / 2 + (full / 2) * chance)
}

function asksTooMuch(failure: Failure, asked: number, longest: number): Failure {
  return new Failure({
    kind: 'retry',
    code: failure.code,
    message: `${failure.message}; it asks us to wait ${inWords(asked)}, which is longer than the ${inWords(longest)} that this source allows`,
    hint: 'Run again after that time, or raise “longest_wait” of the source in pack.yaml.',
    details: { ...failure.details, asked_seconds: asked / 1000, longest_seconds: longest / 1000 },
  })
}
