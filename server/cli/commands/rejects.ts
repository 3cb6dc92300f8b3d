/** `quintile rejects list|export|replay` */
import { createReadStream } from 'node:fs'
import { InvalidArgumentError, type Command } from 'commander'
import { parse } from 'csv-parse'
import { mistake } from '../../../shared/failure.ts'
import { writeExport } from '../../exports.ts'
import { rejectsCsv } from '../../run-exports.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, table } from '../output.ts'
import { tellRun } from './run.ts'

interface Wanted {
  job?: string
  run?: string
  reason?: string
  all?: true
}

/** Which rejects the options mean; a run by its id, the beginning of one, or `latest`. */
async function toFilter(rooms: { runs: { find(name: string): Promise<string> } }, { job, run, reason, all }: Wanted) {
  return { job, reason, run_id: run === undefined ? undefined : await rooms.runs.find(run), ...(all === true ? {} : { open: true }) }
}

async function list(context: Context, options: Wanted & { limit: number }): Promise<void> {
  await withRooms(context, 'current', async (rooms) => {
    const { rejects, total } = await rooms.runs.rejected.list(await toFilter(rooms, options), { offset: 0, limit: options.limit })
    context.output.result({ rejects, total }, () => [
      ...table(
        ['Reject', 'Job', 'When', 'Reason', 'Row'],
        rejects.map(({ reject_id, job, at, reason, row, replayed_run_id }) => [
          String(reject_id),
          job,
          at.slice(0, 19),
          replayed_run_id === null ? reason : `${reason} (replayed)`,
          row.length > 80 ? `${row.slice(0, 79)}…` : row,
        ]),
      ),
      `${number(rejects.length)} of ${number(total)} kept-out rows${options.all === true ? '' : ' that are still open'}`,
    ])
  })
}

async function exportAll(context: Context, options: Wanted & { output?: string }): Promise<void> {
  await withRooms(context, 'current', async (rooms) => {
    const exported = await rejectsCsv(rooms, await toFilter(rooms, options))
    await writeExport(exported, options.output ?? null)
    context.output.say(`${number(exported.rows)} rows${options.output === undefined ? '' : ` written to ${options.output}`}`)
    if (options.output !== undefined) context.output.result({ rows: exported.rows, file: options.output }, () => [])
  })
}

type Mended = Record<string, Record<string, string | number | boolean | null>>

/** Rows of an exported and mended CSV, by reject: the `row` column as JSON. Errors: `rejects.bad-file`. */
async function readMended(file: string): Promise<Mended> {
  const mended: Mended = {}
  const rows = createReadStream(file).pipe(parse({ columns: true, bom: true, comment: '#', comment_no_infix: true }))
  try {
    for await (const record of rows as AsyncIterable<Record<string, string>>) {
      const { reject_id, row } = record
      if (reject_id === undefined || row === undefined || !/^\d+$/.test(reject_id))
        throw new Error('it lacks the columns reject_id and row')
      mended[reject_id] = JSON.parse(row) as Mended[string]
    }
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw mistake(
      'rejects.bad-file',
      `${file}: ${message}`,
      'Use a file of “quintile rejects export”, with mended JSON in its column “row”.',
    )
  }
  return mended
}

interface ReplayOptions extends Wanted {
  job: string
  reject?: string[]
  set?: [string, string][]
  file?: string
}

async function replay(context: Context, options: ReplayOptions): Promise<void> {
  const mended = options.file === undefined ? {} : await readMended(options.file)
  const rejectIds = options.reject ?? (options.file === undefined ? undefined : Object.keys(mended))
  const values = Object.fromEntries((options.set ?? []).map(([name, value]) => [name, value === 'null' ? null : value]))
  if (options.set !== undefined) {
    if (rejectIds === undefined)
      throw mistake('rejects.set-without-reject', '--set would change every kept-out row alike', 'Name the rows: --reject ID …')
    for (const id of rejectIds) mended[id] = { ...mended[id], ...values }
  }
  await withRooms(context, 'current', async (rooms) => {
    const runId = options.run === undefined ? undefined : await rooms.runs.find(options.run)
    const request = `quintile rejects replay --job ${options.job}`
    const { done } = await rooms.pipelines.replay({ job: options.job, runId, rejectIds, mended, request, signal: context.signal })
    tellRun(context, await rooms.runs.show((await done).run_id))
  })
}

function toPair(text: string, before: [string, string][] | undefined): [string, string][] {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('column=value')
  return [...(before ?? []), [text.slice(0, at), text.slice(at + 1)]]
}

function toLimit(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 500) throw new InvalidArgumentError('a whole number from 1 to 500')
  return value
}

/** Adds `rejects` to the program. */
export function addRejectsCommands(program: Command): void {
  const rejects = program.command('rejects').description('rows that were kept out, whole, each with its reason')
  const filtered = (command: Command): Command =>
    command
      .option('--job <name>', 'of this job')
      .option('--run <run>', 'of this run: its id, the beginning of one, or latest')
      .option('--reason <text>', 'with exactly this reason')
      .option('--all', 'those that were replayed too')
  filtered(rejects.command('list'))
    .description('list kept-out rows, newest first')
    .option('--limit <n>', 'how many', toLimit, 50)
    .action((options: Wanted & { limit: number }, command: Command) => list(openContext(command), options))
  filtered(rejects.command('export'))
    .description('write kept-out rows as CSV, for mending')
    .option('--output <file>', 'file to write; standard output when left out')
    .addHelpText('after', '\nExample:\n  quintile rejects export --job fact_sales --output rejects.csv')
    .action((options: Wanted & { output?: string }, command: Command) => exportAll(openContext(command), options))
  rejects
    .command('replay')
    .description('run kept-out rows through their job again')
    .requiredOption('--job <name>', 'the job that kept them out')
    .option('--run <run>', 'only those of this run')
    .option('--reject <ids...>', 'only these')
    .option('--set <column=value>', 'mend this column of the named rows; “null” is null', toPair)
    .option('--file <csv>', 'an exported file with mended rows')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile rejects replay --job dim_customers\n  quintile rejects replay --job dim_customers --reject 17 --set country=France\n  quintile rejects replay --job fact_sales --file mended.csv',
    )
    .action((options: ReplayOptions, command: Command) => replay(openContext(command), options))
}
