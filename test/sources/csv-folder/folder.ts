/** A folder of real files and a reader of it that keeps what is handed over and the position between reads. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csvFolderSettings, openCsvFolder } from '../../../server/sources/csv-folder/index.ts'
import type { FeedOutcome, FeedPosition } from '../../../server/sources/index.ts'

export interface Read extends FeedOutcome {
  columns: string[]
  /** Each row by column, without the time of the file. */
  rows: Record<string, string | null>[]
  rejects: { reason: string; text: string; rowNumber: number | null }[]
}

export interface ReadOptions {
  settings?: Record<string, unknown>
  position?: FeedPosition | null
  /** By default an hour ahead: files count as written long ago. */
  clock?: () => number
  signal?: AbortSignal
  onRow?: (count: number) => Promise<void> | void
}

export interface TestFolder {
  path: string
  write(name: string, contents: string | Buffer): Promise<string>
  /** From the stored position on, unless another is given; keeps the new one as the pipeline does, by way of JSON. */
  read(stream: string, options?: ReadOptions): Promise<Read>
  remove(): Promise<void>
}

export async function openTestFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'quintile-folder-'))
  let stored: FeedPosition | null = null
  return {
    path,
    write: async (name, contents) => {
      await writeFile(join(path, name), contents)
      return join(path, name)
    },
    read: async (stream, options = {}) => {
      const position = options.position === undefined ? stored : options.position
      const read = await readOnce(path, stream, { ...options, position })
      if (read.position !== null) stored = JSON.parse(JSON.stringify(read.position)) as FeedPosition
      return read
    },
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

async function readOnce(folder: string, stream: string, options: ReadOptions): Promise<Read> {
  const settings = csvFolderSettings.parse({ kind: 'csv', folder: '.', ...options.settings })
  const feed = openCsvFolder(settings, { workspace: folder, clock: options.clock ?? (() => Date.now() + 3_600_000) })
  let columns: string[] = []
  const rows: Read['rows'] = []
  const rejects: Read['rejects'] = []
  const signal = options.signal ?? new AbortController().signal
  const request = { stream, position: options.position ?? null, dryRun: false, signal }
  const outcome = await feed.read(request, {
    columns: async (told) => void (columns = told.map(({ name }) => name)),
    row: (values) => {
      const entries = columns.map((name, index): [string, string | null] => [name, values[index] ?? null])
      rows.push(Object.fromEntries(entries.filter(([name]) => name !== 'file_modified_at')))
      return options.onRow?.(rows.length)
    },
    reject: (reject) => void rejects.push(reject),
  })
  await feed.close()
  return { ...outcome, columns, rows, rejects }
}
