/** `quintile report run` */
import type { Command } from 'commander'
import { reportCsv, writeExport } from '../../exports.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { table } from '../output.ts'

async function run(context: Context, name: string, { out }: { out?: string }): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const report = await rooms.reports.run(name)
    if (out !== undefined) await writeExport(reportCsv(rooms, report), out)
    context.output.result({ ...report, ...(out === undefined ? {} : { file: out }) }, () => [
      `${report.title} (data as of ${report.as_of ?? 'unknown'}, from the ${report.source})`,
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
    .addHelpText(
      'after',
      '\nExamples:\n  quintile report run monthly_revenue_by_country\n  quintile report run rfm_segments --format json\n  quintile report run rfm_segments --out rfm.csv',
    )
    .action((name: string, options: { out?: string }, command: Command) => run(openContext(command), name, options))
}
