/** `quintile connect` and `connect tables|check|apply`: a warehouse that others made, only read. */
import { readFile, rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import {
  createWorkspace,
  openRooms,
  PARTS,
  type Finding,
  type FoundTable,
  type MappingReport,
  type PartName,
  type Rooms,
} from '../../assemble.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, table } from '../output.ts'
import { warehouseSettings } from './workspace.ts'

interface ConnectOptions extends Partial<Record<PartName, string>> {
  warehouse?: string
  passwordEnv?: string
  featuresQuery?: string
  map: string[]
}

/** Longer lists are for `connect tables`. */
const MOST_TABLES = 12

const MARK: Record<Finding['level'], string> = { ok: '●', warning: '▲', error: '✗' }

function sayFindings({ findings, parts }: MappingReport): string[] {
  return [
    ...findings.flatMap(({ part, field, level, message, hint }) => [
      `${MARK[level]} ${part}${field === null ? '' : `.${field}`}: ${message}`,
      ...(hint === null ? [] : [`  → ${hint}`]),
    ]),
    ...parts.flatMap(({ part, from, sample }) =>
      sample.length === 0
        ? []
        : [
            '',
            `${part}, from ${from}:`,
            ...table(
              Object.keys(sample[0] ?? {}),
              sample.map((row) => Object.values(row).map((value) => value ?? '')),
            ),
          ],
    ),
  ]
}

function sayTables(found: readonly FoundTable[], most = found.length): string[] {
  const looks = ({ candidates }: FoundTable): string =>
    (['customer_id', 'ordered_at', 'amount', 'product_id'] as const)
      .flatMap((meaning) => (candidates[meaning][0] === undefined ? [] : [`${meaning}: ${candidates[meaning][0]}`]))
      .join(', ')
  return [
    ...table(
      ['Table', 'Kind', 'Rows about', 'Columns', 'Looks like'],
      found
        .slice(0, most)
        .map((one) => [one.table, one.kind, one.rows === null ? '' : number(one.rows), String(one.columns.length), looks(one)]),
    ),
    ...(found.length > most ? [`… and ${String(found.length - most)} more: quintile connect tables`] : []),
  ]
}

/** `orders.amount=total` to `{ 'orders.amount': 'total' }`. Errors: `mapping.bad-map`. */
function toColumns(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word): [string, string] => {
      const at = word.indexOf('=')
      if (at < 1 || at === word.length - 1) throw mistake('mapping.bad-map', `“${word}” maps nothing`, 'Write --map orders.amount=total')
      return [word.slice(0, at), word.slice(at + 1)]
    }),
  )
}

/** The database's name as a workspace's, when none is given. */
function workspaceFor(context: Context, database: string): string {
  const given = context.options.workspace ?? process.env['QUINTILE_WORKSPACE']
  return (
    given ??
    (database
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, '_')
      .replace(/^[^a-z]+/, '')
      .slice(0, 41) ||
      'warehouse')
  )
}

async function connect(context: Context, options: ConnectOptions): Promise<void> {
  if (options.warehouse === undefined)
    throw mistake(
      'mapping.no-warehouse',
      'Say which database',
      'quintile connect --warehouse postgres://user@host:port/database --password-env VARIABLE',
    )
  const columns = toColumns(options.map)
  const settings = warehouseSettings('', options)
  const name = workspaceFor(context, settings.database)
  const { folder } = await createWorkspace(context.home, { name, pack: 'blank', warehouse: settings, read_only: true })
  const rooms = await openRooms({ home: context.home, workspace: name, clock: Date.now, environment: process.env, log: context.output.say })
  let mapped = false
  try {
    const found = await rooms.mapping.tables()
    sayTables(found, MOST_TABLES).forEach((line) => context.output.say(line))
    await rooms.mapping.write(rooms.mapping.propose(found, await wishesOf(options, columns)))
    mapped = true
    const report = await rooms.mapping.check()
    if (report.ok) await rooms.mapping.apply()
    const lines = [
      `Made the workspace ${name}, which only reads ${rooms.warehouse.label}: ${folder}`,
      report.ok
        ? `Next: quintile features sync --workspace ${name}`
        : `Correct ${folder}/mapping.yaml, then: quintile connect check --workspace ${name}; quintile connect apply --workspace ${name}`,
    ]
    tell(context, rooms, { report, lines })
  } finally {
    await rooms.close()
    // Without a mapping there is nothing to correct: the same command can be given again.
    if (!mapped) await rm(folder, { recursive: true, force: true })
  }
}

