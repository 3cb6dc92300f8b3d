/** From page to page, in each of the ways in which APIs divide their lists. */
import { Failure, mistake } from '../../../shared/failure.ts'
import { withParameters } from './address.ts'
import { placeOf } from './failures.ts'
import { scalarAt, valueAt } from './json-text.ts'
import { digestOf, type Page } from './page.ts'
import type { HttpSettings } from './settings.ts'

export interface Pager {
  first: URL
  /** True where a list may be asked for beyond its end, which some APIs answer with 404. */
  readonly asksBeyond: boolean
  /** The next page's address, or null at the end. `received` counts all items so far. Errors: `source.paging-loop`, `source.other-host`. */
  next(page: Page, received: number): URL | null
}

/**
 * Pages of numbered lists end with an empty one, or where the stated total is reached. A short page is no end: many servers
 * give fewer than they are asked for.
 */
export function openPager({ paging }: HttpSettings, start: URL): Pager {
  const isLast = (page: Page, received: number): boolean => page.items.length === 0 || (page.total !== null && received >= page.total)
  if (paging.page !== undefined) {
    const { page_param, size_param, size, first } = paging.page
    const address = (number: number): URL =>
      withParameters(start, { [page_param]: number, ...(size_param === undefined ? {} : { [size_param]: size }) })
    let number = first
    return guarded(address(first), { asksBeyond: true, next: (page, received) => (isLast(page, received) ? null : address((number += 1))) })
  }
  if (paging.offset !== undefined) {
    const { offset_param, limit_param, size } = paging.offset
    const address = (offset: number): URL => withParameters(start, { [offset_param]: offset, [limit_param]: size })
    return guarded(address(0), { asksBeyond: true, next: (page, received) => (isLast(page, received) ? null : address(received)) })
  }
  if (paging.cursor !== undefined) {
    const { param, next } = paging.cursor
    return guarded(start, { asksBeyond: false, next: (page) => cursorAddress(start, page, { param, next }) })
  }
  if (paging.link !== undefined) return guarded(start, { asksBeyond: false, next: (page) => linked(start, page) })
  return { first: start, asksBeyond: false, next: () => null }
}

/** Refuses to go in a circle: to an address that was asked before, or on from items that came before. */
function guarded(first: URL, pager: Omit<Pager, 'first'>): Pager {
  const addresses = new Set([first.href])
  const pages = new Set<string>()
  return {
    first,
    asksBeyond: pager.asksBeyond,
    next: (page, received) => {
      const digest = digestOf(page)
      if (page.items.length > 0 && pages.has(digest)) throw loop(page, 'the same items came again')
      pages.add(digest)
      const next = pager.next(page, received)
      if (next !== null && addresses.has(next.href)) throw loop(page, 'the next page is one that was read before')
      if (next !== null) addresses.add(next.href)
      return next
    },
  }
}

function loop(page: Page, what: string): Failure {
  return new Failure({
    kind: 'stop',
    code: 'source.paging-loop',
    message: `${placeOf(page.url)}: ${what}, so that the reading would never end`,
    hint: 'Check “paging” of the source against the API’s documentation: the API may not know the parameter.',
  })
}

function cursorAddress(start: URL, page: Page, { param, next }: { param?: string | undefined; next: string }): URL | null {
  const value = scalarAt(page.text, page.body, next)
  if (value === null) {
    const found = valueAt(page.body, next)
    if (found === true || (typeof found === 'object' && found !== null)) throw notScalar(page, next)
    return null
  }
  return param === undefined ? toNext(start, page, value) : withParameters(start, { [param]: value })
}

function notScalar(page: Page, next: string): Failure {
  return mistake(
    'source.bad-answer',
    `${placeOf(page.url)}: what stands at “${next}” is neither text nor a number, and cannot lead to the next page`,
    'Correct “paging” of the source in pack.yaml.',
  )
}

/** RFC 8288: `<https://…?page=2>; rel="next"`, several with commas between them. */
function linked(start: URL, page: Page): URL | null {
  const links = (page.headers.get('link') ?? '').matchAll(/<([^>]*)>([^<]*)/g)
  for (const [, address = '', parameters = ''] of links)
    if (/;\s*rel\s*=\s*("([^"]*\s)?next(\s[^"]*)?"|next\b)/i.test(parameters)) return toNext(start, page, address)
  return null
}

/** The secret goes to no other server because an answer says so. */
function toNext(start: URL, page: Page, address: string): URL {
  const next = URL.canParse(address, page.url.href) ? new URL(address, page.url) : null
  if (next?.origin === start.origin) return next
  throw mistake(
    'source.other-host',
    `${placeOf(page.url)}: the next page is said to be at ${next === null ? '“' + address.slice(0, 100) + '”' : placeOf(next)}, outside of ${start.origin}`,
    'Correct base_url of the source; behind a proxy, the API must be told its outer address.',
  )
}
