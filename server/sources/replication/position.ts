/**
 * How far a job has read: a place in the source's log, together with all that must still be the same for the log to
 * continue where it left off; or a watermark, while replication cannot be used.
 */
import { z } from 'zod'
import { mistake } from '../../../shared/failure.ts'
import type { FeedPosition } from '../feed.ts'

const stream = z.object({
  mode: z.literal('stream'),
  slot: z.string(),
  /** The server's own number (pg_control_system); null where it may not be asked. */
  system: z.string().nullable(),
  /** Every transaction whose commit record begins before it has been read, and none after it. */
  lsn: z.string().regex(/^[0-9A-F]+\/[0-9A-F]+$/),
  /** Object identifiers: whatever was dropped and made again has another, and in between nobody published its changes. */
  publication: z.string(),
  membership: z.string().nullable(),
  table: z.string(),
  /** Names of the columns by their numbers, which stay when a column is renamed. */
  columns: z.record(z.string(), z.string()),
})
export type StreamPosition = z.infer<typeof stream>

const watermark = z.object({ mode: z.literal('watermark'), watermark: z.string().nullable() })
export type WatermarkPosition = z.infer<typeof watermark>

const stored = z.discriminatedUnion('mode', [stream, watermark])

/** A stored position. Errors: `source.bad-position` for one that is not of a replication source. */
export function parsePosition(position: FeedPosition): StreamPosition | WatermarkPosition {
  const parsed = stored.safeParse(position)
  if (parsed.success) return parsed.data
  throw mistake(
    'source.bad-position',
    `The stored position is not one of a replication source: ${JSON.stringify(position)}`,
    'Run the job with --full-reload.',
  )
}

/** The number behind a log sequence number such as `16/B374D848`. */
export function parseLsn(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

/** `16/B374D848`, as PostgreSQL writes it. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()
}
