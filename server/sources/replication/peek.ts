/** Reads what the slot holds from a position on, without moving it. */
import type { Readable } from 'node:stream'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { Failure, mistake } from '../../../shared/failure.ts'
import type { FeedTaker } from '../feed.ts'
import { beginReading, connectWith, sqlState } from '../postgres-connection.ts'
import type { FetchRow } from './change-rows.ts'
import { openChanges, type ChangeCounts } from './changes.ts'
import { openCopyBinary } from './copy-binary.ts'
import { quoteName, type ReplicationPlace } from './facts.ts'
import type { StreamPosition } from './position.ts'
import { readPublished, type PublishedTable } from './publication.ts'
import { stopIfAborted, stoppable, type SourceSession } from './session.ts'

export interface PeekRequest {
  table: PublishedTable
  position: StreamPosition
  /** The end of the log up to which to read; a transaction that reaches beyond it is still read whole. */
  upTo: string
  taker: FeedTaker
}

/**
 * Hands over the changes. The server writes them to a temporary file of its own first, so that memory stays flat on both
 * sides however long the log is; and nothing moves, so that a dry run and a crash before the commit cost nothing.
 * Errors: `source.columns-changed`, `source.slot-busy`, `source.no-publication`, `source.cancelled`.
 */
export async function peekChanges(place: ReplicationPlace, session: SourceSession, request: PeekRequest): Promise<ChangeCounts> {
  const { settings } = place
  const { client, signal } = session
  const beside = openBeside(place, request.table)
  const changes = openChanges({ ...request, requireSameColumns: beside.requireSameColumns, fetchRow: beside.fetchRow })
  const options = ['proto_version', '1', 'publication_names', pg.escapeIdentifier(settings.publication)].map((text) =>
    pg.escapeLiteral(text),
  )
  const peek = `pg_logical_slot_peek_binary_changes(${pg.escapeLiteral(settings.slot)}, ${pg.escapeLiteral(request.upTo)}, NULL, ${options.join(', ')})`
  try {
    await stoppable(session, async () => {
      await pass(client.query(copyTo(`COPY (SELECT data FROM ${peek}) TO STDOUT (FORMAT binary)`)), { signal, take: changes.take })
    })
  } catch (thrown) {
    throw toPeekFailure(thrown, place)
  } finally {
    await beside.close()
  }
  if (changes.isWhole()) return changes.counts
  throw new Failure({
    kind: 'retry',
    code: 'source.failed',
    message: `The changes of ${request.table.stream} broke off within a transaction`,
  })
}

async function pass(
  chunks: Readable,
  { signal, take }: { signal: AbortSignal; take: (data: Buffer) => Promise<void> | void },
): Promise<void> {
  const split = openCopyBinary()
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    stopIfAborted(signal)
    for (const data of split(chunk)) {
      const waiting = take(data)
      if (waiting !== undefined) await waiting
    }
  }
}

/** A second connection, opened only when a message asks for it: the first is busy with the changes. */
function openBeside(place: ReplicationPlace, table: PublishedTable) {
  let opened: Promise<pg.Client> | undefined
  const client = (): Promise<pg.Client> => (opened ??= connectWith(place.connection, beginReading))
  const requireSameColumns = async (): Promise<void> => {
    const { columns } = await readPublished(await client(), place, table.stream)
    if (JSON.stringify(columns) === JSON.stringify(table.columns)) return
    throw new Failure({
      kind: 'retry',
      code: 'source.columns-changed',
      message: `The columns of ${table.stream} changed while its changes were read`,
      hint: 'The next try reads them with the new columns.',
    })
  }
  const fetchRow: FetchRow = async (key) => {
    const columns = table.columns.map(({ name }) => quoteName(name)).join(', ')
    const condition = key.map(({ name }, at) => `${quoteName(name)} = $${String(at + 1)}`).join(' AND ')
    // In the form in which PostgreSQL writes them, like all the others.
    const types = { getTypeParser: () => (text: unknown) => text }
    const values = key.map(({ value }) => value)
    const lent = await client()
    const { rows } = await lent.query<(string | null)[]>({
      ...{ text: `SELECT ${columns} FROM ${table.from} WHERE ${condition}`, values, types, rowMode: 'array' },
    })
    return rows[0]
  }
  return { requireSameColumns, fetchRow, close: async () => (await opened?.catch(() => undefined))?.end() }
}

function toPeekFailure(thrown: unknown, { name, settings }: ReplicationPlace): unknown {
  if (sqlState(thrown) === '42704') {
    return mistake(
      'source.no-publication',
      `The log of the source “${name}” still holds changes from before the publication “${settings.publication}” was made`,
      'Run all jobs of this source with --full-reload.',
    )
  }
  return thrown
}
