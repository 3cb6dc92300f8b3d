/** What goes wrong with files of a folder, in the words of a source. */
import { Failure, mistake, toFailure } from '../../../shared/failure.ts'

/** What to do, where the reader of single files would name an option of the command. */
const HINTS: Readonly<Record<string, string>> = {
  'import.wrong-delimiter':
    'Set “delimiter” of this source in pack.yaml: comma, semicolon, tab, pipe or the character itself. The first line must name the columns.',
  'import.no-file': 'It was there a moment ago: run again.',
}

/** A failure of the reader of single files as one of this source. */
export function toFileFailure(thrown: unknown): Failure {
  const failure = toFailure(thrown)
  if (!failure.code.startsWith('import.')) return failure
  return new Failure({
    kind: failure.kind,
    code: failure.code.replace('import.', 'source.'),
    message: failure.message.replace('; nothing was imported', ''),
    hint: HINTS[failure.code] ?? failure.hint ?? undefined,
    details: failure.details,
    cause: thrown,
  })
}

/** The file is no longer what was hashed; its rows were handed over and must be given up. */
export function fileChanged(path: string, cause?: unknown): Failure {
  return new Failure({
    kind: 'retry',
    code: 'source.file-changed',
    message: `${path} was changed while it was read`,
    hint: 'Run again when it is written whole; “settle” of this source in pack.yaml leaves files alone that were just written to.',
    details: { file: path },
    cause,
  })
}

/** Errors: `source.cancelled` when the signal says so. */
export function stopIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure({ kind: 'stop', code: 'source.cancelled', message: 'Reading the CSV folder was cancelled' })
}

/** The folder or a file in it cannot be looked at. */
export function unreadable(path: string, thrown: unknown): Failure {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  if (code === 'EACCES' || code === 'EPERM')
    return mistake('source.unreadable', `${path} cannot be read: you may not read it`, 'Check its permissions.')
  const message = `${path} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  return new Failure({
    kind: 'stop',
    code: 'source.unreadable',
    message,
    hint: 'Check the file and its disk.',
    details: { file: path },
    cause: thrown,
  })
}
