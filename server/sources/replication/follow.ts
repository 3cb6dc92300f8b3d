/** Goes on from a stored position, if the log still continues where it left off. */
import { mistake } from '../../../shared/failure.ts'
import type { FeedOutcome, FeedTaker } from '../feed.ts'
import type { ChangeCounts } from './changes.ts'
import { LOG_END, type ReplicationPlace } from './facts.ts'
import { peekChanges } from './peek.ts'
import { formatLsn, parseLsn, type StreamPosition } from './position.ts'
import { readPublished, type PublishedTable } from './publication.ts'
import { withSlot, type SourceSession } from './session.ts'
import { feedColumns } from './shape.ts'
import { readSlot, type SlotState } from './slots.ts'
import { positionAt } from './whole-table.ts'

export interface FollowRequest {
  stream: string
  position: StreamPosition
  taker: FeedTaker
}

/** Either what was read, or why the table must be read as a whole. */
export type Followed = { outcome: FeedOutcome; lost?: undefined } | { outcome?: undefined; lost: string }

/** Errors: `source.other-server`, `source.slot-lost` (unless the settings want a whole read then), and those of `peekChanges`. */
export function followTable(place: ReplicationPlace, session: SourceSession, request: FollowRequest): Promise<Followed> {
  const { settings } = place
  const { position, stream, taker } = request
  return withSlot(session, settings.slot, async () => {
    // First the end of the log, then the columns: they are never older than a message, unless they change while we read.
    const upTo = await requireSameServer(place, session, position)
    const slot = await readSlot(session.client, place)
    const table = await readPublished(session.client, place, stream)
    const lost = whyLost(position, { slot, table })
    if (lost !== null) {
      if (settings.on_slot_lost === 'resync') return { lost }
      throw slotLost(place, stream, lost)
    }
    await taker.columns(feedColumns(table))
    if (parseLsn(upTo) <= parseLsn(position.lsn)) return { outcome: { read: 0, position: null, isFull: false, note: null } }
    const counts = await peekChanges(place, session, { table, position, upTo, taker })
    const end = parseLsn(upTo)
    const lsn = formatLsn(counts.end !== null && counts.end > end ? counts.end : end)
    return {
      outcome: { read: counts.rows, position: positionAt(place, session, { table, lsn }), isFull: false, note: inWords(counts, table) },
    }
  })
}

/** The end of the log. The number of a server stays with its backups, so a log that ends before the position tells too. */
async function requireSameServer({ name }: ReplicationPlace, { client, facts }: SourceSession, position: StreamPosition): Promise<string> {
  const { rows } = await client.query<{ lsn: string }>(`SELECT ${LOG_END}::text AS lsn`)
  const lsn = rows[0]?.lsn ?? '0/0'
  const isOther = position.system !== null && facts.system !== null && position.system !== facts.system
  if (!isOther && parseLsn(lsn) >= parseLsn(position.lsn)) return lsn
  throw mistake(
    'source.other-server',
    isOther
      ? `The source “${name}” is another server than the one that was read before (its number is ${facts.system ?? ''} instead of ${position.system ?? ''})`
      : `The log of the source “${name}” ends at ${lsn}, before the position ${position.lsn} that was read: the server was restored from a backup`,
    'If that is right, read its tables again as a whole: run their jobs with --full-reload.',
  )
}

/** Whether changes may be missing between the position and what the slot gives out. */
function whyLost(position: StreamPosition, { slot, table }: { slot: SlotState | undefined; table: PublishedTable }): string | null {
  if (slot === undefined) return `the slot ${position.slot} is not there any more`
  if (slot.isLost) return `the slot ${slot.slot} was invalidated (it held back more of the log than the server keeps)`
  if (slot.confirmed !== null && parseLsn(slot.confirmed) > parseLsn(position.lsn))
    return `the slot ${slot.slot} was moved to ${slot.confirmed}, past the position ${position.lsn}: it was made again, or something else reads from it`
  if (position.publication !== table.publication) return 'the publication was made again'
  if (position.table !== table.table) return `${table.stream} was made again`
  return position.membership === table.membership ? null : `${table.stream} was taken out of the publication and put in again`
}

function slotLost({ name }: ReplicationPlace, stream: string, lost: string) {
  return mistake(
    'source.slot-lost',
    `Changes of ${stream} in the source “${name}” may be missing: ${lost}`,
    'Read the table again as a whole: run its job with --full-reload; or set on_slot_lost: resync, which does so by itself.',
  )
}

const count = (number: number, word: string): string => `${String(number)} ${word}${number === 1 ? '' : 's'}`

function inWords({ rows, transactions, gone, absent }: ChangeCounts, { silent }: PublishedTable): string | null {
  const notes = [
    rows === 0 ? null : `${count(rows, 'change')} of ${count(transactions, 'transaction')}`,
    silent.length === 0 ? null : `the publication leaves out ${silent.join(' and ')}`,
    gone.size === 0 ? null : `columns that are gone were left out: ${[...gone].join(', ')}`,
    absent.size === 0 ? null : `rows from before the columns were there have no value of ${[...absent].join(', ')}; a full reload fills it`,
  ].filter((note) => note !== null)
  return notes.length === 0 ? null : notes.join('; ')
}
