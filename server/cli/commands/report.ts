/** `quintile report run` */
import type { Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import { reportCsv, writeExport } from '../../exports.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { table } from '../output.ts'

interface RunOptions {
  out?: string
  set: string[]
}

/** `tenant=acme` to `{ tenant: 'acme' }`. Errors: `report.bad-parameter`. */
function toValues(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word): [string, string] => {
      const at = word.indexOf('=')
      if (at < 1) throw mistake('report.bad-parameter', `“${word}” names no value`, 'Write --set name=value, e.g. --set tenant=acme')
      return [word.slice(0, at), word.slice(at + 1)]
    }),
  )
}

async function run(context: Context, name: string, { out, set }: RunOptions): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const report = await rooms.reports.run(name, toValues(set))
    if (out !== undefined) await writeExport(reportCsv(rooms, report), out)
    context.output.result({ ...report, ...(out === undefined ? {} : { file: out }) }, () => [
      `${report.title} (data as of ${report.as_of ?? 'unknown'}, from the ${report.source})`,
      ...report.parameters.map(({ name: parameter, label, value }) => `${label}: ${value ?? 'all'}  (--set ${parameter}=…)`),
      ...table(
        report.columns.map((column) => column.label),
        report.rows.map((row) => report.columns.map((column) => String(row[column.name] ?? ''))),
      ),
      ...report.reconciliation.lines.map(
        (line) => `${line.ok ? '✓' : '✗'} ${line.label}: ${String(line.reported)} = ${String(line.expected)}`,
      ),
      ...(out === undefined ? [] : [`Written to ${out}`]),
    ])
    if (!report.reconciliation.ok) process.exitCode = 1
  })
}

export function addReportCommand(program: Command): void {
  const report = program.command('report').description('reports')
  report
    .command('run <name>')
    .description('run a report; without the warehouse its last result is shown')
    .option('--out <file>', 'also write it as CSV')
    .option('--set <name=value>', 'the value of a parameter; repeat it', (word: string, all: string[]) => [...all, word], [])
    .addHelpText(
      'after',
      '\nExamples:\n  quintile report run monthly_revenue_by_country\n  quintile report run rfm_segments --format json\n  quintile report run rfm_segments --out rfm.csv\n  quintile report run revenue_by_tenant_and_month --set tenant=techcorp-enterprise',
    )
    .action((name: string, options: RunOptions, command: Command) => run(openContext(command), name, options))
}
