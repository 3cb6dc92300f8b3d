/** One answer as a page of items. */
import { createHash } from 'node:crypto'
import { badAnswer, toRefusal } from './failures.ts'
import type { Answer } from './exchange.ts'
import { itemTexts, valueAt } from './json-text.ts'
import type { HttpSettings } from './settings.ts'

export interface Page {
  /** As they stand in the answer, digit for digit. */
  texts: string[]
  /** The same, parsed. */
  items: readonly unknown[]
  /** How many there are in all, as the server says; null where it does not. */
  total: number | null
  body: unknown
  /** The body as it came. */
  text: string
  headers: Headers
  /** Where it came from. */
  url: URL
}

/** Where lists are in most APIs that do not answer with the list itself. */
const USUAL_PLACES = ['$', 'results', 'data', 'items']

/** Errors: `source.bad-answer`, and those of a refusal. */
export function toPage(answer: Answer, settings: HttpSettings, hide: (text: string) => string): Page {
  if (answer.status < 200 || answer.status >= 300) throw toRefusal(answer, hide)
  const { headers, url } = answer
  // No content: nothing matches.
  if (answer.status === 204) return { texts: [], items: [], total: null, body: null, text: '', headers, url }
  const body = parseAnswer(answer, hide)
  const places = settings.items === undefined ? USUAL_PLACES : [settings.items]
  const place = places.find((path) => Array.isArray(valueAt(body, path)))
  if (place === undefined) throw badAnswer(answer, `there is no list at ${places.map((path) => `“${path}”`).join(', ')}`, hide)
  const total = settings.total === undefined ? Number.NaN : Number(valueAt(body, settings.total) ?? Number.NaN)
  return {
    ...{ body, text: answer.text, headers, url, total: Number.isNaN(total) ? null : total },
    items: valueAt(body, place) as unknown[],
    texts: itemTexts(answer.text, body, place),
  }
}

/** The body as JSON. Errors: `source.bad-answer`. */
export function parseAnswer(answer: Answer, hide: (text: string) => string): unknown {
  try {
    return JSON.parse(answer.text)
  } catch {
    throw badAnswer(answer, 'the answer is not JSON', hide)
  }
}

/** Equal for pages with the same items. */
export function digestOf({ texts }: Page): string {
  const digest = createHash('sha256')
  for (const text of texts) digest.update(text).update('\n')
  return digest.digest('hex')
}

/** Why an item cannot be stored as `jsonb`, or null. */
export function troubleOf(item: unknown, text: string): string | null {
  if (item === null) return 'the item is null'
  // Escapes are rare; what is written again has them only for what PostgreSQL refuses.
  const escapes = text.includes('\\u') ? /(?<!\\)(?:\\\\)*\\u(0000|d[89a-f])/.exec(JSON.stringify(item)) : null
  if (escapes === null) return null
  return escapes[1] === '0000' ? 'the item contains a NUL character' : 'the item contains half of a character (a lone surrogate)'
}
