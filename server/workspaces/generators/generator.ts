/** What the generator of a pack promises: the sources of a demo, filled once, and afterwards kept alive. */
import type { Warehouse } from '../../warehouse/index.ts'

export const SCALES = ['small', 'medium', 'large'] as const
export type Scale = (typeof SCALES)[number]

/** Rows by table, e.g. `{ 'realtime.transactions': 12000 }`: source, then table. */
export type RowCounts = Record<string, number>

/** The databases and files of a demo's sources. */
export interface DemoPlaces {
  /** The workspace's folder, for sources that are files. */
  folder: string
  /** A source's database, with its tables made from `sources/<source>.sql` of the workspace. Errors: `source.unknown`. */
  database(source: string): Promise<Warehouse>
  signal: AbortSignal
}

export interface FillRequest extends DemoPlaces {
  seed: number
  scale: Scale
  /** Milliseconds since 1970; no row is later. */
  until: number
  /** Numbers that the person asked for in the place of the scale's, by the generator's own option names. */
  sizes: Readonly<Record<string, number>>
  say(text: string): void
}

/** A piece of time in which the sources live on. The same request makes the same changes. */
export interface LiveRequest extends DemoPlaces {
  seed: number
  /** Milliseconds since 1970: stamps lie from `from` (inclusive) to `to` (exclusive), late rows before. */
  from: number
  to: number
  /** Changes per minute, about. */
  rate: number
}

/** A program that answers for a source which is neither a database nor a file. */
export interface DemoService {
  url: string
  close(): Promise<void>
}

/** One pack's demo. Every draw comes from the seed; nothing asks the clock. */
export interface PackGenerator {
  /** What each scale makes, in words for the help, e.g. “about 15,000 rows”. */
  readonly scales: Readonly<Record<Scale, string>>
  /** Names and meanings of `sizes`. */
  readonly sizes?: Readonly<Record<string, string>>
  /** Fills empty sources. */
  fill(request: FillRequest): Promise<RowCounts>
  /** New rows, changes, deletes and late rows; what it did by table, e.g. `{ 'realtime.transactions': 3 }`. */
  live(request: LiveRequest): Promise<RowCounts>
  /** Starts what must run while jobs read, at the address that pack.yaml names. */
  serve?(request: ServiceRequest): Promise<DemoService>
}

export interface ServiceRequest {
  folder: string
  environment: NodeJS.ProcessEnv
  say(text: string): void
}
