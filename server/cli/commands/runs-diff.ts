/** `quintile runs diff` */
import type { Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import type { Change, FindingDiff, RunDiff, StepDiff } from '../../../shared/run-diff.ts'
import type { RunSummary } from '../../../shared/run.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, seconds, table } from '../output.ts'

const COUNTS = ['read', 'inserted', 'updated', 'versions_closed', 'unchanged', 'rejected'] as const

const signed = (value: number): string => `${value > 0 ? '+' : ''}${number(value)}`

/** “100 → 150 (+50)”, or the one number where it is the same or there is but one. */
function countCell({ before, after, difference }: Change): string {
  if (before === null || after === null || difference === null) return number(after ?? before ?? 0)
  return difference === 0 ? number(after) : `${number(before)} → ${number(after)} (${signed(difference)})`
}

/** “1.00 s → 1.50 s (+50 %)”. */
function timeCell({ before, after, percent }: Change): string {
  if (before === null || after === null) return seconds(after ?? before)
  return `${seconds(before)} → ${seconds(after)}${percent === null ? '' : ` (${signed(Math.round(100 * percent))} %)`}`
}

const moved = (before: string | null, after: string | null): string =>
  before === after ? (after ?? '') : `${before ?? 'nothing'} → ${after ?? 'nothing'}`

function stepRow({ job, stands_in, status, counts, seconds: taken, watermark }: StepDiff): string[] {
  const one = stands_in === 'both' ? null : `only ${stands_in}: ${status.after ?? status.before ?? ''}`
  return [
    job,
    one ?? moved(status.before, status.after),
    ...COUNTS.map((name) => countCell(counts[name])),
    timeCell(taken),
    one === null ? moved(watermark.before, watermark.after) : (watermark.after ?? watermark.before ?? ''),
  ]
}

function findingLine(sign: string, { job, finding, before, after }: FindingDiff): string {
  const rows = before !== null && after !== null ? `${number(before)} → ${number(after)} rows` : `${number(after ?? before ?? 0)} rows`
  return `${sign} ${job === null ? '' : `${job}: `}${finding}${before === null && after === null ? '' : ` (${rows})`}`
}

const runLine = (word: string, { run_id, status, started_at, seconds: taken }: RunSummary): string =>
  `${word} ${run_id}  ${status}  ${started_at}  ${seconds(taken)}`

function describe({ before, after, steps, findings, origin, seconds: taken }: RunDiff): string[] {
  const found = [
    ...findings.came.map((one) => findingLine('+', one)),
    ...findings.went.map((one) => findingLine('-', one)),
    ...findings.moved.map((one) => findingLine('~', one)),
  ]
  return [
    runLine('Before', before),
    runLine('After ', after),
    `Took ${timeCell(taken)}`,
    '',
    ...table(['Step', 'Status', 'Read', 'Inserted', 'Updated', 'Closed', 'Unchanged', 'Rejected', 'Took', 'Watermark'], steps.map(stepRow)),
    '',
    ...(found.length === 0 ? ['The same findings in both.'] : ['Findings that came (+), went (-) or moved (~):', ...found]),
    ...(origin.length === 0 ? ['Asked for and run in the same way.'] : origin.map((one) => `${one.name}: ${moved(one.before, one.after)}`)),
  ]
}

async function diff(context: Context, first = 'latest', second?: string): Promise<void> {
  await withRooms(context, 'any', async ({ runs }) => {
    const one = await runs.find(first)
    const found = second === undefined ? await runs.diff(one) : await runs.diff(await runs.find(second), one)
    if (found === null)
      throw mistake(
        'run.no-previous',
        `There is no run before ${one} with one of its jobs`,
        'Name the other run: quintile runs diff BEFORE AFTER.',
      )
    context.output.result(found, () => describe(found))
  })
}

/** Adds `diff` to `runs`. */
export function addRunDiff(runs: Command): void {
  runs
    .command('diff [run] [other]')
    .description('what is different in a run: held against the one before it with the same jobs, or two runs, the earlier first')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile runs diff                 the latest run against the one before it\n  quintile runs diff 01a1fcd4\n  quintile runs diff 01a1fcd4 latest --format json',
    )
    .action(function (this: Command) {
      return diff(openContext(this), this.args[0], this.args[1])
    })
}
