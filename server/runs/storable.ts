/**
 * What the book writes must be what PostgreSQL can keep: a message may quote bytes of a broken file, and a NUL or half of a
 * surrogate pair in it would make the write fail, and with it the truth about the failure.
 */
import type { Failure } from '../../shared/failure.ts'

/** The text without NULs and halves of surrogate pairs. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD')
}

/** The same for null and for every text inside a value that becomes JSON. */
export function toStoredJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part) : part))
}

/** A failure as the book keeps it of a run or a step. */
export function toStoredFailure(failure: Failure | null): string | null {
  return failure === null ? null : toStoredJson(failure.report())
}

/** How far back causes are followed; a chain that bites its tail must end. */
const CAUSES = 8

/** A failure as the book keeps it of an attempt: with its kind and with what lay behind it, nearest first. */
export function toStoredCause(failure: Failure | null): string | null {
  if (failure === null) return null
  const causes: string[] = []
  for (let cause: unknown = failure.cause; cause !== undefined && cause !== null && causes.length < CAUSES;) {
    const text = cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : 'unknown'
    if (text !== failure.message && text !== causes.at(-1)) causes.push(text)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return toStoredJson({ ...failure.report(), kind: failure.kind, causes })
}
