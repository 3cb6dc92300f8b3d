/** `quintile runs log` */
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Option, type Command } from 'commander'
import type { RunLogLine } from '../../../shared/run.ts'
import { openContext, withRooms, type Context } from '../context.ts'

interface LogOptions {
  job?: string
  level?: RunLogLine['level']
  search?: string
  follow?: true
}

/** A line of the log for a person. */
export function logLine({ at, level, job, message }: RunLogLine): string {
  return `${at} ${level.padEnd(5)} ${job === null ? '' : `${job}: `}${message}`
}

async function log(context: Context, name: string, { follow, ...filter }: LogOptions): Promise<void> {
  await withRooms(context, 'any', async ({ runs }) => {
    const { output, signal } = context
    const runId = await runs.find(name)
    const batches = follow === true ? runs.followLog(runId, filter, signal) : await runs.log(runId, filter)
    const toText = output.format === 'json' ? JSON.stringify : logLine
    let count = 0
    async function* text(): AsyncGenerator<string> {
      for await (const lines of batches) {
        count += lines.length
        yield lines.map((line) => `${toText(line)}\n`).join('')
      }
    }
    // As fast as it is read, and no faster: a log may be longer than the memory.
    await pipeline(Readable.from(text(), { highWaterMark: 1 }), process.stdout as Writable, { end: false })
    if (follow !== true && output.format === 'text') return
    const { status } = await runs.show(runId)
    output.result({ run_id: runId, status, lines: count }, () => [])
    if (follow === true && !['succeeded', 'warning'].includes(status)) process.exitCode = signal.aborted ? 2 : 1
  })
}

/** Adds `log` to `runs`. */
export function addRunLog(runs: Command): void {
  runs
    .command('log <run>')
    .description('what a run said, whole; with --format json one object per line, and at last how many there were')
    .option('--job <job>', 'only lines of this job')
    .addOption(new Option('--level <level>', 'only this level and graver ones').choices(['debug', 'info', 'warn', 'error']))
    .option('--search <text>', 'only lines with this text')
    .option('--follow', 'go on until the run has ended; exit code 1 when it did not succeed')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile runs log latest --level warn\n  quintile runs log latest --follow\n  quintile runs log 01a1fcd4 --job fact_sales --search deadlock',
    )
    .action((run: string, options: LogOptions, command: Command) => log(openContext(command), run, options))
}
