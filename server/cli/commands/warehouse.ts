/** `quintile warehouse …`: how the migrations stand; the verbs that change or test something have files of their own. */
import type { Command } from 'commander'
import { openContext, withRooms, type Context } from '../context.ts'
import type { Rooms } from '../../assemble.ts'
import { table } from '../output.ts'
import { addBackupCommands } from './warehouse-backup.ts'
import { addCheckCommands } from './warehouse-check.ts'
import { addMoveCommands } from './warehouse-move.ts'

type Entry = Awaited<ReturnType<Rooms['schema']['history']>>[number]

async function current(context: Context): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const sets = await rooms.migrations()
    const readOnly = await rooms.schema.readOnlyReason()
    const isCurrent = readOnly === null && sets.every((set) => set.pending.length === 0)
    const { name } = rooms.workspace.settings
    context.output.result({ workspace: name, current: isCurrent, read_only: readOnly === null ? null : { reason: readOnly }, sets }, () => [
      readOnly ?? (isCurrent ? 'The warehouse is current.' : 'The warehouse lacks migrations; run “quintile warehouse upgrade”.'),
      ...sets.map(
        (set) =>
          `  ${set.set}: at ${set.applied.at(-1) ?? 'nothing'}${set.pending.length === 0 ? '' : `, pending ${set.pending.join(', ')}`}`,
      ),
    ])
  })
}

function remarksOf({ edited, unknown, current: isCurrent }: Entry): string {
  return [
    ...(unknown ? ['of a newer Quintile'] : []),
    ...(edited ? ['FILE EDITED SINCE'] : []),
    ...(isCurrent ? ['<- you are here'] : []),
  ].join('  ')
}

async function history(context: Context): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const entries = await rooms.schema.history()
    const edited = entries.filter((entry) => entry.edited)
    if (edited.length > 0) {
      const names = edited.map((entry) => entry.migration).join(', ')
      context.output.say(`Warning: edited after they were applied: ${names}. “quintile warehouse upgrade” will refuse to go on.`)
    }
    context.output.result({ workspace: rooms.workspace.settings.name, migrations: entries }, () =>
      table(
        ['Set', 'Migration', 'Status', 'Applied', 'By', 'Machine', 'Quintile', ''],
        entries.map((entry) => [
          entry.set,
          entry.migration,
          entry.status,
          entry.applied_at?.slice(0, 19) ?? '',
          entry.applied_by ?? '',
          entry.machine ?? '',
          entry.code_version ?? '',
          remarksOf(entry),
        ]),
      ),
    )
  })
}

/** Adds `warehouse` with all of its verbs. */
export function addWarehouseCommands(program: Command): void {
  const warehouse = program.command('warehouse').description('the tables of the warehouse: migrations, drift, doctor, backup')
  warehouse
    .command('current')
    .description('show which migrations are applied and which are pending')
    .addHelpText('after', '\nExample:\n  quintile warehouse current --format json')
    .action((_options: unknown, command: Command) => current(openContext(command)))
  warehouse
    .command('history')
    .description('show every migration: applied when, by whom, on which machine, by which version')
    .addHelpText('after', '\nExample:\n  quintile warehouse history')
    .action((_options: unknown, command: Command) => history(openContext(command)))
  addMoveCommands(warehouse)
  addCheckCommands(warehouse)
  addBackupCommands(warehouse)
}
