/** The `quintile` command. Exit codes: 0 done, 1 a failure that we foresaw, 2 bad usage or a crash. */
import { CommanderError, Option, program, type Command } from 'commander'
import { VERSION } from '../version.ts'
import { addAliasesCommands } from './commands/aliases.ts'
import { addConnectCommands } from './commands/connect.ts'
import { addDemoCommands } from './commands/demo.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addFeaturesCommands } from './commands/features.ts'
import { addImportCommand } from './commands/import.ts'
import { addManualCommand } from './commands/manual.ts'
import { addNotificationsCommands } from './commands/notifications.ts'
import { addPlanCommand } from './commands/plan.ts'
import { addRejectsCommands } from './commands/rejects.ts'
import { addReportCommand } from './commands/report.ts'
import { addRunCommand } from './commands/run.ts'
import { addRunsCommands } from './commands/runs.ts'
import { addSchedulesCommands } from './commands/schedules.ts'
import { addSegmentsCommands } from './commands/segments.ts'
import { addServeCommands } from './commands/serve.ts'
import { addSourcesCommands } from './commands/sources.ts'
import { addWarehouseCommands } from './commands/warehouse.ts'
import { addWorkspaceCommands } from './commands/workspace.ts'
import { tellFailure, type Format } from './output.ts'

const EXAMPLES = `
Examples:
  quintile start                                             demo workspace, jobs, screen
  quintile workspace create shop --pack globalmart
  quintile import orders orders.csv.gz --workspace shop
  quintile run --jobs all --workspace shop
  quintile features sync --workspace shop
  quintile segments count active_high_value --workspace shop

Everything is kept in QUINTILE_HOME (default: the user's data folder).`

function build(): Command {
  program
    .name('quintile')
    .description('Customer analytics: warehouse pipelines, RFM, segments and reports')
    .version(VERSION)
    .addOption(
      new Option('--format <format>', 'text for people, json for scripts (last line of standard output)')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--workspace <name>', 'the workspace (or QUINTILE_WORKSPACE; the only one there is needs no name)')
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .exitOverride()
  addServeCommands(program)
  addDemoCommands(program)
  addWorkspaceCommands(program)
  addConnectCommands(program)
  addDoctorCommand(program)
  addWarehouseCommands(program)
  addImportCommand(program)
  addPlanCommand(program)
  addRunCommand(program)
  addRunsCommands(program)
  addRejectsCommands(program)
  addAliasesCommands(program)
  addSourcesCommands(program, (rooms) => rooms.pipelines.sources)
  addSchedulesCommands(program)
  addNotificationsCommands(program)
  addFeaturesCommands(program)
  addSegmentsCommands(program)
  addReportCommand(program)
  addManualCommand(program)
  for (const command of program.commands) inherit(command)
  return program
}

/** Global options may stand behind the verb too, and errors of every depth come back to us. */
function inherit(command: Command): void {
  command.exitOverride()
  if (command.commands.length === 0) {
    command.addOption(new Option('--format <format>').choices(['text', 'json']).hideHelp())
    command.addOption(new Option('--workspace <name>').hideHelp())
  }
  for (const child of command.commands) inherit(child)
}

async function main(): Promise<void> {
  const format: Format = process.argv.includes('json') ? 'json' : 'text'
  try {
    await build().parseAsync()
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // Help and version are answers; everything else that commander refuses is bad usage.
      process.exitCode = thrown.exitCode === 0 ? 0 : 2
      if (thrown.exitCode !== 0 && format === 'json')
        process.stdout.write(
          `${JSON.stringify({ error: { code: 'usage', message: thrown.message, hint: 'quintile --help', details: {} } })}\n`,
        )
      return
    }
    process.exitCode = tellFailure(thrown, format)
  }
}

// A reader that has seen enough (| head) closes the pipe; that is its right and no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2))

await main()
// Everything was closed in order; what is left (a signal handler, a parent's pipe) must not keep the command alive.
process.stdout.write('', () => process.exit())
