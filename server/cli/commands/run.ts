/** `quintile run` */
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { RunDetail, RunStep } from '../../../shared/run.ts'
import type { Rooms } from '../../assemble.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, seconds } from '../output.ts'

interface RunOptions {
  jobs: string[]
  threads?: number
}

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
  request: { jobs: readonly string[]; threads?: number | undefined; request: string },
): Promise<RunDetail> {
  const { plan } = await rooms.pipelines.plan(request.jobs)
  let ended = 0
  const { done } = await rooms.pipelines.start({
    ...request,
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

async function run(context: Context, { jobs, threads }: RunOptions): Promise<void> {
  await withRooms(context, 'current', async (rooms) => {
    const ended = await runJobs(context, rooms, { jobs, threads, request: `quintile run --jobs ${jobs.join(' ')}` })
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
  })
}

function toThreads(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 32) throw new InvalidArgumentError('a whole number from 1 to 32')
  return value
}

/** Adds `run` to the program. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('run jobs: all, groups and names, mixed')
    .option('--jobs <names...>', 'all, groups (dimensions, facts, analytics) or jobs', ['all'])
    .option('--threads <n>', 'steps at once', toThreads)
    .addHelpText(
      'after',
      '\nExamples:\n  quintile run --jobs all\n  quintile run --jobs dimensions facts\n  quintile run --jobs rfm_analysis --format json',
    )
    .action((options: RunOptions, command: Command) => run(openContext(command), options))
}