async function wishesOf(options: ConnectOptions, columns: Record<string, string>) {
  const file = options.featuresQuery
  const featuresQuery = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined)
  if (file !== undefined && featuresQuery === undefined)
    throw mistake('mapping.no-query', `The file ${file} cannot be read`, 'Give the path of a file with one SELECT.')
  const tables = Object.fromEntries(PARTS.flatMap((part) => (options[part] === undefined ? [] : [[part, options[part]]])))
  return { tables, featuresQuery, columns }
}

function tell({ output }: Context, { workspace }: Rooms, { report, lines }: { report: MappingReport; lines: readonly string[] }): void {
  output.result({ workspace: workspace.settings.name, folder: workspace.folder, ...report }, () => [...sayFindings(report), '', ...lines])
  if (!report.ok) process.exitCode = 1
}

function showTables(context: Context): Promise<void> {
  return withRooms(context, 'any', async (rooms) => {
    const tables = await rooms.mapping.tables()
    context.output.result({ tables }, () => sayTables(tables))
  })
}

function check(context: Context): Promise<void> {
  return withRooms(context, 'any', async (rooms) => {
    const report = await rooms.mapping.check()
    const lines = [report.ok ? 'The mapping is true of the tables.' : 'The mapping is wrong; what to do stands behind the arrows.']
    tell(context, rooms, { report, lines })
  })
}

function apply(context: Context): Promise<void> {
  return withRooms(context, 'any', async (rooms) => {
    const { report, applied } = await rooms.mapping.apply()
    context.output.result({ ...report, ...applied }, () => [
      ...applied.written.map((file) => `● ${file}`),
      ...applied.kept.map((file) => `▲ ${file}: changed by hand, left as it is`),
      ...applied.removed.map((file) => `– ${file}: this mapping does not have what it needs`),
      'Next: quintile features sync',
    ])
  })
}

/** Adds `connect` and its verbs to the program. */
export function addConnectCommands(program: Command): void {
  const command = program
    .command('connect')
    .description('read a warehouse that already exists: find its tables, map them, make features, reports and segments')
    .option('--warehouse <url>', 'postgres://user@host:port/database[?sslmode=require]; a login that may only read is enough')
    .option('--password-env <variable>', 'environment variable that holds the password')
    .option('--features <table>', 'table or view with one row per customer, or none')
    .option('--features-query <file>', 'a SELECT with one row per customer instead')
    .option('--orders <table>', 'table or view of orders or order lines, or none')
    .option('--products <table>', 'table or view of products, or none')
    .option('--contacts <table>', 'table or view of contacts, or none')
    .option('--map <part.field=column>', 'which column is what; repeat it', (word: string, all: string[]) => [...all, word], [])
    .addHelpText(
      'after',
      '\nWhat is not said is guessed, and written to mapping.yaml of the workspace.\n\nExamples:\n  quintile connect --warehouse postgres://reader@dwh.example:5432/shop --password-env SHOP_PASSWORD\n  quintile connect --warehouse postgres://reader@dwh.example/shop --orders sales.lines --map orders.amount=net --workspace shop\n  quintile connect check --workspace shop',
    )
    .action((options: ConnectOptions, self: Command) => connect(openContext(self), options))
  command
    .command('tables')
    .description('list the tables and views that the login may read')
    .action((_options: unknown, self: Command) => showTables(openContext(self)))
  command
    .command('check')
    .description('hold mapping.yaml against the live tables: columns, types, one row per customer, samples')
    .action((_options: unknown, self: Command) => check(openContext(self)))
  command
    .command('apply')
    .description('check, then write features, reports and segments anew from mapping.yaml')
    .action((_options: unknown, self: Command) => apply(openContext(self)))
}
