/** `quintile manual` */
import type { Command } from 'commander'
import { readHelp } from '../../help.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { table } from '../output.ts'

async function manual(context: Context, name: string | undefined): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const help = await readHelp(rooms)
    const shown = name === undefined ? help.tables : help.tables.filter((one) => one.table === name)
    context.output.result({ ...help, tables: shown }, () => [
      ...(name === undefined ? [help.text ?? `${help.title}\n${help.description}`, '', 'Jobs', ...jobLines(help.jobs), '', 'Tables'] : []),
      ...shown.flatMap((one) => [
        `${one.table} (${one.kind}): ${one.comment ?? ''}`,
        ...(name === undefined
          ? []
          : table(
              ['Column', 'Type', 'What it is'],
              one.columns.map((column) => [column.name, column.type, column.comment ?? '']),
            )),
      ]),
      ...(name === undefined ? ['', 'The columns of a table: quintile manual TABLE'] : []),
    ])
  })
}

function jobLines(
  jobs: readonly { job: string; group: string; kind: string; source: string | null; target: string; needs: string[] }[],
): string[] {
  return table(
    ['Job', 'Group', 'Kind', 'From', 'Into', 'Needs'],
    jobs.map(({ job, group, kind, source, target, needs }) => [job, group, kind, source ?? 'the warehouse', target, needs.join(', ')]),
  )
}

/** Adds `manual` to the program. */
export function addManualCommand(program: Command): void {
  program
    .command('manual [table]')
    .description('the workspace’s manual: what its pack is, its jobs and tables; or one table’s columns')
    .addHelpText('after', '\nExamples:\n  quintile manual --workspace mafia\n  quintile manual fact_sales')
    .action((name: string | undefined, _options: unknown, command: Command) => manual(openContext(command), name))
}
