/** `quintile runs`: the run book on the command line. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { RUN_KINDS, RUN_STATUSES, type RunKind, type RunStatus } from '../../../shared/run.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, seconds, table } from '../output.ts'
import { addRunActions } from './runs-actions.ts'
import { addRunDiff } from './runs-diff.ts'
import { addRunLog } from './runs-log.ts'
import { addRunShow } from './runs-show.ts'

interface ListOptions {
  limit: number
  status?: RunStatus
  kind?: RunKind
  job?: string
  schedule?: string
  since?: string
}

async function list(context: Context, { limit, ...filter }: ListOptions): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const { runs, total, source } = await rooms.runs.list({ offset: 0, limit, ...filter })
    context.output.result({ runs, total, source }, () => [
      ...table(
        ['Run', 'Kind', 'Status', 'Started', 'Took', 'Read', 'Changed', 'Rejected', 'Request'],
        runs.map(({ run_id, kind, status, started_at, seconds: taken, totals, request, schedule }) => [
          run_id,
          kind,
          status,
          started_at.slice(0, 19),
          seconds(taken),
          number(totals.read),
          number(totals.inserted + totals.updated + totals.versions_closed),
          number(totals.rejected),
          schedule === null ? request : `${request} (schedule ${schedule})`,
        ]),
      ),
      `${String(runs.length)} of ${String(total)} runs${source === 'cache' ? ', from the local copy: the warehouse cannot be reached' : ''}`,
    ])
  })
}

function toLimit(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 500) throw new InvalidArgumentError('a whole number from 1 to 500')
  return value
}

const UNIT_MILLISECONDS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** A day, a time, or how long ago: 2026-01-31, 2026-01-31T08:00Z, 90m, 12h, 7d, 2w. */
function toSince(text: string): string {
  const [, count, unit = ''] = /^(\d{1,6})\s?([mhdw])$/.exec(text) ?? []
  const time = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (UNIT_MILLISECONDS[unit] ?? 0)
  if (Number.isNaN(time))
    throw new InvalidArgumentError('a day (2026-01-31), a time (2026-01-31T08:00Z) or how long ago (90m, 12h, 7d, 2w)')
  return new Date(time).toISOString()
}

/** Adds `runs` with its verbs to the program. */
export function addRunsCommands(program: Command): void {
  const runs = program
    .command('runs')
    .description('the run book: what every run did')
    .addHelpText('after', '\nA run is named by its id, by a beginning of it that only one run has, or by “latest”.')
  runs
    .command('list')
    .description('list the runs, newest first')
    .option('--limit <n>', 'how many', toLimit, 20)
    .addOption(new Option('--status <status>', 'only these').choices(RUN_STATUSES.filter((status) => status !== 'skipped')))
    .addOption(new Option('--kind <kind>', 'only these').choices([...RUN_KINDS]))
    .option('--job <job>', 'only runs with this job')
    .option('--schedule <name>', 'only runs that this schedule started')
    .option('--since <time>', 'only runs since a day, a time, or so long ago (90m, 12h, 7d, 2w)', toSince)
    .addHelpText(
      'after',
      '\nExamples:\n  quintile runs list --status failed --since 7d\n  quintile runs list --job fact_sales --limit 100 --format json',
    )
    .action((options: ListOptions, command: Command) => list(openContext(command), options))
  addRunShow(runs)
  addRunLog(runs)
  addRunDiff(runs)
  addRunActions(runs)
}
