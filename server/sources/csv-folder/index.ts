/**
 * A folder of CSV files as a feed: a job's `stream` is a pattern of file names, and each run hands over all rows of the files
 * whose contents are new since the last one. Every column is text, named as in the files' headers; each row says from which
 * file and line it comes.
 */
import { resolve } from 'node:path'
import { toIso, type Clock } from '../../../shared/time.ts'
import type { CsvHead } from '../csv/index.ts'
import type { Feed, FeedOutcome, FeedRequest, FeedTaker } from '../feed.ts'
import { stopIfCancelled } from './failures.ts'
import { findFiles, type FoundFile } from './files.ts'
import { OWN_COLUMNS, readHead, unionOf } from './head.ts'
import { toFolderPosition, type FolderPosition, type KnownFile } from './position.ts'
import { readRows } from './rows.ts'
import type { CsvFolderSettings } from './settings.ts'
import { surveyFiles, type ChosenFile, type Survey } from './survey.ts'

export { csvFolderSettings, type CsvFolderSettings } from './settings.ts'

export interface CsvFolderNeeds {
  /** The workspace's folder, which a relative one is inside of. */
  workspace: string
  clock: Clock
}

/** Opens nothing yet. Errors of `read`: `source.no-folder`, `source.bad-header`, `source.file-changed` (retry), and those of single files. */
export function openCsvFolder(settings: CsvFolderSettings, needs: CsvFolderNeeds): Feed {
  const reading: Reading = { settings, folder: resolve(needs.workspace, settings.folder), clock: needs.clock }
  return {
    read: (request, taker) => readFolder(reading, request, taker),
    committed: async () => undefined,
    close: async () => undefined,
  }
}

interface Reading {
  settings: CsvFolderSettings
  folder: string
  clock: Clock
}

async function readFolder(reading: Reading, request: FeedRequest, taker: FeedTaker): Promise<FeedOutcome> {
  const { settings, folder, clock } = reading
  const { stream, signal } = request
  const position = toFolderPosition(request.position, stream)
  const files = await findFiles({ folder, recursive: settings.recursive }, stream, signal)
  const survey = await surveyFiles({ folder, files, position, pattern: stream, settle: settings.settle ?? 0, clock, signal })
  const { heads, columns } = await readHeads(reading, request, { position, files, survey })
  await taker.columns([...columns.map((name) => ({ name, type: 'text' })), ...OWN_COLUMNS])
  const counts = { rows: 0, rejects: 0 }
  const known: Record<string, KnownFile> = { ...survey.known }
  const nulls = new Set(settings.null_text)
  for (const file of survey.chosen) {
    const read = await readRows({ file, head: heads.get(file.name) as CsvHead, columns, nulls, taker, signal })
    counts.rows += read.rows
    counts.rejects += read.rejects
    known[file.name] = toKnown(file, read.rows + read.rejects)
  }
  const next: FolderPosition = { stream, columns, files: known }
  return {
    read: counts.rows + counts.rejects,
    // Read from the beginning, even of nothing, a position that is still stored no longer holds.
    position: request.position !== null && JSON.stringify(next) === JSON.stringify(position) ? null : { ...next },
    // A rejected line's key is not among the rows, and must not be taken for a deleted one; nor may nothing at all.
    isFull: Object.keys(position.files).length === 0 && survey.unsettled === 0 && counts.rejects === 0 && counts.rows > 0,
    note: noteOf(survey, stream),
  }
}

/** Of the chosen files; of the unchanged ones too where the position does not know the columns of this pattern. */
async function readHeads(
  { settings }: Reading,
  { stream, signal }: FeedRequest,
  { position, files, survey }: { position: FolderPosition; files: readonly FoundFile[]; survey: Survey },
): Promise<{ heads: ReadonlyMap<string, CsvHead>; columns: string[] }> {
  const chosen = new Set(survey.chosen.map(({ name }) => name))
  const isKnown = position.stream === stream
  const heads = new Map<string, CsvHead>()
  for (const file of files) {
    stopIfCancelled(signal)
    const isRead = chosen.has(file.name) || (!isKnown && Object.hasOwn(survey.known, file.name))
    if (isRead) heads.set(file.name, await readHead(file, settings))
  }
  return { heads, columns: unionOf(isKnown ? position.columns : [], heads.values()) }
}

function toKnown(file: ChosenFile, rows: number): KnownFile {
  return { digest: file.digest, bytes: file.bytes, modified_at: toIso(file.modifiedAt), rows, stamp: file.trusted, gone: false }
}

function noteOf(survey: Survey, stream: string): string {
  const { chosen, unchanged, vanished, unsettled, empty } = survey
  const fresh = chosen.filter(({ isNew }) => isNew).length
  const parts = [
    fresh > 0 && counted(fresh, 'new '),
    chosen.length > fresh && counted(chosen.length - fresh, 'changed '),
    unchanged > 0 && counted(unchanged, 'unchanged '),
    vanished > 0 && `${counted(vanished)} ${vanished === 1 ? 'is' : 'are'} gone`,
    unsettled > 0 && `${counted(unsettled)} ${unsettled === 1 ? 'is' : 'are'} being written and left for the next run`,
    empty > 0 && `${counted(empty)} ${empty === 1 ? 'is' : 'are'} empty`,
  ].filter((part) => part !== false)
  return parts.length === 0 ? `no file matches ${stream}` : parts.join(', ')
}

const counted = (count: number, kind = ''): string => `${String(count)} ${kind}file${count === 1 ? '' : 's'}`
