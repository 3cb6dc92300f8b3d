/** `quintile runs show` */
import type { Command } from 'commander'
import type { RunDetail, RunReject } from '../../../shared/run.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, seconds, table } from '../output.ts'
import { footer } from './run.ts'
import { logLine } from './runs-log.ts'

/** Rejects shown with a run; the screen and the CSV have them all. */
const REJECTS_SHOWN = 20

function head(run: RunDetail): string[] {
  return [
    `Run ${run.run_id}: ${run.status}${run.nothing_changed ? ' (nothing changed)' : ''}`,
    `  ${run.kind}, ${run.request}`,
    `  by ${run.started_by} on ${run.machine}, Quintile ${run.code_version}, started ${run.started_at}, took ${seconds(run.seconds)}`,
    ...(run.schedule === null ? [] : [`  started by the schedule ${run.schedule}`]),
    ...(run.retry_of === null ? [] : [`  runs the failed and skipped steps of ${run.retry_of} again`]),
    ...(run.cancel_requested_at === null ? [] : [`  asked to stop at ${run.cancel_requested_at}`]),
    ...(run.error === null ? [] : [`  ${run.error.code}: ${run.error.message}`, `  → ${run.error.hint ?? ''}`]),
  ]
}

function steps(run: RunDetail): string[] {
  return table(
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
  )
}

/** Attempts are worth a line where there was more than one, or where it failed. */
function attempts({ attempts: all, steps: of }: RunDetail): string[] {
  const shown = all.filter(({ job, error }) => error !== null || (of.find((step) => step.job === job)?.attempts ?? 0) > 1)
  if (shown.length === 0) return []
  const lines = shown.flatMap(({ job, attempt, status, seconds: taken, error }) => [
    `  ${job} ${String(attempt)}: ${status} after ${seconds(taken)}${error === null ? '' : `, ${error.code}: ${error.message}`}`,
    ...(error?.causes ?? []).map((cause) => `    because: ${cause}`),
  ])
  return ['', 'Attempts:', ...lines]
}

function checks({ checks: all }: RunDetail): string[] {
  if (all.length === 0) return []
  const rows = all.map((check) => [
    ...[check.job, check.check, check.stage, check.severity, check.status],
    ...[check.bad_rows === null ? '' : number(check.bad_rows), check.measured ?? '', check.expected ?? ''],
  ])
  return ['', ...table(['Job', 'Check', 'On', 'Severity', 'Result', 'Bad rows', 'Measured', 'Expected'], rows)]
}

function prediction({ prediction: all }: RunDetail): string[] {
  if (all === null) return []
  const off = all.filter(({ same }) => !same)
  const counts = ({ read, inserted, updated, versions_closed, rejected }: NonNullable<(typeof all)[number]['actual']>): string =>
    `${number(read)} read, ${number(inserted)} inserted, ${number(updated)} updated, ${number(versions_closed)} closed, ${number(rejected)} rejected`
  return [
    '',
    `The dry run before it foretold ${String(all.length - off.length)} of ${String(all.length)} steps exactly.`,
    ...off.map(
      ({ job, predicted, actual }) => `  ${job}: foretold ${counts(predicted)}; it was ${actual === null ? 'not done' : counts(actual)}`,
    ),
  ]
}

function rejects(rows: readonly RunReject[], total: number): string[] {
  if (total === 0) return []
  return [
    '',
    `Rejected rows (${number(rows.length)} of ${number(total)}):`,
    ...rows.map(
      ({ row_number, reason, row, replayed_run_id }) =>
        `  ${row_number === null ? '' : `line ${number(row_number)}: `}${reason}: ${row}${replayed_run_id === null ? '' : ` (taken in by ${replayed_run_id})`}`,
    ),
  ]
}

async function show(context: Context, name: string): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const run = await rooms.runs.show(await rooms.runs.find(name))
    const found =
      run.rejects.length === 0 ? { rejects: [], total: 0 } : await rooms.runs.rejects(run.run_id, { offset: 0, limit: REJECTS_SHOWN })
    context.output.result({ ...run, rejected_rows: found.rejects, rejected_total: found.total }, () => [
      ...head(run),
      '',
      ...steps(run),
      footer(run),
      ...attempts(run),
      ...checks(run),
      ...prediction(run),
      ...rejects(found.rejects, found.total),
      '',
      ...run.log.map(logLine),
    ])
  })
}

/** Adds `show` to `runs`. */
export function addRunShow(runs: Command): void {
  runs
    .command('show <run>')
    .description('show one run with its steps, attempts, checks, rejects and log')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile runs show latest\n  quintile runs show 01a1fcd4-3766-71db-8608-6ae9a510640c --format json',
    )
    .action((run: string, _options: unknown, command: Command) => show(openContext(command), run))
}
