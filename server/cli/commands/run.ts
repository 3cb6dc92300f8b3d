/** `quintile run` */
import type { Command } from 'commander'
import type { RunOptionsInput } from '../../../shared/plan.ts'
import type { RunDetail, RunStep } from '../../../shared/run.ts'
import type { Rooms } from '../../assemble.ts'
import { openContext, withDemoService, withRooms, type Context } from '../context.ts'
import { number, seconds } from '../output.ts'
import { addSelection, toCommandLine, toRunOptions, type SelectionOptions } from '../run-options.ts'
import { dryRun } from './dry-run.ts'

const WORD: Record<string, string> = { succeeded: 'OK', warning: 'WARN', failed: 'ERROR', skipped: 'SKIP', cancelled: 'CANCELLED' }

function countsInWords(step: RunStep): string {
  const parts = (['inserted', 'updated', 'versions_closed', 'unchanged', 'rejected'] as const).flatMap((name) =>
    step[name] === 0 ? [] : [`${number(step[name])} ${name.replaceAll('_', ' ')}`],
  )
  if (parts.length > 0) return `${number(step.read)} rows: ${parts.join(', ')}`
  return step.error?.message ?? step.note ?? `${number(step.read)} rows`
}

function stepLine(step: RunStep, total: number): string {
  return `${String(step.position + 1)} of ${String(total)} ${(WORD[step.status] ?? step.status).padEnd(5)} ${step.job} [${countsInWords(step)}${step.seconds === null ? '' : ` in ${seconds(step.seconds)}`}]`
}

/** The last line of a run on a terminal: how its steps ended, a cancelled one as an error. */
export function footer({ steps }: RunDetail): string {
  const count = (...statuses: string[]): number => steps.filter((step) => statuses.includes(step.status)).length
  return `PASS=${String(count('succeeded'))} WARN=${String(count('warning'))} ERROR=${String(count('failed', 'cancelled'))} SKIP=${String(count('skipped'))} TOTAL=${String(steps.length)}`
}

function toJson(run: RunDetail) {
  const steps = run.steps.map(
    ({ job, status, read, inserted, updated, versions_closed, unchanged, rejected, watermark, seconds: taken, note, error }) => ({
      job,
      status,
      read,
      inserted,
      updated,
      versions_closed,
      unchanged,
      rejected,
      watermark,
      seconds: taken,
      note,
      error,
    }),
  )
  return {
    run_id: run.run_id,
    status: run.status,
    dry_run: false,
    nothing_changed: run.nothing_changed,
    seconds: run.seconds,
    steps,
    totals: run.totals,
    error: run.error,
  }
}

/** Runs jobs and tells each step as it ends. Returns the run from the book. */
export async function runJobs(
  { output, signal }: Pick<Context, 'output' | 'signal'>,
  rooms: Rooms,
  { request, ...options }: RunOptionsInput & { request: string },
): Promise<RunDetail> {
  const { plan } = await rooms.pipelines.plan(options)
  let ended = 0
  const { done } = await rooms.pipelines.start({
    ...options,
    request,
    signal,
    onStep: ({ job, status, result, failure }) => {
      ended += 1
      const counts =
        result === null
          ? (failure?.message ?? '')
          : `${number(result.counts.read)} rows read, ${number(result.counts.inserted + result.counts.updated + result.counts.versions_closed)} changed`
      output.say(`  ${String(ended)} of ${String(plan.steps.length)} ${(WORD[status] ?? status).padEnd(5)} ${job} [${counts}]`)
    },
  })
  return rooms.runs.show((await done).run_id)
}

async function run(context: Context, options: SelectionOptions & { dryRun?: true }): Promise<void> {
  const asked = toRunOptions(options)
  if (options.dryRun === true) return dryRun(context, asked)
  await withRooms(context, 'current', async (rooms) => {
    const ended = await withDemoService(context, rooms, () => runJobs(context, rooms, { ...asked, request: toCommandLine(asked) }))
    tellRun(context, ended)
  })
}

/** The result of a run of jobs, and the exit code that goes with it. */
export function tellRun(context: Context, ended: RunDetail): void {
  context.output.result(toJson(ended), () => [
    ...ended.steps.map((step) => stepLine(step, ended.steps.length)),
    ...(ended.nothing_changed ? ['Nothing changed: every target already holds the newest data.'] : []),
    ...ended.steps.flatMap((step) =>
      step.error === null ? [] : [`${step.job}: ${step.error.message}`, `  → ${step.error.hint ?? 'see: quintile runs show'}`],
    ),
    `Run ${ended.run_id} ${ended.status} in ${seconds(ended.seconds)}`,
    footer(ended),
  ])
  if (ended.status !== 'succeeded' && ended.status !== 'warning') process.exitCode = 1
}

/** Adds `run` to the program. */
export function addRunCommand(program: Command): void {
  addSelection(program.command('run'))
    .description('run jobs: all, groups and names, mixed')
    .option('--dry-run', 'predict the rows per target, in a transaction that cannot commit')
    .addHelpText(
      'after',
      `
Examples:
  quintile run --jobs all
  quintile run --jobs dimensions facts --exclude dim_date
  quintile run --jobs +fact_sales --dry-run
  quintile run --jobs fact_sales --full-reload
  quintile run --from-failure
  quintile run --jobs rfm_analysis --format json`,
    )
    .action((options: SelectionOptions & { dryRun?: true }, command: Command) => run(openContext(command), options))
}
