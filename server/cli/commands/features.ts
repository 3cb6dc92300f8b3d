/** `quintile features sync|get|batch|columns|invalidate` */
import type { Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
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

type Value = string | number | null

const sayValue = (value: Value): string => (value === null ? '–' : String(value))

/** The segments that the customer is in, by the reference evaluator. */
async function segmentsOf(rooms: Rooms, features: Record<string, Value>): Promise<string[]> {
  const segments = await rooms.segments.list()
  return segments.filter((segment) => matches(segment.rule, features)).map((segment) => segment.segment)
}

interface ReadOptions {
  source?: string
  strategy?: string
  cache: boolean
}

async function get(context: Context, customer: string, options: ReadOptions): Promise<void> {
  const source = options.source ?? (options.strategy === undefined ? 'cache' : 'auto')
  if (source === 'cache' || source === 'warehouse') await getAll(context, customer, { from: source, strategy: options.strategy })
  else await getMerged(context, customer, { ...options, source })
}

/** All features as the settings merge them, from the snapshot or from the warehouse. */
async function getAll(
  context: Context,
  customer: string,
  { from, strategy }: { from: 'cache' | 'warehouse'; strategy: string | undefined },
): Promise<void> {
  if (strategy !== undefined)
    throw mistake('features.no-strategy', `From the ${from} the values are merged already`, 'Leave --strategy out, or ask --source auto.')
  await withRooms(context, from === 'cache' ? 'offline' : 'readable', async (rooms) => {
    const found = await rooms.features.get(customer, from)
    const segments = await segmentsOf(rooms, found.features)
    context.output.result({ ...found, segments }, () => [
      `Customer ${customer} (from the ${from}, data as of ${found.as_of ?? 'unknown'})`,
      ...table(
        ['Feature', 'Value'],
        Object.entries(found.features).map(([name, value]) => [name, sayValue(value)]),
      ),
      `Segments: ${segments.join(', ') || 'none'}`,
    ])
  })
}

/** Each value with the side that it comes from. */
async function getMerged(context: Context, customer: string, options: ReadOptions): Promise<void> {
  await withRooms(context, 'readable', async (rooms) => {
    const [found] = await readCustomers(rooms, [customer], options)
    if (found === undefined)
      throw mistake('features.unknown-customer', `There is no customer ${customer}`, 'Customer ids are written exactly as in the source.')
    const { source, strategy, read_at, cached } = found
    context.output.result(found, () => [
      `Customer ${customer} (${source}, ${strategy}, ${cached ? 'kept since' : 'read at'} ${read_at})`,
      ...table(
        ['Feature', 'Value', 'Source', 'As of'],
        Object.entries(found.features).map(([name, feature]) => [name, sayValue(feature.value), feature.source, feature.as_of ?? '–']),
      ),
    ])
  })
}

function readCustomers(rooms: Rooms, customers: readonly string[], { source, strategy, cache }: ReadOptions) {
  return rooms.features.read(customers, { source, strategy, useCache: cache })
}

async function batch(context: Context, customers: readonly string[], options: ReadOptions): Promise<void> {
  await withRooms(context, 'readable', async (rooms) => {
    const found = await readCustomers(rooms, customers, options)
    const unknown = customers.filter((id) => !found.some((one) => one.customer_id === id))
    context.output.result({ customers: found, unknown }, () => [
      ...table(
        ['Customer', 'Features', 'With a value', 'Kept'],
        found.map(({ customer_id, features, cached }) => {
          const values = Object.values(features)
          return [customer_id, String(values.length), String(values.filter(({ value }) => value !== null).length), cached ? 'yes' : 'no']
        }),
      ),
      ...unknown.map((id) => `There is no customer ${id}`),
    ])
  })
}

async function columns(context: Context, { source }: { source?: string }): Promise<void> {
  await withRooms(context, 'readable', async (rooms) => {
    const found = await rooms.features.catalogue({ source })
    context.output.result({ columns: found }, () =>
      table(
        ['Feature', 'Type', 'Source', 'Category', 'Model', 'Description'],
        found.map(({ name, type, source: from, category, model, description }) => [name, type, from, category, model ?? '', description]),
      ),
    )
  })
}

async function invalidate(context: Context, customers: readonly string[]): Promise<void> {
  await withRooms(context, 'offline', async (rooms) => {
    rooms.features.invalidate(customers)
    context.output.result({ invalidated: customers.length }, () => [`Forgot what was kept of ${number(customers.length)} customers.`])
  })
}

const SOURCES = 'auto (both), dwh (the warehouse’s own), xiva (the API’s profiles)'

/** Adds the verbs of the feature store to the program. */
export function addFeaturesCommands(program: Command): void {
  const features = program.command('features').description('what is known of each customer')
  features
    .command('sync')
    .description('copy the features into the local snapshot, for work without a network')
    .action((_options: unknown, command: Command) => sync(openContext(command)))
  features
    .command('get <customer>')
    .description('show one customer’s features')
    .option('--source <source>', `cache (the snapshot), warehouse, or with provenance ${SOURCES}`)
    .option('--strategy <strategy>', 'xiva_first, dwh_first or merge (the newer value); as in pack.yaml when left out')
    .option('--no-cache', 'read anew what was kept')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile features get 17850\n  quintile features get 17850 --source warehouse --format json\n  quintile features get 17850 --source auto --strategy dwh_first',
    )
    .action((customer: string, options: ReadOptions, command: Command) => get(openContext(command), customer, options))
  features
    .command('batch <customers...>')
    .description('read the features of several customers, merged as for one')
    .option('--source <source>', SOURCES)
    .option('--strategy <strategy>', 'xiva_first, dwh_first or merge')
    .option('--no-cache', 'read anew what was kept')
    .action((customers: string[], options: ReadOptions, command: Command) => batch(openContext(command), customers, options))
  features
    .command('columns')
    .description('list the features: type, source, category, meaning, and what models call them')
    .option('--source <source>', SOURCES)
    .action((options: { source?: string }, command: Command) => columns(openContext(command), options))
  features
    .command('invalidate <customers...>')
    .description('forget what was kept of these customers, so that it is read anew')
    .action((customers: string[], _options: unknown, command: Command) => invalidate(openContext(command), customers))
}
