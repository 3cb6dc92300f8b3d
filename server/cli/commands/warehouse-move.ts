/** `quintile warehouse upgrade|downgrade|stamp` */
import type { Command } from 'commander'
import { openContext, withRooms, type Context } from '../context.ts'
import type { Rooms } from '../../assemble.ts'
import { confirm } from './warehouse-confirm.ts'

type Request = Parameters<Rooms['schema']['plan']>[0]
type Step = Awaited<ReturnType<Rooms['schema']['move']>>[number]

interface MoveOptions {
  set?: string
  sql?: true
  yes?: true
  acceptEdited?: true
}

function toRequest(verb: Request['verb'], target: string | undefined, { set, acceptEdited }: MoveOptions): Request {
  return { verb, target, set, acceptEdited }
}

/** Names by set, as scripts want them. */
function bySet(steps: readonly Step[]): Record<string, string[]> {
  const names: Record<string, string[]> = {}
  for (const { set, migration } of steps) if (migration !== '') (names[set] ??= []).push(migration)
  return names
}

const lineOf = ({ set, migration }: Step): string => `  ${set}  ${migration}`

/** Prints exactly what would run; nothing is changed, no schema and no record table either. */
async function printSql({ output }: Context, rooms: Rooms, request: Request): Promise<void> {
  const { steps } = await rooms.schema.plan(request)
  const sql = rooms.schema.script(steps)
  output.say(steps.length === 0 ? 'Nothing would run.' : `Nothing was changed. This would run, in transactions: ${String(steps.length)}`)
  output.result({ workspace: rooms.workspace.settings.name, steps: bySet(steps), sql }, () => [sql.trimEnd()])
}

function carryOut({ output, signal }: Context, rooms: Rooms, request: Request): Promise<Step[]> {
  return rooms.schema.move(request, {
    signal,
    say: output.say,
    onStep: (step) => step.migration !== '' && output.say(`  ${step.direction.padEnd(6)} ${step.set} ${step.migration}`),
  })
}

async function upgrade(context: Context, target: string | undefined, options: MoveOptions): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const request = toRequest('upgrade', target, options)
    if (options.sql === true) return printSql(context, rooms, request)
    const steps = await carryOut(context, rooms, request)
    const applied = { ...Object.fromEntries((await rooms.migrations()).map(({ set }) => [set, []])), ...bySet(steps) }
    const moved = steps.filter((step) => step.migration !== '')
    context.output.result({ workspace: rooms.workspace.settings.name, applied }, () =>
      moved.length === 0 ? ['The warehouse is current; nothing to apply.'] : ['Applied:', ...moved.map(lineOf)],
    )
  })
}

async function downgrade(context: Context, target: string | undefined, options: MoveOptions): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const request = toRequest('downgrade', target, options)
    if (options.sql === true) return printSql(context, rooms, request)
    const { steps, reaches } = await rooms.schema.plan(request)
    const down = steps.filter((step) => step.direction === 'down')
    const set = down[0]?.set
    if (set !== undefined) {
      await confirm(
        context,
        ['This takes back, and with it the rows that only these tables hold:', ...down.map(lineOf)],
        options.yes === true,
      )
    }
    // The place that was confirmed, not “one down” once more: somebody else may have moved in between.
    const done = set === undefined ? [] : await carryOut(context, rooms, { verb: 'downgrade', set, target: reaches[set] })
    const moved = done.filter((step) => step.direction === 'down')
    context.output.result({ workspace: rooms.workspace.settings.name, reverted: bySet(moved) }, () =>
      moved.length === 0 ? ['Nothing to take back.'] : ['Taken back:', ...moved.map(lineOf)],
    )
  })
}

async function stamp(context: Context, target: string, options: MoveOptions): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const request = toRequest('stamp', target, options)
    if (options.sql === true) return printSql(context, rooms, request)
    const { steps } = await rooms.schema.plan(request)
    const what = steps.map(
      (step) => `${lineOf(step)}  ${step.direction === 'record' ? 'would count as applied' : 'would count as pending'}`,
    )
    if (steps.length > 0) await confirm(context, ['This changes the record alone; no table is touched:', ...what], options.yes === true)
    const done = steps.length === 0 ? [] : await carryOut(context, rooms, request)
    const named = (direction: Step['direction']): Step[] => done.filter((step) => step.direction === direction)
    context.output.result(
      { workspace: rooms.workspace.settings.name, recorded: bySet(named('record')), forgotten: bySet(named('forget')) },
      () =>
        done.length === 0
          ? ['The record says so already.']
          : [...named('record').map((step) => `${lineOf(step)}  recorded`), ...named('forget').map((step) => `${lineOf(step)}  forgotten`)],
    )
  })
}

const SET = ['--set <set>', 'one set alone: engine, or the pack’s name'] as const
const SQL = ['--sql', 'print the SQL that would run, and run nothing'] as const
const EDITED = ['--accept-edited', 'take the texts of edited files for what was applied'] as const

/** Adds the verbs that move migrations. */
export function addMoveCommands(warehouse: Command): void {
  warehouse
    .command('upgrade [target]')
    .description('apply pending migrations: head (all), +1 (the next), or up to a migration')
    .option(...SET)
    .option(...SQL)
    .option(...EDITED)
    .addHelpText(
      'after',
      '\nExamples:\n  quintile warehouse upgrade --workspace shop\n  quintile warehouse upgrade +1\n  quintile warehouse upgrade 0002 --set globalmart\n  quintile warehouse upgrade --sql > upgrade.sql',
    )
    .action((target: string | undefined, options: MoveOptions, command: Command) => upgrade(openContext(command), target, options))
  warehouse
    .command('downgrade [target]')
    .description('take migrations of the pack back: -1 (the last), base (all), or down to a migration, which stays')
    .option(...SET)
    .option(...SQL)
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nRows in the tables that go are lost: make a backup first.\n\nExamples:\n  quintile warehouse downgrade\n  quintile warehouse downgrade -2 --yes\n  quintile warehouse downgrade 0001_imported_orders --sql\n  quintile warehouse downgrade -1 --set engine',
    )
    .action((target: string | undefined, options: MoveOptions, command: Command) => downgrade(openContext(command), target, options))
  warehouse
    .command('stamp <target>')
    .description('record migrations as applied, up to head or a migration, without running them: adopts tables that are there already')
    .option(...SET)
    .option(...SQL)
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile warehouse stamp head --set globalmart\n  quintile warehouse stamp 0002_star_schema --yes\n  quintile warehouse stamp base --set globalmart --yes',
    )
    .action((target: string, options: MoveOptions, command: Command) => stamp(openContext(command), target, options))
}
