/** `quintile plan` */
import type { Command } from 'commander'
import { openContext, withRooms, type Context } from '../context.ts'
import { table } from '../output.ts'
import { addSelection, toRunOptions, type SelectionOptions } from '../run-options.ts'

async function plan(context: Context, options: SelectionOptions & { mermaid?: true }): Promise<void> {
  await withRooms(context, 'readable', async (rooms) => {
    const answer = await rooms.planOf(toRunOptions(options))
    context.output.result(answer, () =>
      options.mermaid === true
        ? [answer.mermaid]
        : [
            ...table(
              ['', 'Job', 'Group', 'Kind', 'From', 'Into', 'Reads', 'After', 'Because of'],
              answer.steps.map((step) => [
                String(step.position + 1),
                ...[step.job, step.group, step.kind, step.source ?? 'the warehouse', step.target],
                step.reads === 'since the watermark' ? `since ${step.watermark ?? ''}` : step.reads,
                ...[step.after.join(', '), step.because],
              ]),
            ),
            ...answer.satisfied.map(({ job, succeeded_at }) => `Not in this plan, loaded before: ${job} (${succeeded_at})`),
            `${String(answer.steps.length)} steps; nothing was run.`,
          ],
    )
  })
}

/** Adds `plan` to the program. */
export function addPlanCommand(program: Command): void {
  addSelection(program.command('plan'))
    .description('show the steps that a run would take; runs nothing')
    .option('--mermaid', 'as a Mermaid flowchart')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile plan --jobs +fact_sales\n  quintile plan --jobs all --exclude analytics --format json\n  quintile plan --jobs dim_customers+ --mermaid',
    )
    .action((options: SelectionOptions & { mermaid?: true }, command: Command) => plan(openContext(command), options))
}
