/** Files about runs: rejected rows, the log as text, everything as JSON. All are streams in constant memory. */
import { Readable } from 'node:stream'
import type { Rooms } from './assemble.ts'
import { csvStream, type Cells, type FileExport } from './exports.ts'

/** Which kept-out rows; all open ones of a job, or those of a run. */
export interface RejectsWanted {
  job?: string | undefined
  run_id?: string | undefined
  reason?: string | undefined
  /** Only those that were not replayed. */
  open?: boolean | undefined
}

/** Kept-out rows with their reasons; `row` is the row as it came. */
export async function rejectsCsv(rooms: Rooms, wanted: RejectsWanted): Promise<FileExport> {
  // Says so when there is no such run.
  if (wanted.run_id !== undefined) await rooms.runs.rejects(wanted.run_id, { offset: 0, limit: 1 })
  const { total } = await rooms.runs.rejected.list(wanted, { offset: 0, limit: 1 })
  async function* cells(): AsyncGenerator<Cells> {
    for await (const batch of rooms.runs.rejected.stream(wanted))
      for (const { reject_id, run_id, job, row_number, reason, row } of batch) yield [reject_id, run_id, job, row_number, reason, row]
  }
  const facts = [
    `rejected rows${wanted.run_id === undefined ? '' : ` of run ${wanted.run_id}`}${wanted.job === undefined ? '' : ` of job ${wanted.job}`}`,
    `rows ${String(total)}`,
  ]
  const columns = ['reject_id', 'run_id', 'job', 'row_number', 'reason', 'row']
  return {
    fileName: `rejects-${wanted.run_id ?? wanted.job ?? 'all'}.csv`,
    stream: csvStream(facts, columns, cells()),
    rows: total,
    as_of: null,
  }
}

/** The whole log, one line per entry. */
export async function runLog(rooms: Rooms, runId: string): Promise<FileExport> {
  const batches = await rooms.runs.log(runId, {})
  async function* lines(): AsyncGenerator<string> {
    for await (const batch of batches)
      for (const { at, level, job, message } of batch) yield `${at} ${level.padEnd(5)} ${job ?? '-'} ${message}\n`
  }
  return { fileName: `run-${runId}.log`, type: 'text', stream: Readable.from(lines()), rows: 0, as_of: null }
}

/** Everything that the book has of a run, as one JSON document. */
export async function runExport(rooms: Rooms, runId: string): Promise<FileExport> {
  return { fileName: `run-${runId}.json`, type: 'json', stream: await rooms.runs.export(runId), rows: 0, as_of: null }
}
