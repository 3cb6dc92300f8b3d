/** `quintile warehouse upgrade|current` */
import type { Command } from 'commander'
import { openContext, withRooms, type Context } from '../context.ts'

async function upgrade(context: Context): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const applied = await rooms.upgradeWarehouse()
    const files = Object.entries(applied).flatMap(([set, names]) => names.map((name) => `  ${set}  ${name}`))
    context.output.result({ workspace: rooms.workspace.settings.name, applied }, () =>
      files.length === 0 ? ['The warehouse is current; nothing to apply.'] : ['Applied:', ...files],
    )
  })
}

async function current(context: Context): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const sets = await rooms.migrations()
    const isCurrent = sets.every((set) => set.pending.length === 0)
    context.output.result({ workspace: rooms.workspace.settings.name, current: isCurrent, sets }, () => [
      isCurrent ? 'The warehouse is current.' : 'The warehouse lacks migrations; run “quintile warehouse upgrade”.',
      ...sets.map(
        (set) =>
          `  ${set.set}: at ${set.applied.at(-1) ?? 'nothing'}${set.pending.length === 0 ? '' : `, pending ${set.pending.join(', ')}`}`,
      ),
    ])
  })
}

export function addWarehouseCommands(program: Command): void {
  const warehouse = program.command('warehouse').description('the tables of the warehouse and their migrations')
  warehouse
    .command('upgrade')
    .description('apply the pending migrations')
    .addHelpText('after', '\nExample:\n  quintile warehouse upgrade --workspace shop')
    .action((_options: unknown, command: Command) => upgrade(openContext(command)))
  warehouse
    .command('current')
    .description('show which migrations are applied and which are pending')
    .action((_options: unknown, command: Command) => current(openContext(command)))
}
