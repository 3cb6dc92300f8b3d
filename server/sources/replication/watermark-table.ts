/** While replication cannot be used: the rows of a table from a watermark on. What was deleted is not seen this way. */
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { mistake, type Failure } from '../../../shared/failure.ts'
import type { FeedTaker } from '../feed.ts'
import { beginReading } from '../postgres-connection.ts'
import { LOG_END, quoteName, quoteStream, type ReplicationPlace } from './facts.ts'
import type { WatermarkPosition } from './position.ts'
import { nameTypes, type CatalogueColumn, type PublishedColumn } from './publication.ts'
import { stoppable, type SourceSession } from './session.ts'
import { feedColumns } from './shape.ts'
import { handRows } from './whole-table.ts'

export interface WatermarkRequest {
  stream: string
  /** Null reads every row. */
  since: string | null
  taker: FeedTaker
  /** Why replication is not used. */
  obstacle: Failure
}

export interface WatermarkTable {
  rows: number
  position: WatermarkPosition
  isFull: boolean
  note: string
}

const COLUMNS = `SELECT attnum::text AS number, attname::text AS name, atttypid AS oid, atttypmod AS modifier FROM pg_attribute
  WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`

/** The watermark of a table. Throws the obstacle where there is none to fall back to. */
export function watermarkOf({ settings }: ReplicationPlace, stream: string, obstacle: Failure): string {
  if (settings.fallback === 'none') throw obstacle
  const watermark = settings.tables[stream]?.watermark
  if (watermark !== undefined) return watermark
  throw mistake(
    obstacle.code,
    `${obstacle.message}, and ${stream} has no watermark to fall back to`,
    `Give it one in pack.yaml (tables: { ${stream}: { watermark: … } }), or: ${obstacle.hint ?? ''}`,
  )
}

/** Errors: `source.no-table`, `source.failed`. */
export async function readByWatermark(place: ReplicationPlace, session: SourceSession, request: WatermarkRequest): Promise<WatermarkTable> {
  const { client, signal } = session
  const { stream, since, taker, obstacle } = request
  const watermark = quoteName(watermarkOf(place, stream, obstacle))
  await beginReading(client)
  const columns = await readColumns(client, place, stream)
  const stamp = `SELECT ${LOG_END}::text AS lsn, now()::text AS at, (SELECT ${newestOf(watermark, since)}::text FROM ${quoteStream(stream)}) AS newest`
  const { rows } = await client.query<{ lsn: string; at: string; newest: string | null }>(stamp)
  const { lsn = null, at = null, newest = null } = rows[0] ?? {}
  await taker.columns(feedColumns({ stream, columns }))
  const tail = [since === null ? 'insert' : 'update', lsn, at] as const
  const list = columns.map(({ name }) => quoteName(name)).join(', ')
  const select = `SELECT ${list} FROM ${quoteStream(stream)}${since === null ? '' : ` WHERE ${watermark} >= ${lowest(place, stream, since)}`}`
  const count = await stoppable(session, () =>
    handRows(client.query(copyTo(`COPY (${select}) TO STDOUT`)), {
      signal,
      hand: (values, order) => taker.row([...values, ...tail, String(order), '{}']),
    }),
  )
  return {
    rows: count,
    position: { mode: 'watermark', watermark: newest },
    isFull: since === null,
    note: `${stream} read by its watermark, so deleted rows are not seen, because replication cannot be used: ${obstacle.message}`,
  }
}

/** It never moves back, though the newest rows may have been deleted since. */
function newestOf(watermark: string, since: string | null): string {
  return since === null ? `max(${watermark})` : `greatest(max(${watermark}), ${pg.escapeLiteral(since)})`
}

function lowest({ settings }: ReplicationPlace, stream: string, since: string): string {
  const stamp = pg.escapeLiteral(since)
  const lookback = settings.tables[stream]?.lookback
  return lookback === undefined ? stamp : `timestamptz ${stamp} - interval '${lookback}'`
}

async function readColumns(client: pg.Client, { name }: ReplicationPlace, stream: string): Promise<PublishedColumn[]> {
  const { rows } = await client.query<CatalogueColumn>(COLUMNS, [quoteStream(stream)])
  if (rows.length > 0) return nameTypes(client, rows)
  throw mistake('source.no-table', `The source “${name}” has no table ${stream} that its login may see`, 'Correct “tables” in pack.yaml.')
}
