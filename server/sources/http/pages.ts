/** All pages of a list, one at a time, so that memory holds one page whatever the list's length. */
import { toIso, type Clock } from '../../../shared/time.ts'
import type { FeedOutcome, FeedPosition, FeedRequest, FeedTaker } from '../feed.ts'
import { addressOf, withParameters } from './address.ts'
import type { Client } from './client.ts'
import { scalarAt } from './json-text.ts'
import { toPage, troubleOf, type Page } from './page.ts'
import { openPager } from './pager.ts'
import type { HttpSettings } from './settings.ts'
import { later } from './stamp.ts'

export const COLUMNS = [
  { name: 'row', type: 'jsonb' },
  { name: 'fetched_at', type: 'timestamptz' },
  { name: 'page', type: 'integer' },
] as const

export interface ListNeeds {
  client: Client
  settings: HttpSettings
  clock: Clock
}

interface Tally {
  pages: number
  rows: number
  rejects: number
  /** As the server said last. */
  total: number | null
  newest: string | null
}

/** Hands over every item. Errors: `source.*`. */
export async function readList({ client, settings, clock }: ListNeeds, request: FeedRequest, taker: FeedTaker): Promise<FeedOutcome> {
  const { stream, signal } = request
  const since = sinceOf(settings, request)
  const address = addressOf(settings.base_url, stream)
  const { since_param } = settings
  const pager = openPager(
    settings,
    since === null || since_param === undefined ? address : withParameters(address, { [since_param]: since }),
  )
  await taker.columns(COLUMNS)
  const tally: Tally = { pages: 0, rows: 0, rejects: 0, total: null, newest: since }
  let url: URL | null = pager.first
  while (url !== null) {
    const answer = await client.get(url, signal)
    if (answer.status === 404 && pager.asksBeyond && tally.pages > 0) break
    const page = toPage(answer, settings, client.hide)
    const next = pager.next(page, tally.rows + tally.rejects + page.items.length)
    tally.pages += 1
    tally.total = page.total ?? tally.total
    await handOver(page, { tally, taker, settings, fetchedAt: toIso(clock()) })
    url = next
  }
  return toOutcome(tally, { settings, request, since })
}

/** The stamp to ask from; null to ask for all. A position of another stream or of other settings says nothing of this one. */
function sinceOf({ since_param }: HttpSettings, { position, stream }: FeedRequest): string | null {
  if (position === null || since_param === undefined || position['stream'] !== stream) return null
  return typeof position['since'] === 'string' ? position['since'] : null
}

interface HandingOver {
  tally: Tally
  taker: FeedTaker
  settings: HttpSettings
  fetchedAt: string
}

async function handOver(page: Page, { tally, taker, settings, fetchedAt }: HandingOver): Promise<void> {
  const number = String(tally.pages)
  for (const [index, item] of page.items.entries()) {
    const text = page.texts[index] ?? ''
    const reason = troubleOf(item, text)
    if (reason !== null) {
      tally.rejects += 1
      await taker.reject({ reason, text, rowNumber: tally.rows + tally.rejects })
      continue
    }
    tally.rows += 1
    if (settings.since_path !== undefined) tally.newest = later(tally.newest, scalarAt(text, item, settings.since_path))
    const waiting = taker.row([text, fetchedAt, number])
    if (waiting !== undefined) await waiting
  }
}

interface Read {
  settings: HttpSettings
  request: FeedRequest
  since: string | null
}

function toOutcome(tally: Tally, { settings, request, since }: Read): FeedOutcome {
  const { pages, rows, rejects, total, newest } = tally
  const read = rows + rejects
  const notes = [`${counted(read, 'item')} in ${counted(pages, 'page')}${since === null ? '' : ` since ${since}`}`]
  if (total !== null && total !== read) notes.push(`the API stated ${String(total)} in all`)
  if (settings.since_path !== undefined && rows > 0 && newest === null)
    notes.push(`no item has a stamp at ${settings.since_path}, so each run reads all`)
  if (isBare(settings)) notes.push('the login travels unencrypted, because base_url begins with http')
  // Read from the beginning, even of nothing, a position that is still stored no longer holds.
  const isMoved = newest !== since || (request.position === null && settings.since_param !== undefined)
  const position: FeedPosition | null = isMoved ? { stream: request.stream, since: newest } : null
  // Where an item is missing, or all are, the missing keys are not deleted ones.
  const isWhole = rejects === 0 && rows > 0 && (total === null || read >= total)
  return { read, position, isFull: since === null && isWhole, note: notes.join('; ') }
}

/** A login that goes over a network as plain text. */
function isBare({ base_url, auth }: HttpSettings): boolean {
  const { protocol, hostname } = new URL(base_url)
  return protocol === 'http:' && Object.keys(auth).length > 0 && !/^(localhost|127\..*|\[::1\])$/.test(hostname)
}

const counted = (count: number, word: string): string => `${String(count)} ${word}${count === 1 ? '' : 's'}`
