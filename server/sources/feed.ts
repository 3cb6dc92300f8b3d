/**
 * A feed: a source that is not asked by SQL (files, pages of an API, a replication slot). It hands over its new rows as
 * text; the pipeline lands them in a temporary table called `incoming`, from which the job's SQL selects in the warehouse.
 * How far it has read is a position, which the pipeline stores in the same transaction as the data.
 */
import type { SourceColumn } from './postgres.ts'

/** JSON that says how far a job has read a feed; only the feed understands it. */
export type FeedPosition = Record<string, unknown>

export interface FeedRequest {
  /** What the job asks for: file pattern, endpoint or table; as declared under `stream` in the job. */
  stream: string
  /** Of the last committed read; null at the first, or when everything is to be read again. */
  position: FeedPosition | null
  /** True in a dry run: read without moving anything at the source. */
  dryRun: boolean
  signal: AbortSignal
}

/** Where a feed puts what it reads. Calls are awaited, so that a slow warehouse holds the source back and memory stays flat. */
export interface FeedTaker {
  /** Told once, before the first row; also when there are no rows. Types are PostgreSQL's. */
  columns(columns: readonly SourceColumn[]): Promise<void>
  /** One row, in the order of the columns, values as PostgreSQL reads text; null is null. */
  row(values: readonly (string | null)[]): Promise<void> | void
  /** A piece of input that is no row (a broken line, an answer that does not fit); it is kept whole with its reason. */
  reject(reject: { reason: string; text: string; rowNumber: number | null }): Promise<void> | void
}

export interface FeedOutcome {
  /** Rows and rejects handed over. */
  read: number
  /** How far it got; null leaves the stored position as it is. */
  position: FeedPosition | null
  /** True when the rows are all that the source has, so that missing keys are deleted keys. */
  isFull: boolean
  /** Worth telling in the run book, e.g. “2 new files, 5 unchanged”. */
  note: string | null
}

/** Errors of all calls: `source.*` failures (retry, stop or mistake). */
export interface Feed {
  read(request: FeedRequest, taker: FeedTaker): Promise<FeedOutcome>
  /** Called after the data and the position were committed; may be repeated, may fail without harm. */
  committed(stream: string, position: FeedPosition): Promise<void>
  close(): Promise<void>
}
