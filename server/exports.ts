/**
 * CSV files that carry their own provenance: the first lines, each behind a #, say what the rows are, by which definition
 * and as of when. Cells that a spreadsheet would take for a formula are defused.
 */
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import type { ReportResult } from '../shared/contract/answers.ts'
import { toIso } from '../shared/time.ts'
import type { Rooms } from './assemble.ts'

export interface Exported {
  rows: number
  as_of: string | null
}

export interface FileExport {
  fileName: string
  /** CSV unless said otherwise. */
  type?: 'csv' | 'json' | 'text'
  /** Constant memory; a CSV begins with its provenance. */
  stream: Readable
  rows: number
  as_of: string | null
}

export type Cells = (string | number | boolean | null)[]

/** A CSV with its facts in the first lines. */
export function csvStream(facts: readonly string[], columns: readonly string[], rows: AsyncIterable<Cells> | Iterable<Cells>): Readable {
  const out = new PassThrough()
  // A byte-order mark makes spreadsheets read UTF-8.
  out.write(`\uFEFF${facts.map((fact) => `# ${fact.replaceAll('\n', ' ')}\n`).join('')}`)
  const csv = stringify({
    header: true,
    columns: [...columns],
    escape_formulas: true,
    cast: { boolean: (value) => (value ? 'true' : 'false') },
  })
  pipeline(Readable.from(rows), csv, out).catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))))
  return out
}

/** All members of a segment with all features. */
export async function segmentCsv(rooms: Rooms, segment: string, filter?: string): Promise<FileExport> {
  const { definition, as_of, count, columns, batches } = await rooms.segments.exportMembers(segment, filter)
  const names = columns.map((column) => column.name)
  async function* cells(): AsyncGenerator<Cells> {
    for await (const batch of batches) for (const row of batch) yield names.map((name) => row[name] ?? null)
  }
  const facts = [
    `segment ${definition.segment}: ${definition.title}`,
    `rule ${JSON.stringify(definition.rule)}`,
    ...(filter === undefined ? [] : [`only ${rooms.workspace.pack.filter?.label ?? 'filter'} ${filter}`]),
    `data as of ${as_of ?? 'unknown'}`,
    `exported ${toIso(rooms.clock())}`,
    `rows ${String(count)}`,
  ]
  return { fileName: `${segment}.csv`, stream: csvStream(facts, names, cells()), rows: count, as_of }
}

/** A report's rows as CSV, with what it is and its as-of in the lines before the header. */
export function reportCsv(rooms: Rooms, report: ReportResult): FileExport {
  const names = report.columns.map((column) => column.name)
  const facts = [
    `report ${report.report}: ${report.title}`,
    report.description,
    ...report.parameters.map(({ label, value }) => `${label}: ${value ?? 'all'}`),
    `data as of ${report.as_of ?? 'unknown'}`,
    `computed ${report.computed_at} from the ${report.source}`,
    `exported ${toIso(rooms.clock())}`,
    `rows ${String(report.rows.length)}`,
  ]
  const rows = report.rows.map((row) => names.map((name) => row[name] ?? null))
  return { fileName: `${report.report}.csv`, stream: csvStream(facts, names, rows), rows: report.rows.length, as_of: report.as_of }
}

/** Writes to a file (beside it first, so that a broken export never looks like a whole one) or to standard output. */
export async function exportSegment(
  rooms: Rooms,
  { segment, filter }: { segment: string; filter?: string | undefined },
  file: string | null,
): Promise<Exported> {
  const exported = await segmentCsv(rooms, segment, filter)
  await writeExport(exported, file)
  return { rows: exported.rows, as_of: exported.as_of }
}

/** Writes to the file, which appears only when it is whole; null is standard output. Errors: those of the file and of the stream. */
export async function writeExport({ stream }: FileExport, file: string | null): Promise<void> {
  if (file === null) return pipeline(stream, process.stdout as Writable, { end: false })
  const beside = `${file}.part`
  try {
    await pipeline(stream, createWriteStream(beside))
    await rename(beside, file)
  } finally {
    await rm(beside, { force: true })
  }
}
