/** `quintile features sync|get` */
import type { Command } from 'commander'
import { matches, type Rooms } from '../../assemble.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, seconds, table } from '../output.ts'

async function sync(context: Context): Promise<void> {
  await withRooms(context, 'current', async (rooms) => {
    const { run, snapshot } = await rooms.sync({ request: 'quintile features sync' })
    context.output.result({ run_id: run.run_id, status: run.status, snapshot, seconds: run.seconds, error: run.error }, () =>
      snapshot === null
        ? [`The sync failed: ${run.error?.message ?? ''}`, `  → ${run.error?.hint ?? ''}`]
        : [
            `Synced ${number(snapshot.customers)} customers × ${String(snapshot.features)} features in ${seconds(run.seconds)}, data as of ${snapshot.as_of ?? 'unknown'}`,
          ],
    )
    if (snapshot === null) process.exitCode = 1
  })
}

/** The segments that the customer is in, by the reference evaluator. */
async function segmentsOf(rooms: Rooms, features: Record<string, string | number | null>): Promise<string[]> {
  const segments = await rooms.segments.list()
  return segments.filter((segment) => matches(segment.rule, features)).map((segment) => segment.segment)
}

async function get(context: Context, customer: string, { source }: { source: string }): Promise<void> {
  const from = source === 'warehouse' ? 'warehouse' : 'cache'
  await withRooms(context, from === 'cache' ? 'offline' : 'readable', async (rooms) => {
    const found = await rooms.features.get(customer, from)
    const segments = await segmentsOf(rooms, found.features)
    context.output.result({ ...found, segments }, () => [
      `Customer ${customer} (from the ${from}, data as of ${found.as_of ?? 'unknown'})`,
      ...table(
        ['Feature', 'Value'],
        Object.entries(found.features).map(([name, value]) => [name, value === null ? '–' : String(value)]),
      ),
      `Segments: ${segments.join(', ') || 'none'}`,
    ])
  })
}

export function addFeaturesCommands(program: Command): void {
  const features = program.command('features').description('what is known of each customer')
  features
    .command('sync')
    .description('copy the features into the local snapshot, for work without a network')
    .action((_options: unknown, command: Command) => sync(openContext(command)))
  features
    .command('get <customer>')
    .description('show one customer’s features')
    .option('--source <source>', 'cache or warehouse', 'cache')
    .addHelpText('after', '\nExamples:\n  quintile features get 17850\n  quintile features get 17850 --source warehouse --format json')
    .action((customer: string, options: { source: string }, command: Command) => get(openContext(command), customer, options))
}
