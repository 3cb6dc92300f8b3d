/**
 * Every failure in the product is one of three kinds, so that "try again or stop" is a property of the failure
 * and not of the place that catches it:
 * - `retry`: the world's (a cut connection, a deadlock); doing the same again may succeed.
 * - `stop`: a bug or bad data; doing the same again cannot succeed.
 * - `mistake`: the person's; `hint` says what to do.
 *
 * `code` is stable (scripts match on it), `message` says what and where, `hint` the next step.
 */
export type FailureKind = 'retry' | 'stop' | 'mistake'

/** Facts that go with a failure: plain JSON values, never secrets. */
export type FailureDetails = Record<string, string | number | boolean | null | string[]>

/** What crosses the wire and stands in the run book. */
export interface FailureReport {
  code: string
  message: string
  hint: string | null
  details: FailureDetails
}

interface FailureOptions {
  kind: FailureKind
  code: string
  message: string
  hint?: string | undefined
  details?: FailureDetails | undefined
  cause?: unknown
}

export class Failure extends Error {
  readonly kind: FailureKind
  readonly code: string
  readonly hint: string | null
  readonly details: FailureDetails

  constructor(options: FailureOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.kind = options.kind
    this.code = options.code
    this.hint = options.hint ?? null
    this.details = options.details ?? {}
  }

  /** The part that may be shown and stored: no stack, no cause. */
  report(): FailureReport {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details }
  }
}

/** What to do about a mistake; a plain sentence where there are no facts to go with it. */
export type Remedy = string | { hint?: string; details: FailureDetails }

/** A mistake of the person at the keyboard, with the remedy. */
export function mistake(code: string, message: string, remedy?: Remedy): Failure {
  return new Failure({ kind: 'mistake', code, message, ...(typeof remedy === 'string' ? { hint: remedy } : remedy) })
}

/** Turns anything thrown into a `Failure`; what is unknown becomes `internal.unexpected` and keeps its cause. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new Failure({ kind: 'stop', code: 'internal.unexpected', message, cause: thrown })
}
