/**
 * Items of a JSON text as they are written in it. Parsing and writing again would change numbers beyond 2^53 and take twice
 * as long; PostgreSQL's `jsonb` keeps every digit. The text must be valid JSON: it has been parsed before.
 */

/** What stands at a path (`data.items`, `links.0.href`, `$`) of a parsed answer; undefined where there is nothing. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value
  for (const name of namesOf(value, path)) {
    if (!has(found, name)) return undefined
    found = found[name]
  }
  return found
}

function has(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
}

/** The texts of the elements of the array at a path of `value`, which is the text parsed. */
export function itemTexts(text: string, value: unknown, path: string): string[] {
  let at = skipSpace(text, 0)
  for (const name of namesOf(value, path)) at = memberOf(text, at, name)
  return elementsOf(text, at).map(({ start, end }) => text.slice(start, end))
}

/** A scalar as text: a text itself, a number digit for digit as it is written; null for anything else. */
export function scalarAt(text: string, value: unknown, path: string): string | null {
  const found = valueAt(value, path)
  if (typeof found !== 'number') return typeof found === 'string' && found !== '' ? found : null
  let at = skipSpace(text, 0)
  for (const name of namesOf(value, path)) at = memberOf(text, at, name)
  return text.slice(at, endOfValue(text, at))
}

/** A name with points in it, such as `@odata.nextLink`, is found at the top only. */
function namesOf(value: unknown, path: string): string[] {
  if (path === '$') return []
  return has(value, path) ? [path] : path.replace(/^\$\./, '').split('.')
}

interface Span {
  start: number
  end: number
}

const QUOTE = 34
const BACKSLASH = 92
const OPENING = new Set([91, 123])
const CLOSING = new Set([93, 125])
/** What can stand behind a number or a word: space, comma, colon, and what opens or closes. */
const STOPS = new Set([...' \t\n\r,:[]{}"'].map((character) => character.charCodeAt(0)))

function skipSpace(text: string, at: number): number {
  let next = at
  while (text.charCodeAt(next) <= 32) next += 1
  return next
}

/** Behind the string that opens at `at`. */
function endOfString(text: string, at: number): number {
  let next = at + 1
  for (;;) {
    const code = text.charCodeAt(next)
    if (code === QUOTE) return next + 1
    next += code === BACKSLASH ? 2 : 1
  }
}

/** Behind the value that begins at `at`. */
function endOfValue(text: string, at: number): number {
  let depth = 0
  let next = at
  for (;;) {
    const code = text.charCodeAt(next)
    if (code === QUOTE) next = endOfString(text, next)
    else if (OPENING.has(code) || CLOSING.has(code)) {
      depth += OPENING.has(code) ? 1 : -1
      next += 1
    } else next = endOfPlain(text, next)
    if (depth === 0) return next
  }
}

/** Behind the number or word, or the comma, colon and space inside of an object or array. */
function endOfPlain(text: string, at: number): number {
  let next = at + 1
  while (next < text.length && !STOPS.has(text.charCodeAt(next))) next += 1
  return next
}

function elementsOf(text: string, open: number): Span[] {
  const spans: Span[] = []
  let at = skipSpace(text, open + 1)
  while (at < text.length && !CLOSING.has(text.charCodeAt(at))) {
    const end = endOfValue(text, at)
    spans.push({ start: at, end })
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return spans
}

/** Where the value of a name begins, or of a place where there is an array. */
function memberOf(text: string, open: number, name: string): number {
  if (text[open] === '[') return elementsOf(text, open)[Number(name)]?.start ?? text.length
  let found = text.length
  let at = skipSpace(text, open + 1)
  while (text[at] === '"') {
    const end = endOfString(text, at)
    const key = JSON.parse(text.slice(at, end)) as string
    at = skipSpace(text, skipSpace(text, end) + 1)
    // Of equal names the last one counts, as in JSON.parse.
    if (key === name) found = at
    at = skipSpace(text, endOfValue(text, at))
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return found
}
