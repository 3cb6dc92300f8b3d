/** `quintile runs retry|cancel|export|prune` */
import { InvalidArgumentError, type Command } from 'commander'
import { writeExport } from '../../exports.ts'
import { runExport } from '../../run-exports.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number } from '../output.ts'
import { runJobs, tellRun } from './run.ts'

async function retry(context: Context, name: string): Promise<void> {
  await withRooms(context, 'current', async (rooms) => {
    const runId = await rooms.runs.find(name)
    tellRun(context, await runJobs(context, rooms, { jobs: ['all'], from_failure: runId, request: `quintile runs retry ${runId}` }))
  })
}

async function cancel(context: Context, name: string, { wait }: { wait?: true }): Promise<void> {
  await withRooms(context, 'readable', async ({ runs, who }) => {
    const runId = await runs.find(name)
    const asked = await runs.requestCancel(runId, who)
    if (wait === true) for await (const _lines of runs.followLog(runId, { level: 'error' }, context.signal));
    const run = wait === true ? await runs.show(runId) : asked
    const { status, ended_at, cancel_requested_at } = run
    context.output.result({ run_id: runId, status, ended_at, cancel_requested_at }, () => [
      ended_at === null ? `Run ${runId} was asked to stop; it does so within a second.` : `Run ${runId} has ended: ${status}.`,
    ])
  })
}

async function exportRun(context: Context, name: string, { output: file }: { output?: string }): Promise<void> {
  await withRooms(context, 'readable', async (rooms) => {
    const runId = await rooms.runs.find(name)
    await writeExport(await runExport(rooms, runId), file ?? null)
    // Without a file the document itself is the answer.
    if (file !== undefined) context.output.result({ run_id: runId, file }, () => [`Run ${runId} was written to ${file}`])
  })
}

interface PruneOptions {
  days?: number
  megabytes?: number
  keepOpenRejects?: true
  dryRun?: true
}

async function prune(context: Context, options: PruneOptions): Promise<void> {
  await withRooms(context, 'current', async ({ runs }) => {
    const pruned = await runs.prune(options)
    const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`
    context.output.result(pruned, () => [
      pruned.done
        ? `${pruned.dry_run ? 'Would delete' : 'Deleted'} ${number(pruned.runs)} runs (${number(pruned.runs_by_age)} by age, ${number(pruned.runs_by_size)} by size) with ${number(pruned.rejects)} rejects.`
        : 'Another process tidies the run book at this moment; nothing was done.',
      ...(pruned.newest_deleted === null ? [] : [`The newest of them began ${pruned.newest_deleted}.`]),
      ...(pruned.bytes_before === null || pruned.bytes_after === null
        ? []
        : [`Runs take ${megabytes(pruned.bytes_before)}, afterwards ${megabytes(pruned.bytes_after)}.`]),
    ])
  })
}

function toCount(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000) throw new InvalidArgumentError('a whole number from 1')
  return value
}

/** Adds what changes something or leaves the book to `runs`. */
export function addRunActions(runs: Command): void {
  runs
    .command('retry <run>')
    .description('run the failed and skipped steps of a run again, with its options')
    .addHelpText('after', '\nExample:\n  quintile runs retry latest')
    .action((run: string, _options: unknown, command: Command) => retry(openContext(command), run))
  runs
    .command('cancel <run>')
    .description('ask a run to stop, whichever process or machine runs it; what it has committed stays')
    .option('--wait', 'until it has stopped')
    .addHelpText('after', '\nExamples:\n  quintile runs cancel latest\n  quintile runs cancel 01a1fcd4 --wait --format json')
    .action((run: string, options: { wait?: true }, command: Command) => cancel(openContext(command), run, options))
  runs
    .command('export <run>')
    .description('everything of a run as one JSON document: steps, attempts, events, log, checks, rejects')
    .option('--out, --output <file>', 'the file to write; standard output without it')
    .addHelpText('after', '\nExamples:\n  quintile runs export latest --output run.json\n  quintile runs export latest | jq .events')
    .action((run: string, options: { output?: string }, command: Command) => exportRun(openContext(command), run, options))
  runs
    .command('prune')
    .description('delete old runs now; by itself it happens after runs, by the workspace’s settings')
    .option('--days <n>', 'delete runs that ended longer ago', toCount)
    .option('--megabytes <n>', 'delete the oldest until the rest fits', toCount)
    .option('--keep-open-rejects', 'keep runs with rejects that no run has taken in yet')
    .option('--dry-run', 'only say what would go')
    .addHelpText(
      'after',
      '\nRuns under way and the last success of each job always stay.\n\nExamples:\n  quintile runs prune --dry-run\n  quintile runs prune --days 7 --keep-open-rejects',
    )
    .action((options: PruneOptions, command: Command) => prune(openContext(command), options))
}
