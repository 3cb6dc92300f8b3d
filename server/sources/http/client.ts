/** GET requests to one API, with its login, its limits and its retries. */
import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '../../../shared/failure.ts'
import type { Clock } from '../../../shared/time.ts'
import { attempt, type AttemptNeeds } from './attempts.ts'
import { openAuth } from './auth.ts'
import type { Answer } from './exchange.ts'
import { loginRefused, messageOf } from './failures.ts'
import { openRateLimit } from './rate-limit.ts'
import { openSecrets } from './secrets.ts'
import type { HttpSettings } from './settings.ts'

export interface HttpNeeds {
  /** The source's name in pack.yaml, for messages. */
  source: string
  environment: NodeJS.ProcessEnv
  clock: Clock
  /** From 0 to below 1; chance by default. */
  random?: () => number
  /** Rejects when the signal says stop; a timer by default. */
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

export interface Client {
  /** Any answer that is not a refused login. Errors: `source.*`. */
  get(url: URL, signal: AbortSignal): Promise<Answer>
  /** Takes secrets out of a text. */
  hide(text: string): string
  close(): void
}

/** Nothing is sent before the first `get`. */
export function openClient(settings: HttpSettings, needs: HttpNeeds): Client {
  const {
    source,
    environment,
    clock,
    random = Math.random,
    wait = (milliseconds, signal) => pause(milliseconds, undefined, { signal }),
  } = needs
  const secrets = openSecrets(source, environment)
  const longest = settings.longest_wait
  const attempts: AttemptNeeds = {
    ...{ clock, random, wait, longest, retries: settings.retries, hide: secrets.hide },
    limits: { timeout: settings.timeout, largestBytes: settings.largest_answer_mb * 1_000_000 },
    rateLimit: openRateLimit({ rates: settings.rate_limit, clock, wait, longest }),
  }
  const auth = openAuth({ source, settings, secrets, clock, send: (request, signal) => attempt(attempts, request, signal) })
  const send = async (url: URL, signal: AbortSignal): Promise<Answer> => {
    let carried: Readonly<Record<string, string>> = {}
    const headers = async (): Promise<Readonly<Record<string, string>>> => {
      carried = await auth.headers(signal)
      return { ...settings.headers, ...carried }
    }
    const answer = await attempt(attempts, { url, headers }, signal)
    return answer.status === 401 && auth.renew(carried) ? attempt(attempts, { url, headers }, signal) : answer
  }
  return {
    get: async (url, signal) => {
      try {
        const answer = await send(url, signal)
        if (answer.status === 401) throw loginRefused(source, messageOf(answer.text, secrets.hide), auth.variables)
        return answer
      } catch (thrown) {
        throw thrown instanceof Failure ? withoutSecrets(thrown, secrets.hide) : thrown
      }
    },
    hide: secrets.hide,
    close: auth.close,
  }
}

/** The last net: whatever was put into a message on the way, an address that the server made up included. */
function withoutSecrets(failure: Failure, hide: (text: string) => string): Failure {
  if (hide(failure.message) === failure.message) return failure
  const { kind, code, hint, details } = failure
  return new Failure({ kind, code, message: hide(failure.message), hint: hint ?? undefined, details })
}
