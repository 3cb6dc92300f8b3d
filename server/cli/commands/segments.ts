/** `quintile segments count|export` */
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { Option, type Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import { exportSegment } from '../../exports.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number } from '../output.ts'

const FILTER = 'only customers with this value of the workspace’s filter, e.g. one tenant'

interface CountOptions {
  source: 'cache' | 'warehouse'
  rule?: string
  filter?: string
}

async function readRule(from: string): Promise<unknown> {
  const text = from === '-' ? await readAll(process.stdin) : await readFile(from, 'utf8').catch(() => undefined)
  if (text === undefined)
    throw mistake('rule.no-file', `The file ${from} cannot be read`, 'Give the path of a JSON file, or - for standard input.')
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw mistake(
      'rule.not-json',
      `The rule is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      'A rule looks like {">": [{"var": "total_revenue"}, 1000]}.',
    )
  }
}

async function count(context: Context, segment: string | undefined, { source, rule, filter }: CountOptions): Promise<void> {
  if ((segment === undefined) === (rule === undefined))
    throw mistake('segment.not-named', 'Name a segment, or give a rule with --rule', 'quintile segments count active_high_value')
  await withRooms(context, source === 'cache' ? 'offline' : 'readable', async (rooms) => {
    const counted =
      rule === undefined
        ? await rooms.segments.count(segment ?? '', source, filter)
        : await rooms.segments.countRule(await readRule(rule), source, filter)
    const share = counted.of === 0 ? '' : ` (${((100 * counted.count) / counted.of).toFixed(1)} %)`
    context.output.result(counted, () => [
      `${number(counted.count)} of ${number(counted.of)} customers${share}, from the ${counted.source}, data as of ${counted.as_of ?? 'unknown'}`,
    ])
  })
}

async function exportMembers(context: Context, segment: string, { out, filter }: { out?: string; filter?: string }): Promise<void> {
  await withRooms(context, 'offline', async (rooms) => {
    const exported = await exportSegment(rooms, { segment, filter }, out ?? null)
    if (out === undefined) return
    context.output.result({ segment, file: out, ...exported }, () => [
      `Exported ${number(exported.rows)} customers to ${out}, data as of ${exported.as_of ?? 'unknown'}`,
    ])
  })
}

export function addSegmentsCommands(program: Command): void {
  const segments = program.command('segments').description('groups of customers by rule')
  segments
    .command('count [segment]')
    .description('count a segment, or a rule that is not saved')
    .addOption(new Option('--source <source>', 'where to count').choices(['cache', 'warehouse']).default('cache'))
    .option('--rule <file>', 'a JSONLogic rule in a file, or - for standard input')
    .option('--filter <value>', FILTER)
    .addHelpText(
      'after',
      '\nExamples:\n  quintile segments count active_high_value\n  echo \'{">":[{"var":"total_revenue"},1000]}\' | quintile segments count --rule - --format json',
    )
    .action((segment: string | undefined, options: CountOptions, command: Command) => count(openContext(command), segment, options))
  segments
    .command('export <segment>')
    .description('write all members with their features as CSV, to a file or to standard output')
    .option('--out <file>', 'the file to write')
    .option('--filter <value>', FILTER)
    .addHelpText('after', '\nExample:\n  quintile segments export active_high_value --out members.csv')
    .action((segment: string, options: { out?: string; filter?: string }, command: Command) =>
      exportMembers(openContext(command), segment, options),
    )
}
