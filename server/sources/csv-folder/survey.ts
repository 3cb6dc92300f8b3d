/** Which files are to be read: those whose contents are new, told by SHA-256, and which nobody is writing to. */
import { createHash } from 'node:crypto'
import { toIso, type Clock } from '../../../shared/time.ts'
import { lookAtFile, readBytes } from '../csv/index.ts'
import { stopIfCancelled, toFileFailure } from './failures.ts'
import { lookAt, matches, type FoundFile } from './files.ts'
import type { FolderPosition, KnownFile } from './position.ts'

export interface ChosenFile extends FoundFile {
  digest: string
  gzip: boolean
  isNew: boolean
  /** As the position keeps it; see `KnownFile`. */
  trusted: string | null
}

export interface Survey {
  chosen: ChosenFile[]
  /** What the position knows besides the chosen files, brought up to date. */
  known: Record<string, KnownFile>
  unchanged: number
  /** Files that went since the last read, as opposed to those that were already gone. */
  vanished: number
  /** Files that somebody is writing to, or did within the time to settle. */
  unsettled: number
  /** Files without a byte. */
  empty: number
}

export interface SurveyNeeds {
  folder: string
  files: readonly FoundFile[]
  position: FolderPosition
  pattern: string
  /** Milliseconds. */
  settle: number
  clock: Clock
  signal: AbortSignal
}

/** File systems keep times to 10 ms (FAT: 2 s): a second write within that leaves no trace in them. */
const TRUST_MS = 2000

/** Looks at every file, and hashes those that may be new. Errors: `source.*`, and nothing has been handed over then. */
export async function surveyFiles(needs: SurveyNeeds): Promise<Survey> {
  const known: Record<string, KnownFile> = { ...needs.position.files }
  const survey: Survey = { chosen: [], known, unchanged: 0, vanished: 0, unsettled: 0, empty: 0 }
  for (const file of needs.files) await place(needs, survey, file)
  const there = new Set(needs.files.map(({ name }) => name))
  for (const [name, entry] of Object.entries(known)) {
    if (there.has(name) || entry.gone || !matches(name, needs.pattern)) continue
    known[name] = { ...entry, gone: true }
    survey.vanished += 1
  }
  return survey
}

async function place(needs: SurveyNeeds, survey: Survey, file: FoundFile): Promise<void> {
  const { position, clock, settle } = needs
  const before = position.files[file.name]
  const age = clock() - file.touchedAt
  if (file.bytes === 0) survey.empty += 1
  else if (before?.stamp === file.stamp) keep(survey, file, before)
  else if (settle > 0 && age < settle) survey.unsettled += 1
  else {
    const hashed = await hash(needs, file)
    const trusted = age >= TRUST_MS ? file.stamp : null
    if (hashed === null) survey.unsettled += 1
    else if (hashed.digest === before?.digest) keep(survey, file, { ...before, stamp: trusted })
    else survey.chosen.push({ ...file, ...hashed, isNew: before === undefined, trusted })
  }
}

/** Same contents as when it was read; perhaps touched, packed otherwise or come back. */
function keep(survey: Survey, file: FoundFile, entry: KnownFile): void {
  survey.unchanged += 1
  survey.known[file.name] = { ...entry, bytes: file.bytes, modified_at: toIso(file.modifiedAt), gone: false }
}

/** SHA-256 of the unpacked contents; null when the file was changed or taken away meanwhile. */
async function hash({ folder, signal }: SurveyNeeds, file: FoundFile): Promise<{ digest: string; gzip: boolean } | null> {
  const isSame = async (): Promise<boolean> => (await lookAt(folder, file.name))?.stamp === file.stamp
  try {
    const facts = await lookAtFile(file.path)
    const digest = createHash('sha256')
    for await (const piece of readBytes(facts)) {
      stopIfCancelled(signal)
      digest.update(piece)
    }
    return (await isSame()) ? { digest: digest.digest('hex'), gzip: facts.gzip } : null
  } catch (thrown) {
    const failure = toFileFailure(thrown)
    // Gzip that ends too early is what a file looks like that is being written.
    if (failure.code !== 'source.cancelled' && !(await isSame())) return null
    throw failure
  }
}
