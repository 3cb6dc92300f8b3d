/** One run as one JSON document with everything that the book has of it; any number of lines and rejects in constant memory. */
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RunEvent } from '../../shared/run.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import { freezeView, headOf } from './read-detail.ts'
import { streamLog } from './read-log.ts'
import { streamRejects } from './rejects.ts'
import { EVENT_COLUMNS } from './rows.ts'

/** Of the document, so that a reader years later knows what it holds. */
const DOCUMENT = { document: 'quintile run', version: 1 }

/** Events fetched at once. */
const BATCH = 1_000

/**
 * The document as a stream of text, as of one moment; on one line, so that it is also the last line of a command's output.
 * Rejects when the book does not have the run (`missing`) or cannot be read; what breaks later breaks the stream.
 */
export async function exportRun(warehouse: Warehouse, runId: string, { missing, at }: { missing(): Error; at: string }): Promise<Readable> {
  const out = new PassThrough()
  const begun = Promise.withResolvers<undefined>()
  const writing = warehouse.withTransaction(
    async (session) => {
      await freezeView(session)
      const head = await headOf(session, runId)
      if (head === undefined) throw missing()
      begun.resolve(undefined)
      const parts = documentOf(session, runId, { ...DOCUMENT, exported_at: at, ...head })
      // A part is a whole batch; sixteen of them, as by default, would wait in memory.
      await pipeline(Readable.from(parts, { highWaterMark: 1 }), out)
    },
    { readOnly: true },
  )
  // What goes wrong before the first text is the caller's to know, what goes wrong after it the reader's.
  await Promise.race([begun.promise, writing])
  writing.catch((thrown: unknown) => out.destroy(thrown instanceof Error ? thrown : new Error(String(thrown))))
  return out
}

async function* documentOf(session: Session, runId: string, head: Record<string, unknown>): AsyncGenerator<string> {
  // Without its closing brace: the lists follow.
  yield JSON.stringify(head).slice(0, -1)
  yield* listOf('events', streamEvents(session, runId))
  yield* listOf('log', streamLog(session, runId, {}))
  yield* listOf('rejects', streamRejects(session, { run_id: runId }))
  yield '}\n'
}

async function* listOf(name: string, batches: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  yield `,${JSON.stringify(name)}:[`
  let first = true
  for await (const batch of batches) {
    yield (first ? '' : ',') + batch.map((item) => JSON.stringify(item)).join(',')
    first = false
  }
  yield ']'
}

async function* streamEvents(session: Session, runId: string): AsyncGenerator<RunEvent[]> {
  for (let after = 0; ;) {
    const { rows } = await session.query<RunEvent & { event_id: number }>(
      `SELECT event_id::float8 AS event_id, ${EVENT_COLUMNS} FROM quintile.run_events
       WHERE run_id = $1 AND event_id > $2 ORDER BY event_id LIMIT ${String(BATCH)}`,
      [runId, after],
    )
    if (rows.length > 0) yield rows.map(({ event_id: _id, ...event }) => event)
    if (rows.length < BATCH) return
    after = rows.at(-1)?.event_id ?? after
  }
}
