/** Addresses below the base of a source. */
import { mistake } from '../../../shared/failure.ts'

/** A path below the base, with what stands behind its question mark. Errors: `source.bad-stream`. */
export function addressOf(base: string, path: string): URL {
  const wrong = (why: string): Error =>
    mistake('source.bad-stream', `“${path}” is ${why}`, 'Name a path below base_url of the source, such as /profiles.')
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) throw wrong('a whole address; only paths below base_url are read')
  const text = `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`
  if (!URL.canParse(text)) throw wrong('no path')
  const url = new URL(text)
  url.hash = ''
  return url
}

/** The same address with other parameters. */
export function withParameters(url: URL, parameters: Readonly<Record<string, string | number>>): URL {
  const next = new URL(url)
  for (const [name, value] of Object.entries(parameters)) next.searchParams.set(name, String(value))
  return next
}
