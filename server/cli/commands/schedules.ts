/** `quintile schedules list|show|next|ledger|enable|disable|run-now|validate|save|remove` */
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { InvalidArgumentError, type Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import type { NextTick, ScheduleDetail, ScheduleSummary, ScheduleTick } from '../../../shared/schedule.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { table } from '../output.ts'
import { tellRun } from './run.ts'

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ')

function tickLines(ticks: readonly ScheduleTick[]): string[] {
  return table(
    ['Due (UTC)', 'Outcome', 'Machine', 'Run', 'Note'],
    ticks.map(({ due_at, outcome, machine, run_id, note }) => [minute(due_at), outcome, machine, run_id ?? '', note ?? '']),
  )
}

function nextLines(next: readonly NextTick[]): string[] {
  return next.map(({ words, note }) => `  ${words}${note === null ? '' : `  (${note})`}`)
}

/** Where ticks of the local copy are shown, as of when. */
function sayOrigin({ ticks_source, ticks_as_of }: ScheduleSummary): string[] {
  return ticks_source === 'warehouse'
    ? []
    : [`The warehouse cannot be asked; ticks as last known${ticks_as_of === null ? '' : `, ${minute(ticks_as_of)} UTC`}.`]
}

async function list(context: Context): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const schedules = await rooms.schedules.list()
    context.output.result({ schedules }, () => [
      ...table(
        ['Schedule', 'State', 'When', 'Last tick'],
        schedules.map(({ name, state, words, problem, waiting, ticks: [last] }) => [
          name,
          state,
          problem?.message ?? (waiting === null ? words : `${words}; waits: ${waiting}`),
          last === undefined ? 'never' : `${minute(last.due_at)} ${last.outcome}`,
        ]),
      ),
      ...schedules.slice(0, 1).flatMap(sayOrigin),
      ...(schedules.length === 0 ? ['There are no schedules. “quintile schedules save NAME --file FILE” makes one.'] : []),
    ])
  })
}

function describe(shown: ScheduleDetail): string[] {
  const { name, schedule, state, waiting, words, problem, next, ticks, file } = shown
  return [
    `Schedule “${name}”${schedule === null ? '' : `: ${schedule.title}`}`,
    `  ${state}${waiting === null ? '' : `: ${waiting}`}`,
    ...(problem === null ? [`  ${words}`] : [`  ${problem.code}: ${problem.message}`, `  → ${problem.hint ?? ''}`]),
    ...(next.length === 0 ? [] : ['Next:', ...nextLines(next)]),
    ...(ticks.length === 0 ? ['No ticks yet.'] : ['Last ticks:', ...tickLines(ticks)]),
    ...sayOrigin(shown),
    '',
    `${file}:`,
    ...shown.text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
  ]
}

async function show(context: Context, name: string): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const shown = await rooms.schedules.show(name)
    context.output.result(shown, () => describe(shown))
  })
}

async function next(context: Context, name: string, { count }: { count: number }): Promise<void> {
  await withRooms(context, 'offline', async (rooms) => {
    const times = await rooms.schedules.next(name, count)
    context.output.result({ schedule: name, next: times }, () => nextLines(times))
  })
}

async function ledger(context: Context, name: string, { limit }: { limit: number }): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const known = await rooms.schedules.ledger(name, limit)
    context.output.result({ schedule: name, ...known }, () => [
      ...tickLines(known.ticks),
      ...(known.source === 'warehouse'
        ? []
        : [`The warehouse cannot be asked; as last known${known.as_of === null ? '' : `, ${minute(known.as_of)} UTC`}.`]),
    ])
  })
}

async function enable(context: Context, name: string, enabled: boolean): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const changed = await rooms.schedules.enable(name, enabled)
    context.output.result(changed, () => [`“${name}” is ${enabled ? `on: ${changed.words}` : 'off'}`])
  })
}

async function runNow(context: Context, name: string): Promise<void> {
  await withRooms(context, 'current', async (rooms) => {
    const { runId, done } = await rooms.schedules.runNow(name, context.signal)
    context.output.say(`Run ${runId} …`)
    await done
    tellRun(context, await rooms.runs.show(runId))
  })
}

