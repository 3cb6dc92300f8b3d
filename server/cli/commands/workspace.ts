/** `quintile workspace create|list|show` */
import type { Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import { createWorkspace, listWorkspaces, openRooms, readWorkspace, type WorkspaceSettings } from '../../assemble.ts'
import { openContext, workspaceName, type Context } from '../context.ts'
import { table } from '../output.ts'

interface CreateOptions {
  pack: string
  warehouse?: string
  passwordEnv?: string
}

function databaseName(workspace: string): string {
  return `quintile_${workspace.replaceAll('-', '_')}`
}

/** A server given as postgres://user@host:port/database, or the embedded one. Errors: `workspace.bad-url`, `workspace.password-in-url`. */
export function warehouseSettings(name: string, { warehouse, passwordEnv }: Omit<CreateOptions, 'pack'>): WorkspaceSettings['warehouse'] {
  if (warehouse === undefined) return { engine: 'embedded', database: databaseName(name) }
  const url = URL.canParse(warehouse) ? new URL(warehouse) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.username === '' || url.pathname.length < 2) {
    throw mistake(
      'workspace.bad-url',
      'The warehouse is written postgres://user@host:port/database',
      'Without --warehouse the embedded database is used.',
    )
  }
  if (url.password !== '') {
    throw mistake(
      'workspace.password-in-url',
      'A password in the address would be written to a file',
      'Put it into an environment variable and name that: --password-env QUINTILE_WAREHOUSE_PASSWORD',
    )
  }
  const sslmode = url.searchParams.get('sslmode')
  return {
    engine: 'postgres',
    host: url.hostname,
    port: url.port === '' ? 5432 : Number(url.port),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
    tls: sslmode === 'verify-full' ? 'verify' : sslmode === 'require' ? 'require' : 'off',
    ...(passwordEnv === undefined ? {} : { password_env: passwordEnv }),
  }
}

async function create(context: Context, name: string, options: CreateOptions): Promise<void> {
  const workspace = await createWorkspace(context.home, { name, pack: options.pack, warehouse: warehouseSettings(name, options) })
  const rooms = await openRooms({ home: context.home, workspace: name, clock: Date.now, environment: process.env, log: context.output.say })
  try {
    const migrations = await rooms.upgradeWarehouse()
    context.output.result(
      { workspace: name, pack: options.pack, folder: workspace.folder, warehouse: rooms.warehouse.label, migrations },
      () => [
        `Created workspace ${name} from the pack ${options.pack}`,
        `  folder     ${workspace.folder}`,
        `  warehouse  ${rooms.warehouse.label}, ${String(Object.values(migrations).flat().length)} migrations applied`,
      ],
    )
  } finally {
    await rooms.close()
  }
}

async function list(context: Context): Promise<void> {
  const names = await listWorkspaces(context.home)
  const workspaces = await Promise.all(names.map(async (name) => (await readWorkspace(context.home, name)).settings))
  context.output.result({ workspaces: workspaces.map(({ name, pack, warehouse }) => ({ workspace: name, pack, warehouse })) }, () =>
    workspaces.length === 0
      ? ['There is no workspace yet. Make one: quintile workspace create NAME --pack globalmart']
      : table(
          ['Workspace', 'Pack', 'Warehouse', 'Database'],
          workspaces.map(({ name, pack, warehouse }) => [name, pack, warehouse.engine, warehouse.database]),
        ),
  )
}

async function show(context: Context, name: string | undefined): Promise<void> {
  const found = await readWorkspace(context.home, name ?? (await workspaceName(context)))
  const { settings, folder, pack } = found
  context.output.result(
    { workspace: settings.name, pack: settings.pack, folder, warehouse: settings.warehouse, features: pack.features },
    () => [
      `Workspace  ${settings.name}`,
      `Pack       ${settings.pack} (${pack.title})`,
      `Folder     ${folder}`,
      `Warehouse  ${settings.warehouse.engine}, database ${settings.warehouse.database}`,
      `Features   ${pack.features.table ?? 'a query of pack.yaml'}`,
    ],
  )
}

/** Adds `workspace create`, `list` and `show` to the program. */
export function addWorkspaceCommands(program: Command): void {
  const workspace = program.command('workspace').description('make, list and show workspaces')
  workspace
    .command('create <name>')
    .description('make a workspace from a pack and its tables in the warehouse')
    .option('--pack <pack>', 'the pack to copy', 'globalmart')
    .option('--warehouse <url>', 'postgres://user@host:port/database[?sslmode=require]; default: the embedded database')
    .option('--password-env <variable>', 'environment variable that holds the password')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile workspace create shop --pack globalmart\n  quintile workspace create shop --warehouse postgres://ana@dwh.example:5432/shop --password-env SHOP_PASSWORD',
    )
    .action((name: string, options: CreateOptions, command: Command) => create(openContext(command), name, options))
  workspace
    .command('list')
    .description('list the workspaces')
    .action((_options: unknown, command: Command) => list(openContext(command)))
  workspace
    .command('show [name]')
    .description('show one workspace')
    .action((name: string | undefined, _options: unknown, command: Command) => show(openContext(command), name))
}
