/** `quintile warehouse backup|restore` */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openContext, withRooms, type Context } from '../context.ts'
import { number } from '../output.ts'
import { confirm } from './warehouse-confirm.ts'

async function backup(context: Context, file: string, { force }: { force?: true }): Promise<void> {
  const { output, signal } = context
  await withRooms(context, 'any', async (rooms) => {
    const done = await rooms.schema.backUp(resolve(file), { force: force === true, say: output.say, signal })
    output.result({ workspace: rooms.workspace.settings.name, ...done }, () => [
      `Wrote ${done.file}: ${number(done.bytes)} bytes, the rows of ${String(done.tables)} tables, by pg_dump ${done.version}`,
    ])
  })
}

async function restore(context: Context, file: string, { clean, yes }: { clean?: true; yes?: true }): Promise<void> {
  const { output, signal } = context
  await withRooms(context, 'any', async (rooms) => {
    if (clean === true)
      await confirm(context, [`This replaces the contents of ${rooms.warehouse.label} with those of ${file}.`], yes === true)
    const done = await rooms.schema.restore(resolve(file), { clean: clean === true, say: output.say, signal })
    const reason = await rooms.schema.readOnlyReason()
    const pending = (await rooms.migrations()).flatMap((state) => state.pending)
    output.result({ workspace: rooms.workspace.settings.name, ...done, pending, read_only: reason }, () => [
      `Restored ${done.file}: the rows of ${String(done.tables)} tables, by pg_restore ${done.version}`,
      ...(pending.length === 0
        ? []
        : [`The backup is older than this Quintile; run “quintile warehouse upgrade” for ${pending.join(', ')}.`]),
      ...(reason === null ? [] : [reason]),
      'Run “quintile features sync” to renew the local copy.',
    ])
  })
}

/** Adds `backup` and `restore`. */
export function addBackupCommands(warehouse: Command): void {
  warehouse
    .command('backup <file>')
    .description('write the whole database into a file, with PostgreSQL’s own pg_dump (custom format)')
    .option('--force', 'overwrite the file')
    .addHelpText('after', '\nExamples:\n  quintile warehouse backup shop.dump\n  quintile warehouse backup shop.dump --force --format json')
    .action((file: string, options: { force?: true }, command: Command) => backup(openContext(command), file, options))
  warehouse
    .command('restore <file>')
    .description('bring a backup back, all of it or nothing, with PostgreSQL’s own pg_restore')
    .option('--clean', 'replace what is in the database')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  quintile warehouse restore shop.dump\n  quintile warehouse restore shop.dump --clean --yes')
    .action((file: string, options: { clean?: true; yes?: true }, command: Command) => restore(openContext(command), file, options))
}
