/** The run as a command: what the screen does can be done again in a script. Pure. */
import type { RunOptionsInput } from '../../shared/plan.ts'

/** A shell reads more than letters, digits and a few signs: quoted, with a quote inside as `'\''`. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll(`'`, `'\\''`)}'`
}

export function commandLine(options: RunOptionsInput): string {
  const { jobs, exclude = [], source = null, threads = null, full_reload = false, rebuild_history = false, since = null } = options
  return [
    'quintile run --jobs',
    ...jobs,
    ...(exclude.length === 0 ? [] : ['--exclude', ...exclude]),
    ...(source === null ? [] : ['--source', quoted(source)]),
    ...(threads === null ? [] : ['--threads', String(threads)]),
    ...(full_reload ? ['--full-reload'] : []),
    ...(rebuild_history ? ['--rebuild-history'] : []),
    ...(since === null ? [] : ['--since', quoted(since)]),
  ].join(' ')
}
