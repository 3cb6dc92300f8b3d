/**
 * A replication source as a feed. Every read takes what the slot holds from the job's position on; the position is stored
 * with the data, and only then is the slot allowed to forget. What cannot be read continuously is told, never passed over.
 */
import type pg from 'pg'
import { Failure, mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import type { Feed, FeedOutcome, FeedPosition, FeedRequest, FeedTaker } from '../feed.ts'
import { toSourceFailure } from '../postgres-connection.ts'
import type { SourceCheck } from '../source-check.ts'
import { checkReplication } from './check.ts'
import { obstacleOf, type ReplicationPlace } from './facts.ts'
import { followTable } from './follow.ts'
import { moveSlot } from './move-slot.ts'
import { parsePosition } from './position.ts'
import { openSession, whereIs, withSlot } from './session.ts'
import type { ReplicationSettings } from './settings.ts'
import { dropSlot, readSlots, toBusyFailure, type SlotState } from './slots.ts'
import { readByWatermark, watermarkOf } from './watermark-table.ts'
import { readWholeTable } from './whole-table.ts'

export interface ReplicationFeedNeeds {
  /** The source's name in pack.yaml. */
  name: string
  settings: ReplicationSettings
  password?: string | undefined
  /** The stored positions of all jobs that read this source, as they are in the warehouse now. */
  positions(): Promise<readonly FeedPosition[]>
}

export interface SlotReport {
  slots: SlotState[]
  /** Bytes of log that a slot of this server may hold back; null without a limit. */
  limit: number | null
  /** Above this, in bytes, the source's settings want a warning. */
  max_retained: number
}

export interface ReplicationFeed extends Feed {
  /** The slots of the source's server, this source's marked. */
  slots(): Promise<SlotReport>
  /** Errors: `source.no-slot`, `source.slot-busy`. */
  dropSlot(): Promise<void>
  /** Tries step by step what a job needs; ends at the first step that makes the rest pointless. */
  check(): Promise<SourceCheck[]>
}

/** Failures after which a table with a watermark can still be read. */
const OBSTACLES = new Set(['source.no-replication', 'source.slot-unbounded'])

const NEVER = new AbortController().signal

/** Connects at each call. Errors: `source.*`. */
export function openReplicationFeed({ name, settings, password, positions }: ReplicationFeedNeeds): ReplicationFeed {
  const { host, port, user, database, tls, statement_timeout } = settings
  const place: ReplicationPlace = {
    name,
    settings,
    connection: { host, port, user, database, tls, password, statementTimeout: statement_timeout },
  }
  const holding = openHolding()
  return {
    read: (request, taker) => guarded(place, () => read({ place, holding }, request, taker)),
    committed: (stream, position) =>
      guarded(place, async () => {
        // From now on the position is among those that are asked for.
        await holding.release(stream, position['lsn'])
        await moveSlot(place, { position: parsePosition(position), others: (await positions()).map(parsePosition) })
      }),
    slots: () =>
      withClient(place, async ({ client, facts }) => ({
        slots: await readSlots(client, settings.slot),
        limit: facts.maxRetained,
        max_retained: settings.max_retained,
      })),
    dropSlot: () => withClient(place, (session) => withSlot(session, settings.slot, () => dropSlot(session.client, place))),
    check: () => checkReplication(place),
    close: () => holding.close(),
  }
}

async function guarded<T>(place: ReplicationPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw toSourceFailure(toBusyFailure(thrown, place), whereIs(place))
  }
}

function withClient<T>(place: ReplicationPlace, work: (session: Awaited<ReturnType<typeof openSession>>) => Promise<T>): Promise<T> {
  return guarded(place, async () => {
    const session = await openSession(place, NEVER)
    try {
      return await work(session)
    } finally {
      await session.client.end()
    }
  })
}

/** Connections that keep the slot where it is, until the positions of their reads are stored. */
interface Holding {
  keep(read: HeldRead): void
  /** Of the read that led to this position; several jobs may read the same table. */
  release(stream: string, lsn: unknown): Promise<void>
  close(): Promise<void>
}

interface HeldRead {
  stream: string
  lsn: string
  client: pg.Client
}

function openHolding(): Holding {
  const held: HeldRead[] = []
  return {
    keep: (read) => void held.push(read),
    release: async (stream, lsn) => {
      const at = held.findIndex((one) => one.stream === stream && one.lsn === lsn)
      if (at !== -1) await Promise.all(held.splice(at, 1).map(({ client }) => client.end()))
    },
    close: async () => void (await Promise.all(held.splice(0).map(({ client }) => client.end()))),
  }
}

interface ReadContext {
  place: ReplicationPlace
  holding: Holding
}

async function read(context: ReadContext, request: FeedRequest, taker: FeedTaker): Promise<FeedOutcome> {
  const { place } = context
  const { stream } = request
  const known = Object.keys(place.settings.tables)
  if (!known.includes(stream))
    throw mistake('source.unknown-stream', `The source “${place.name}” has no table “${stream}” among its tables`, suggest(stream, known))
  try {
    return await readLog(context, request, taker)
  } catch (thrown) {
    if (!(thrown instanceof Failure) || !OBSTACLES.has(thrown.code)) throw thrown
    return await fallBack(place, { request, taker, obstacle: thrown })
  }
}

async function readLog({ place, holding }: ReadContext, request: FeedRequest, taker: FeedTaker): Promise<FeedOutcome> {
  const { stream, dryRun, signal } = request
  const position = request.position === null ? null : parsePosition(request.position)
  const session = await openSession(place, signal)
  let isKept = false
  try {
    const obstacle = obstacleOf(place, session.facts)
    if (obstacle !== undefined) throw obstacle
    const followed = position?.mode === 'stream' ? await followTable(place, session, { stream, position, taker }) : null
    if (followed?.outcome !== undefined) return followed.outcome
    const whole = await readWholeTable(place, session, { stream, dryRun, taker })
    if (whole.position !== null) {
      holding.keep({ stream, lsn: whole.position.lsn, client: session.client })
      isKept = true
    }
    const why = followed?.lost ?? (position === null ? null : 'replication can be used again')
    return { read: whole.rows, position: whole.position, isFull: true, note: [whole.note, why].filter((note) => note !== null).join('; ') }
  } finally {
    if (!isKept) await session.client.end()
  }
}

interface FallBack {
  request: FeedRequest
  taker: FeedTaker
  obstacle: Failure
}

async function fallBack(place: ReplicationPlace, { request, taker, obstacle }: FallBack): Promise<FeedOutcome> {
  const { stream, signal } = request
  watermarkOf(place, stream, obstacle)
  const position = request.position === null ? null : parsePosition(request.position)
  const since = position?.mode === 'watermark' ? position.watermark : null
  const session = await openSession(place, signal)
  try {
    const { rows, ...outcome } = await readByWatermark(place, session, { stream, since, taker, obstacle })
    return { read: rows, ...outcome }
  } finally {
    await session.client.end()
  }
}
