/** Lands what a feed hands over in the temporary table `incoming`, from which the job's SQL then selects. */
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { mistake } from '../../shared/failure.ts'
import type { Feed, FeedPosition, FeedTaker, SourceColumn } from '../sources/index.ts'
import { quoteIdentifier, type Session } from '../warehouse/index.ts'
import type { Finding } from './checks/outcome.ts'
import { INCOMING } from './staging-table.ts'
import type { Batch } from './staging.ts'
import type { StepRequest } from './step.ts'

export interface FeedOrigin {
  feed: Feed
  source: string
  stream: string
}

/** Pieces of text go to PostgreSQL in chunks of this size; row by row costs several times as much. */
const CHUNK_CHARACTERS = 64_000

/** Broken pieces of one read that are kept; a source with more is broken as a whole. */
const MOST_REJECTS = 100_000
const MOST_REJECTED_CHARACTERS = 64_000_000

/** Reads the feed from the stored position on. `read` counts what it handed over. */
export async function landFeed(session: Session, request: StepRequest, origin: FeedOrigin): Promise<Batch> {
  const { feed, source, stream } = origin
  const { job, runId, reload, signal, dryRun } = request
  const position = reload ? null : await storedPosition(session, source, job.name)
  const landing = openLanding(session, { runId, job: job.name })
  const outcome = await feed.read({ stream, position, dryRun, signal }, landing.taker).catch(async (thrown: unknown) => {
    await landing.giveUp()
    throw thrown
  })
  const rejected = await landing.end()
  if (outcome.position !== null) await savePosition(session, { source, job: job.name, runId }, outcome.position)
  return {
    read: outcome.read,
    rejected: rejected.reduce((sum, finding) => sum + finding.rows, 0),
    findings: rejected,
    extent: outcome.isFull ? 'full' : 'partial',
    note: outcome.note,
    position: outcome.position,
    isEmpty: outcome.read === 0,
  }
}

interface Landing {
  taker: FeedTaker
  /** Ends the COPY; answers with what was rejected, by reason. */
  end(): Promise<Finding[]>
  /** Breaks the COPY off: until it has ended, not even a rollback gets through. */
  giveUp(): Promise<void>
}

/** A COPY under way. */
interface Copy {
  sink: ReturnType<Session['copyIn']>
  /** Rejects with what broke it, also when nobody writes at that moment. */
  ended: Promise<void>
  isBroken: boolean
}

function openCopy(session: Session, columns: readonly SourceColumn[]): Copy {
  const sink = session.copyIn(`COPY ${INCOMING} (${columns.map(({ name }) => quoteIdentifier(name)).join(', ')}) FROM STDIN`)
  const copy: Copy = { sink, ended: finished(sink), isBroken: false }
  copy.ended.catch(() => (copy.isBroken = true))
  return copy
}

function openLanding(session: Session, step: { runId: string; job: string }): Landing {
  let copy: Copy | undefined
  let chunk = ''
  const rejects: { reason: string; text: string; rowNumber: number | null }[] = []
  let rejectedCharacters = 0
  const flush = async (): Promise<void> => {
    if (copy === undefined || chunk === '') return
    const piece = chunk
    chunk = ''
    if (copy.isBroken) await copy.ended
    if (!copy.sink.write(piece)) await Promise.race([once(copy.sink, 'drain'), copy.ended])
  }
  return {
    taker: {
      columns: async (columns) => {
        await session.script(createIncoming(columns))
        copy = openCopy(session, columns)
      },
      row: async (values) => {
        chunk += `${values.map(toCopyText).join('\t')}\n`
        if (chunk.length >= CHUNK_CHARACTERS) await flush()
      },
      reject: (reject) => {
        rejectedCharacters += reject.text.length
        // They wait in memory, since the connection is taken by the rows.
        if (rejects.length === MOST_REJECTS || rejectedCharacters > MOST_REJECTED_CHARACTERS) throw tooManyRejects(rejects.length)
        rejects.push(reject)
      },
    },
    end: async () => {
      if (copy === undefined)
        throw mistake('source.no-columns', 'The source did not say which columns it has', 'Correct “stream” in the job.')
      await flush()
      copy.sink.end()
      await copy.ended
      return saveRejects(session, step, rejects)
    },
    giveUp: () => breakOff(copy),
  }
}

async function breakOff(copy: Copy | undefined): Promise<void> {
  if (copy === undefined || copy.isBroken) return
  copy.sink.destroy(new Error('The source could not be read'))
  await copy.ended.catch(() => undefined)
}

function tooManyRejects(count: number): Error {
  return mistake(
    'source.too-many-rejects',
    `The source has more than ${String(count)} broken pieces`,
    'Look at its first lines: delimiter, encoding or endpoint may be wrong. Nothing was loaded.',
  )
}

function createIncoming(columns: readonly SourceColumn[]): string {
  const list = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')
  return `CREATE TEMP TABLE incoming (${list}) ON COMMIT DROP`
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** A value in COPY's text form. */
function toCopyText(value: string | null): string {
  return value === null ? '\\N' : value.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
}

async function saveRejects(
  session: Session,
  { runId, job }: { runId: string; job: string },
  rejects: readonly { reason: string; text: string; rowNumber: number | null }[],
): Promise<Finding[]> {
  if (rejects.length === 0) return []
  await session.query(
    `INSERT INTO quintile.rejects (run_id, job, row_number, reason, row_text)
     SELECT $1, $2, number, reason, text FROM unnest($3::bigint[], $4::text[], $5::text[]) AS r(number, reason, text)`,
    [runId, job, rejects.map((one) => one.rowNumber), rejects.map((one) => one.reason), rejects.map((one) => one.text)],
  )
  const counts = new Map<string, number>()
  for (const { reason } of rejects) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, rows]) => ({ reason, rows, severity: 'error' }))
}

async function storedPosition(session: Session, source: string, job: string): Promise<FeedPosition | null> {
  const { rows } = await session.query<{ position: FeedPosition }>(
    'SELECT position FROM quintile.source_positions WHERE source = $1 AND job = $2',
    [source, job],
  )
  return rows[0]?.position ?? null
}

async function savePosition(
  session: Session,
  { source, job, runId }: { source: string; job: string; runId: string },
  position: FeedPosition,
): Promise<void> {
  await session.query(
    `INSERT INTO quintile.source_positions (source, job, position, run_id, saved_at) VALUES ($1, $2, $3, $4, now())
     ON CONFLICT (source, job) DO UPDATE SET position = excluded.position, run_id = excluded.run_id, saved_at = now()`,
    [source, job, JSON.stringify(position), runId],
  )
}
