/** The options that `run` and `plan` share, from the command line to the words of the contract. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { RunOptionsInput } from '../../shared/plan.ts'

/** Names as commander gives them. */
export interface SelectionOptions {
  jobs: string[]
  exclude?: string[]
  source?: string
  threads?: number
  fromFailure?: string | true
  fullReload?: true
  fullRefresh?: true
  fullLoad?: true
  rebuildHistory?: true
  since?: string
}

function toThreads(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 32) throw new InvalidArgumentError('a whole number from 1 to 32')
  return value
}

/** Adds the options of a selection to a verb. */
export function addSelection(command: Command): Command {
  return command
    .option('--jobs <words...>', 'all, groups (dimensions, facts, analytics) or jobs; +job with its needs, job+ with what needs it', [
      'all',
    ])
    .option('--exclude <words...>', 'the same words, to be left out')
    .option('--source <name>', 'only jobs that read this source')
    .option('--threads <n>', 'steps at once', toThreads)
    .option('--from-failure [run]', 'the failed and skipped steps of a run (default: the latest)')
    .option('--full-reload', 'read everything again and replace what the targets hold; histories keep their past')
    .addOption(new Option('--full-refresh', 'the same as --full-reload').hideHelp())
    .addOption(new Option('--full-load', 'the same as --full-reload').hideHelp())
    .option('--rebuild-history', 'with --full-reload: make the past of histories anew as well')
    .option('--since <stamp>', 'read from this stamp on instead of from the watermark')
}

/** What the person asked for, as the contract says it. */
export function toRunOptions(options: SelectionOptions): RunOptionsInput {
  const { jobs, exclude = [], source = null, threads = null, fromFailure, since = null } = options
  return {
    jobs,
    exclude,
    source,
    threads,
    since,
    from_failure: fromFailure === true ? 'latest' : (fromFailure ?? null),
    full_reload: options.fullReload === true || options.fullRefresh === true || options.fullLoad === true,
    rebuild_history: options.rebuildHistory === true,
  }
}

/** The same request as a command line, for the run book and for copying. */
export function toCommandLine(options: RunOptionsInput): string {
  const { jobs, exclude = [], source, threads, from_failure, full_reload, rebuild_history, since } = options
  const parts = [
    ...(from_failure == null ? ['--jobs', ...jobs] : ['--from-failure', from_failure]),
    ...(exclude.length === 0 ? [] : ['--exclude', ...exclude]),
    ...(source == null ? [] : ['--source', source]),
    ...(threads == null ? [] : ['--threads', String(threads)]),
    ...(full_reload === true ? ['--full-reload'] : []),
    ...(rebuild_history === true ? ['--rebuild-history'] : []),
    ...(since == null ? [] : ['--since', since]),
  ]
  return `quintile run ${parts.join(' ')}`
}
