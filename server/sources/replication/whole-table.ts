/** Reads a table as a whole, at a moment whose place in the log is known exactly: from there on its changes follow. */
import type { Readable } from 'node:stream'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { FeedTaker } from '../feed.ts'
import { beginReading } from '../postgres-connection.ts'
import { openCopyText } from './copy-text.ts'
import { LOG_END, quoteName, type ReplicationPlace } from './facts.ts'
import type { StreamPosition } from './position.ts'
import { readPublished, type PublishedTable } from './publication.ts'
import { holdSlotStill, stopIfAborted, stoppable, withSlot, type SourceSession } from './session.ts'
import { feedColumns } from './shape.ts'
import { takeSlotSnapshot, type SlotSnapshot } from './slot-snapshot.ts'
import { dropSlot, guardCreation, readSlot } from './slots.ts'

export interface WholeRequest {
  stream: string
  dryRun: boolean
  taker: FeedTaker
}

export interface WholeTable {
  rows: number
  /** Null in a dry run, which makes no slot. */
  position: StreamPosition | null
  note: string
}

/**
 * Makes the slot if there is none. From then on, until the caller ends the session's client, nobody moves the slot: the
 * position is on its way to the warehouse, and another job's confirmation must not overtake it.
 *
 * A slot that was made stays, even when the copy fails: another job may be reading from it by then.
 * Errors: `source.no-publication`, `source.no-identity`, `source.slot-unbounded`, `source.no-replication`, …
 */
export async function readWholeTable(place: ReplicationPlace, session: SourceSession, request: WholeRequest): Promise<WholeTable> {
  const { client } = session
  // Before anything is made: what is missing there is told first.
  await readPublished(client, place, request.stream)
  const taken = request.dryRun ? null : await withSlot(session, place.settings.slot, () => enterSlot(place, session))
  const moment = taken ?? (await lookOnly(place, session))
  await beginReading(client)
  if (taken !== null) {
    await client.query(`SET TRANSACTION SNAPSHOT ${pg.escapeLiteral(taken.snapshot)}`)
    await taken.close()
  }
  const table = await readPublished(client, place, request.stream)
  const rows = await copyTable(session, request, { table, moment })
  await client.query('COMMIT')
  return {
    rows,
    position: taken === null ? null : positionAt(place, session, { table, lsn: taken.lsn }),
    note: `${request.stream} read as a whole, ${taken === null ? 'without a slot' : `at ${taken.lsn}`}`,
  }
}

/** A dry run makes nothing, but tells what would be refused. */
async function lookOnly(place: ReplicationPlace, { client, facts }: SourceSession): Promise<Moment> {
  const slot = await readSlot(client, place)
  if (slot === undefined || slot.isLost) guardCreation(place, facts)
  const { rows } = await client.query<Moment>(`SELECT ${LOG_END}::text AS lsn, clock_timestamp()::text AS at`)
  return rows[0] ?? { lsn: '0/0', at: '' }
}

async function enterSlot(place: ReplicationPlace, session: SourceSession): Promise<SlotSnapshot> {
  const { client, facts } = session
  const slot = await readSlot(client, place)
  if (slot === undefined || slot.isLost) guardCreation(place, facts)
  // It gives out nothing any more and only stands in the way of the new one.
  if (slot?.isLost === true) await dropSlot(client, place)
  const snapshot = await takeSlotSnapshot(place, session, { temporary: slot !== undefined && !slot.isLost })
  await holdSlotStill(client, place.settings.slot)
  return snapshot
}

/** The position from which the changes of the table follow. */
export function positionAt(
  { settings }: ReplicationPlace,
  { facts }: SourceSession,
  { table, lsn }: { table: PublishedTable; lsn: string },
): StreamPosition {
  return {
    mode: 'stream',
    slot: settings.slot,
    system: facts.system,
    lsn,
    publication: table.publication,
    membership: table.membership,
    table: table.table,
    columns: Object.fromEntries(table.columns.map(({ number, name }) => [number, name])),
  }
}

/** What the rows are stamped with. */
type Moment = Pick<SlotSnapshot, 'at' | 'lsn'>

async function copyTable(
  session: SourceSession,
  { taker }: WholeRequest,
  { table, moment }: { table: PublishedTable; moment: Moment },
): Promise<number> {
  const { client, signal } = session
  const columns = table.columns.map(({ name }) => quoteName(name)).join(', ')
  const where = table.filter === null ? '' : ` WHERE ${table.filter}`
  await taker.columns(feedColumns(table))
  const tail = ['insert', moment.lsn, moment.at] as const
  return stoppable(session, () =>
    handRows(client.query(copyTo(`COPY (SELECT ${columns} FROM ${table.from}${where}) TO STDOUT`)), {
      signal,
      hand: (values, order) => taker.row([...values, ...tail, String(order), '{}']),
    }),
  )
}

interface RowNeeds {
  signal: AbortSignal
  hand(values: readonly (string | null)[], order: number): Promise<void> | void
}

/** The rows of a COPY in text form, one by one. Answers with their number. */
export async function handRows(chunks: Readable, { signal, hand }: RowNeeds): Promise<number> {
  const split = openCopyText()
  let count = 0
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    stopIfAborted(signal)
    for (const values of split(chunk)) {
      count += 1
      const waiting = hand(values, count)
      if (waiting !== undefined) await waiting
    }
  }
  return count
}
