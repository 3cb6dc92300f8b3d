/** `quintile demo` and `quintile demo live` */
import { Option, type Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import { openDemo, type DemoData } from '../../demo.ts'
import { SCALES, type Rooms, type Scale } from '../../assemble.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { importFile } from './import.ts'
import { footer, runJobs } from './run.ts'

interface DemoOptions {
  pack: string
  scale: Scale
  seed: string
  clean?: boolean
  set: string[]
}

const MINUTE = 60_000
/** A tick of a demo that lives in real time: often enough for jobs of every five minutes to find something. */
const TICK_MILLISECONDS = 5_000

/** `name=12` to `{ name: 12 }`. Errors: `demo.bad-size`. */
function toSizes(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    words.map((word): [string, number] => {
      const [name = '', value = ''] = word.split('=')
      if (name === '' || !/^\d+(\.\d+)?$/.test(value))
        throw mistake('demo.bad-size', `“${word}” is not a size`, 'Write it name=number, e.g. --set tenants=3')
      return [name, Number(value)]
    }),
  )
}

function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) throw mistake('demo.bad-number', `“${text}” is not a ${what}`, 'Write a whole number.')
  return Number(text)
}

async function demo(context: Context, options: DemoOptions): Promise<void> {
  const began = performance.now()
  const workspace = context.options.workspace ?? process.env['QUINTILE_WORKSPACE'] ?? options.pack
  const quiet: Pick<Context, 'output' | 'signal'> = {
    output: { ...context.output, result: (_value, lines) => lines().forEach((line) => context.output.say(line)) },
    signal: context.signal,
  }
  const data: DemoData = {
    ...{ pack: options.pack, scale: options.scale, seed: wholeNumber(options.seed, 'seed') },
    ...{ sizes: toSizes(options.set), clean: options.clean ?? false },
  }
  let runId: string | null = null
  const rooms = await openDemo({
    ...{ home: context.home, workspace, clock: Date.now, environment: process.env, signal: context.signal, say: context.output.say, data },
    importOrders: (opened, file) => importFile(quiet, opened, { name: 'orders', file }),
    runAll: async (opened) => {
      context.output.say('Running all jobs …')
      const run = await runJobs(quiet, opened, { jobs: ['all'], request: 'quintile demo' })
      runId = run.run_id
      context.output.say(run.nothing_changed ? `Nothing changed since the last run. ${footer(run)}` : footer(run))
    },
  })
  try {
    const rows = (await rooms.demo.note())?.rows ?? {}
    const seconds = Math.round(performance.now() - began) / 1000
    const { pack, scale, seed } = data
    context.output.result({ workspace, pack, scale, seed, rows, run_id: runId, seconds }, () => [
      `The demo “${workspace}” of the pack ${pack} is ready after ${seconds.toFixed(1)} s.`,
      ...Object.entries(rows).map(([table, count]) => `  ${table.padEnd(40)} ${count.toLocaleString('en')}`),
      `Look at it: quintile serve --workspace ${workspace}`,
    ])
  } finally {
    await rooms.close()
  }
}

interface LiveOptions {
  rate: string
  minutes: string
  atOnce?: boolean
}

/** Adds up what the ticks did. */
function addTo(sum: Record<string, number>, counts: Record<string, number>): void {
  for (const [table, count] of Object.entries(counts)) sum[table] = (sum[table] ?? 0) + count
}

/** One minute of the demo's own time after another, as fast as the database takes them. */
async function liveAtOnce(rooms: Rooms, { rate, minutes, signal }: { rate: number; minutes: number; signal: AbortSignal }) {
  const sum: Record<string, number> = {}
  const start = (await rooms.demo.note())?.lived_until ?? 0
  for (let minute = 1; minute <= minutes && !signal.aborted; minute += 1)
    addTo(sum, await rooms.demo.live({ to: start + minute * MINUTE, rate, signal }))
  return sum
}

/** In real time. The time between the last change and now is passed over. */
async function liveInTime(rooms: Rooms, { rate, minutes, signal }: { rate: number; minutes: number; signal: AbortSignal }) {
  const sum: Record<string, number> = {}
  const end = Date.now() + minutes * MINUTE
  await rooms.demo.skipTo(Date.now())
  while (Date.now() < end && !signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(TICK_MILLISECONDS, Math.max(end - Date.now(), 0)))
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
    })
    addTo(sum, await rooms.demo.live({ to: Date.now(), rate, signal }))
  }
  return sum
}

async function live(context: Context, options: LiveOptions): Promise<void> {
  const rate = wholeNumber(options.rate, 'rate')
  const minutes = wholeNumber(options.minutes, 'number of minutes')
  await withRooms(context, 'any', async (rooms) => {
    const service = await rooms.demo.serve(context.output)
    if (service !== null) context.output.say(`Answering at ${service.url}`)
    try {
      const changes = await (options.atOnce === true ? liveAtOnce : liveInTime)(rooms, { rate, minutes, signal: context.signal })
      context.output.result({ workspace: rooms.workspace.settings.name, changes }, () => [
        'The demo lived on:',
        ...Object.entries(changes).map(([table, count]) => `  ${table.padEnd(40)} ${count.toLocaleString('en')}`),
      ])
    } finally {
      await service?.close()
    }
  })
}

/** Adds `demo` and `demo live` to the program. */
export function addDemoCommands(program: Command): void {
  const command = program
    .command('demo')
    .description('make a pack’s demo: its source databases, jobs, snapshot; again: only what is new')
    .option('--pack <pack>', 'the pack; also the workspace’s name unless --workspace is given', 'globalmart')
    .addOption(new Option('--scale <scale>', 'how much').choices(SCALES).default('small'))
    .option('--seed <number>', 'the same seed makes the same data', '1')
    .option('--clean', 'remove what this demo made before, warehouse and all, and begin again')
    .option('--set <name=number>', 'another size than the scale’s; repeat it', (word: string, all: string[]) => [...all, word], [])
    .addHelpText(
      'after',
      '\nExamples:\n  quintile demo --pack lakehouse --scale medium\n  quintile demo --pack mafia --clean --seed 7\n  quintile demo live --workspace mafia --rate 60',
    )
    .action((options: DemoOptions, self: Command) => demo(openContext(self), options))
  command
    .command('live')
    .description('let the demo’s sources live on: new rows, changes, deletes, late rows; Ctrl-C stops it')
    .option('--rate <number>', 'changes a minute, about', '60')
    .option('--minutes <number>', 'for how long', '60')
    .option('--at-once', 'play the minutes one after the other without waiting')
    .addHelpText('after', '\nExample:\n  quintile demo live --workspace mafia --rate 120 --minutes 60 --at-once')
    .action((options: LiveOptions, self: Command) => live(openContext(self), options))
}
