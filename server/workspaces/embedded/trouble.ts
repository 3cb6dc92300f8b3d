/** What PostgreSQL's own words mean for a person. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../../shared/failure.ts'

const tailLines = 20

/** Another program took the port between our choice and PostgreSQL's start. */
export function portWasTaken(output: string): boolean {
  return /could not create any TCP\/IP sockets|Address already in use|Only one usage of each socket/i.test(output)
}

/** Processes of a server that was killed have not all ended yet; they do within moments. */
export function formerServerLingers(output: string): boolean {
  return /pre-existing shared memory block|lock file "postmaster\.pid" already exists/i.test(output)
}

/** The last lines of a text, without the empty ones at its end. */
export function lastLines(text: string, count = tailLines): string[] {
  return text.trimEnd().split('\n').slice(-count)
}

/** Where the daily log ended before a start, so that words of an earlier start are not taken for its own. */
export interface LogMark {
  name: string | undefined
  bytes: number
}

/** The end of the newest daily log, now. */
export function markLog(log: string): LogMark {
  const name = dailyLogs(log).at(-1)
  return { name, bytes: name === undefined ? 0 : statSync(join(log, name)).size }
}

/** What the server said since the mark: first to its standard error, then, once it is open, to the daily log. */
export function serverOutput(log: string, since: LogMark): string {
  const startLog = join(log, 'start.log')
  const name = dailyLogs(log).at(-1)
  const first = existsSync(startLog) ? readFileSync(startLog, 'utf8') : ''
  const then =
    name === undefined
      ? ''
      : readFileSync(join(log, name))
          .subarray(name === since.name ? since.bytes : 0)
          .toString('utf8')
  return lastLines(first + then).join('\n')
}

/** File names of the daily logs, oldest first. */
export function dailyLogs(log: string): string[] {
  return readdirSync(log)
    .filter((name) => /^postgresql-[\d-]+\.log$/.test(name))
    .sort()
}

/** The failure of a data folder that initdb could not create: `embedded.init-failed`, or `embedded.disk-full`. */
export function initFailure(output: string, data: string): Failure {
  if (/No space left on device/i.test(output)) return diskFull(data)
  return new Failure({
    kind: 'stop',
    code: 'embedded.init-failed',
    message: `PostgreSQL could not create its data folder ${data}: ${lastLines(output, 1)[0]}`,
    hint: hintFor(output) ?? 'The lines in the details are what initdb said.',
    details: { data, output: lastLines(output) },
  })
}

/** The failure of a server that did not start: `embedded.start-failed`, or `embedded.disk-full`. */
export function startFailure(output: string, places: { data: string; log: string }): Failure {
  if (/No space left on device/i.test(output)) return diskFull(places.data)
  const fatal = output.split('\n').findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? 'it ended without a word'
  return new Failure({
    kind: 'stop',
    code: 'embedded.start-failed',
    message: `PostgreSQL did not start on ${places.data}: ${fatal.trim()}`,
    hint: hintFor(output) ?? `The log is in ${places.log}.`,
    details: { data: places.data, log: places.log, output: lastLines(output) },
  })
}

/** The failure `embedded.disk-full`, with how much to free. */
export function diskFull(data: string): Failure {
  return new Failure({
    kind: 'mistake',
    code: 'embedded.disk-full',
    message: `The disk that holds ${data} is full, so PostgreSQL cannot work.`,
    hint: 'Free some space (500 MB at least, and as much as the data you load), then start again. Nothing committed is lost.',
    details: { data },
  })
}

const hints: [RegExp, string][] = [
  [/administrative permissions/i, 'Start Quintile without administrator rights; PostgreSQL refuses to run with them.'],
  [/wrong ownership|Permission denied/i, 'Start Quintile as the user who owns the data folder, or give the folder back to that user.'],
  [
    /could not (create shared memory|map anonymous shared memory)|Cannot allocate memory/i,
    'Too little memory is free (300 MB are needed); close other programs.',
  ],
  [
    /could not locate a valid checkpoint record|invalid primary checkpoint|PANIC/i,
    'The data folder is damaged. Keep a copy of it, then restore a backup or load the sources again into a new home.',
  ],
]

function hintFor(output: string): string | undefined {
  return hints.find(([words]) => words.test(output))?.[1]
}
