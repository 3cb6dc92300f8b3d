/** `quintile runs list|show` */
import type { Command } from 'commander'
import type { RunDetail } from '../../../shared/run.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, seconds, table } from '../output.ts'
import { footer } from './run.ts'

/** Rejects shown with a run; the screen and the CSV have them all. */
const REJECTS_SHOWN = 20

async function list(context: Context, { limit }: { limit: string }): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const { runs, total, source } = await rooms.runs.list({ offset: 0, limit: Math.max(1, Math.min(500, Number(limit) || 20)) })
    context.output.result({ runs, total, source }, () => [
      ...table(
        ['Run', 'Kind', 'Status', 'Started', 'Took', 'Read', 'Changed', 'Rejected', 'Request'],
        runs.map(({ run_id, kind, status, started_at, seconds: taken, totals, request }) => [
          run_id,
          kind,
          status,
          started_at.slice(0, 19),
          seconds(taken),
          number(totals.read),
          number(totals.inserted + totals.updated + totals.versions_closed),
          number(totals.rejected),
          request,
        ]),
      ),
      `${String(runs.length)} of ${String(total)} runs${source === 'cache' ? ', from the local copy: the warehouse cannot be reached' : ''}`,
    ])
  })
}

function describe(run: RunDetail): string[] {
  return [
    `Run ${run.run_id}: ${run.status}${run.nothing_changed ? ' (nothing changed)' : ''}`,
    `  ${run.kind}, ${run.request}`,
    `  by ${run.started_by} on ${run.machine}, Quintile ${run.code_version}, started ${run.started_at}, took ${seconds(run.seconds)}`,
    ...(run.error === null ? [] : [`  ${run.error.code}: ${run.error.message}`, `  → ${run.error.hint ?? ''}`]),
    '',
    ...table(
      ['Step', 'Status', 'Read', 'Inserted', 'Updated', 'Closed', 'Unchanged', 'Rejected', 'Took', 'Watermark', 'Note'],
      run.steps.map((step) => [
        step.job,
        step.status,
        number(step.read),
        number(step.inserted),
        number(step.updated),
        number(step.versions_closed),
        number(step.unchanged),
        number(step.rejected),
        seconds(step.seconds),
        step.watermark ?? '',
        step.error?.message ?? step.note ?? (step.reconciles ? '' : 'COUNTS DO NOT RECONCILE'),
      ]),
    ),
    footer(run),
  ]
}

async function show(context: Context, runId: string): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const run = await rooms.runs.show(runId)
    const { rejects, total } =
      run.rejects.length === 0 ? { rejects: [], total: 0 } : await rooms.runs.rejects(runId, { offset: 0, limit: REJECTS_SHOWN })
    context.output.result({ ...run, rejected_rows: rejects, rejected_total: total }, () => [
      ...describe(run),
      ...(total === 0 ? [] : ['', `Rejected rows (${number(Math.min(total, REJECTS_SHOWN))} of ${number(total)}):`]),
      ...rejects.map(
        (reject) => `  ${reject.row_number === null ? '' : `line ${number(reject.row_number)}: `}${reject.reason}: ${reject.row}`,
      ),
      '',
      ...run.log.map((line) => `${line.at} ${line.level.padEnd(5)} ${line.job ?? ''} ${line.message}`),
    ])
  })
}

export function addRunsCommands(program: Command): void {
  const runs = program.command('runs').description('the run book: what every run did')
  runs
    .command('list')
    .description('list the runs, newest first')
    .option('--limit <n>', 'how many', '20')
    .action((options: { limit: string }, command: Command) => list(openContext(command), options))
  runs
    .command('show <run>')
    .description('show one run with its steps, counts, rejects and log')
    .addHelpText('after', '\nExample:\n  quintile runs show 01a1fcd4-3766-71db-8608-6ae9a510640c')
    .action((run: string, _options: unknown, command: Command) => show(openContext(command), run))
}