async function readText(from: string): Promise<string> {
  const text = from === '-' ? await readAll(process.stdin) : await readFile(from, 'utf8').catch(() => undefined)
  if (text === undefined)
    throw mistake('schedule.no-file', `The file ${from} cannot be read`, 'Give the path of a YAML file, or - for standard input.')
  return text
}

async function validate(context: Context, { file }: { file: string }): Promise<void> {
  await withRooms(context, 'offline', async (rooms) => {
    const found = await rooms.schedules.validate(await readText(file))
    context.output.result(found, () =>
      found.problem === null
        ? [found.words ?? '', ...nextLines(found.next)]
        : [found.problem.message, ...(found.problem.hint === null ? [] : [`  → ${found.problem.hint}`])],
    )
    if (!found.ok) process.exitCode = 1
  })
}

async function save(context: Context, name: string, { file }: { file: string }): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const saved = await rooms.schedules.save(name, { text: await readText(file) })
    context.output.result(saved, () => [`Saved ${saved.file}: ${saved.words}`])
  })
}

async function remove(context: Context, name: string): Promise<void> {
  await withRooms(context, 'offline', async (rooms) => {
    await rooms.schedules.remove(name)
    context.output.result({ schedule: name, removed: true }, () => [`Removed “${name}”; its ticks stay in the ledger.`])
  })
}

/** A whole number in the given bounds, as commander wants it. */
function toCount(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < 1 || value > most) throw new InvalidArgumentError(`a whole number from 1 to ${String(most)}`)
    return value
  }
}

function addLooking(schedules: Command): void {
  schedules
    .command('list')
    .description('list the schedules with their next times and last ticks')
    .action((_options: unknown, command: Command) => list(openContext(command)))
  schedules
    .command('show <schedule>')
    .description('show one schedule: its file, next five times, last ticks')
    .action((name: string, _options: unknown, command: Command) => show(openContext(command), name))
  schedules
    .command('next <schedule>')
    .description('the next times of a schedule, in words')
    .option('--count <n>', 'how many', toCount(50), 5)
    .action((name: string, options: { count: number }, command: Command) => next(openContext(command), name, options))
  schedules
    .command('ledger <schedule>')
    .description('when a schedule was due and what came of it: ran, missed, skipped, failed')
    .option('--limit <n>', 'how many', toCount(500), 50)
    .action((name: string, options: { limit: number }, command: Command) => ledger(openContext(command), name, options))
}

function addChanging(schedules: Command): void {
  for (const [verb, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const)
    schedules
      .command(`${verb} <schedule>`)
      .description(enabled ? 'switch a schedule on; ticks of the time off are not missed' : 'switch a schedule off')
      .action((name: string, _options: unknown, command: Command) => enable(openContext(command), name, enabled))
  schedules
    .command('run-now <schedule>')
    .description('run now what a tick would run; it is no tick and stands in no ledger')
    .action((name: string, _options: unknown, command: Command) => runNow(openContext(command), name))
  schedules
    .command('validate')
    .description('say what a file would mean as a schedule, without saving it')
    .requiredOption('--file <file>', 'a YAML file, or - for standard input')
    .action((options: { file: string }, command: Command) => validate(openContext(command), options))
  schedules
    .command('save <schedule>')
    .description('create or change a schedule from a file')
    .requiredOption('--file <file>', 'a YAML file, or - for standard input')
    .addHelpText(
      'after',
      '\nExample:\n  printf \'title: Nightly\\ncron: "0 2 * * *"\\nzone: Europe/Paris\\njobs: [all]\\n\' | quintile schedules save nightly --file -',
    )
    .action((name: string, options: { file: string }, command: Command) => save(openContext(command), name, options))
  schedules
    .command('remove <schedule>')
    .description('remove a schedule; its ticks stay in the ledger')
    .action((name: string, _options: unknown, command: Command) => remove(openContext(command), name))
}

/** Adds `schedules` to the program. */
export function addSchedulesCommands(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('when jobs run by themselves')
    .addHelpText(
      'after',
      '\nSchedules run while the window is open or “quintile serve” runs; what was missed is made up for as each schedule says.',
    )
  addLooking(schedules)
  addChanging(schedules)
}
