/**
 * An HTTP API as a feed: a job's `stream` is a path, and each run hands over the items of its list, page by page, each as one
 * `jsonb`. With `since_param` only items since the newest stamp so far are asked for. Single profiles can be asked for by id.
 */
import { mistake } from '../../../shared/failure.ts'
import { toIso } from '../../../shared/time.ts'
import type { Feed } from '../feed.ts'
import { addressOf } from './address.ts'
import { openClient, type Client, type HttpNeeds } from './client.ts'
import { toRefusal } from './failures.ts'
import { parseAnswer } from './page.ts'
import { readList } from './pages.ts'
import type { HttpSettings } from './settings.ts'

export type { HttpNeeds } from './client.ts'
export { httpSettings, type HttpSettings } from './settings.ts'

export interface Profile {
  /** The answer, parsed. */
  row: unknown
  /** ISO-8601, UTC. */
  fetchedAt: string
}

export interface HttpSource extends Feed {
  /** One customer's profile by the id that the API knows them by; null where there is none (404). Errors: `source.*`. */
  profile(id: string, signal: AbortSignal): Promise<Profile | null>
}

/**
 * Opens nothing yet: secrets are looked up when something is asked for. One opened source keeps one login and one account of
 * the rate limit; who opens two, doubles the rate.
 */
export function openHttpSource(settings: HttpSettings, needs: HttpNeeds): HttpSource {
  const client = openClient(settings, needs)
  return {
    read: (request, taker) => readList({ client, settings, clock: needs.clock }, request, taker),
    profile: async (id, signal) => readProfile(client, { url: profileAddress(settings, id), signal, at: needs.clock }),
    committed: async () => undefined,
    close: async () => client.close(),
  }
}

function profileAddress({ base_url, profile_path }: HttpSettings, id: string): URL {
  if (profile_path === undefined)
    throw mistake(
      'source.no-profile-path',
      'It is not known where this source has single profiles',
      'Set “profile_path” of the source in pack.yaml, with {id} in it.',
    )
  // These two would lead to another place in the path, however they are written.
  if (id === '' || id === '.' || id === '..') throw mistake('source.bad-id', `“${id}” cannot be the id of a profile`)
  return addressOf(
    base_url,
    profile_path.replaceAll('{id}', () => encodeURIComponent(id)),
  )
}

async function readProfile(
  client: Client,
  { url, signal, at }: { url: URL; signal: AbortSignal; at: () => number },
): Promise<Profile | null> {
  const answer = await client.get(url, signal)
  if (answer.status === 404) return null
  if (answer.status < 200 || answer.status >= 300) throw toRefusal(answer, client.hide)
  return { row: parseAnswer(answer, client.hide), fetchedAt: toIso(at()) }
}
