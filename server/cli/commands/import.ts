/** `quintile import orders FILE` */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { Failure } from '../../../shared/failure.ts'
import type { Rooms } from '../../assemble.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, seconds } from '../output.ts'
import { openProgress } from '../progress.ts'

interface ImportOptions {
  map: string[]
  delimiter?: string
  encoding?: 'utf-8' | 'windows-1252'
  dateOrder?: 'dmy' | 'mdy'
  decimal?: 'point' | 'comma'
}

type Outcome = Awaited<ReturnType<Rooms['pipelines']['importFile']>>
type Result = NonNullable<Outcome['result']>

const DELIMITER: Record<string, string> = { ',': 'comma', ';': 'semicolon', '\t': 'tab' }

function notesInWords({ notes }: Result): string[] {
  const said = (counts: Record<string, number>, word: string): string[] =>
    Object.entries(counts).map(([field, count]) => `${number(count)} ${word.replace('%', field)}`)
  const all = [...said(notes.empty, 'without %'), ...said(notes.negative, 'with a negative %'), ...said(notes.zero, 'with % zero')]
  return all.length === 0 ? [] : [`  kept as they are: ${all.join(', ')}`]
}

function inWords(result: Result, outcome: Outcome, file: string): string[] {
  const known =
    result.already_imported === 0 ? [] : [`  ${number(result.already_imported)} of its ${number(result.lines)} lines were already imported`]
  return [
    `Imported ${file}: read ${number(result.read)} = loaded ${number(result.loaded)} + rejected ${number(result.rejected)} in ${seconds(outcome.run.seconds)}`,
    ...known,
    `  ${DELIMITER[result.dialect.delimiter] ?? `“${result.dialect.delimiter}”`} separated, ${result.dialect.encoding}, decimal ${result.dialect.decimal}; ${result.mapping.map(({ column, field }) => `${column} → ${field}`).join(', ')}`,
    ...(result.ignored_columns.length === 0 ? [] : [`  columns not used: ${result.ignored_columns.join(', ')}`]),
    ...notesInWords(result),
    ...result.rejects.map(({ reason, count }) => `  rejected ${number(count)}: ${reason}`),
    ...(result.rejected === 0 ? [] : [`  the rejected lines: quintile runs show ${outcome.run.run_id}`]),
    ...(result.loaded === 0 ? ['Nothing new in this file.'] : []),
  ]
}

/** Imports one file into the open workspace, with a bar on a terminal. Throws the import's failure. */
export async function importFile(
  { output, signal }: Pick<Context, 'output' | 'signal'>,
  rooms: Rooms,
  request: { name: string; file: string } & Partial<ImportOptions>,
): Promise<void> {
  const { name, file } = request
  const progress = openProgress(`Importing ${name}`, rooms.clock)
  const outcome = await rooms.pipelines
    .importFile({
      ...request,
      request: `quintile import ${name} ${file}`,
      signal,
      onProgress: ({ bytesDone, bytesTotal, lines }) =>
        progress.show({ done: bytesDone, total: bytesTotal, text: `${number(lines)} lines` }),
    })
    .finally(() => progress.end())
  const { run, result } = outcome
  if (result === null) {
    const error = run.error
    throw new Failure({
      kind: 'stop',
      code: error?.code ?? 'import.failed',
      message: error?.message ?? 'The import failed',
      hint: error?.hint ?? undefined,
      details: { run_id: run.run_id },
    })
  }
  const { notes, dialect, mapping, ignored_columns, ...counts } = result
  output.result({ run_id: run.run_id, status: run.status, ...counts, notes, dialect, mapping, ignored_columns, seconds: run.seconds }, () =>
    inWords(result, outcome, file),
  )
}

function collectMapping(text: string, earlier: string[]): string[] {
  if (!/^.+=[a-z_]+$/.test(text)) throw new InvalidArgumentError('write column=field, e.g. --map "Customer No=customer_id"')
  return [...earlier, text]
}

/** Adds `import` to the program. */
export function addImportCommand(program: Command): void {
  program
    .command('import <name> <file>')
    .description('import a CSV file (also .gz), e.g. the orders of a shop')
    .option('--map <column=field>', 'which column of the file is which field; may be repeated', collectMapping, [])
    .option('--delimiter <delimiter>', 'comma, semicolon, tab or one character; found out by itself otherwise')
    .addOption(new Option('--encoding <encoding>', 'found out by itself otherwise').choices(['utf-8', 'windows-1252']))
    .addOption(new Option('--date-order <order>', 'how 3/4/2011 is meant, where the file itself does not tell').choices(['dmy', 'mdy']))
    .addOption(new Option('--decimal <mark>', 'found out by itself otherwise').choices(['point', 'comma']))
    .addHelpText(
      'after',
      '\nExamples:\n  quintile import orders orders.csv.gz --workspace shop\n  quintile import orders bestellungen.csv --map "Kunde=customer_id" --map "Menge=quantity" --delimiter semicolon',
    )
    // eslint-disable-next-line max-params -- commander hands over each argument by itself, then the options and the command
    .action((name: string, file: string, options: ImportOptions, command: Command) => {
      const context = openContext(command)
      return withRooms(context, 'current', (rooms) => importFile(context, rooms, { ...options, name, file }))
    })
}
