/** `quintile sources list|slots|drop-slot|test` */
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import type { Rooms } from '../../assemble.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { table } from '../output.ts'

/** One source, as pack.yaml declares it. */
export interface ListedSource {
  source: string
  kind: string
  /** `host:port/database`, a folder or an address; null for tables of the warehouse. */
  where: string | null
  jobs: string[]
}

/** A replication slot, as the source's server tells. Sizes in bytes. */
export interface ListedSlot {
  slot: string
  plugin: string | null
  database: string | null
  active: boolean
  retained: number | null
  wal_status: string | null
  safe_wal_size: number | null
  inactive_since: string | null
  /** Whether it is this source's own. */
  ours: boolean
  isLost: boolean
}

/** What the command needs to know of sources. Errors of all calls: `source.*`. */
export interface SourcesRoom {
  list(): Promise<ListedSource[]>
  /** Errors: `source.no-slots` for a source of another kind. */
  slots(source: string): Promise<{ slots: ListedSlot[]; limit: number | null; max_retained: number }>
  dropSlot(source: string): Promise<void>
  check(source: string): Promise<{ step: string; ok: boolean; detail: string; hint: string | null }[]>
}

type SourcesOf = (rooms: Rooms) => SourcesRoom

async function list(context: Context, sourcesOf: SourcesOf): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const sources = await sourcesOf(rooms).list()
    context.output.result({ sources }, () =>
      sources.length === 0
        ? ['This workspace has no sources; they are declared in pack.yaml.']
        : table(
            ['Source', 'Kind', 'Where', 'Jobs'],
            sources.map(({ source, kind, where, jobs }) => [source, kind, where ?? 'the warehouse', jobs.join(', ') || 'none']),
          ),
    )
  })
}

interface SourceSlots {
  source: string
  jobs: string[]
  slots: ListedSlot[]
  limit: number | null
  max_retained: number
}

async function slotsOf(room: SourcesRoom, source: string | undefined): Promise<SourceSlots[]> {
  const all = await room.list()
  const asked =
    source === undefined
      ? all.filter(({ kind }) => kind === 'replication')
      : [all.find((one) => one.source === source) ?? { source, jobs: [] }]
  return Promise.all(asked.map(async (one) => ({ source: one.source, jobs: one.jobs, ...(await room.slots(one.source)) })))
}

async function slots(context: Context, sourcesOf: SourcesOf, source: string | undefined): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const sources = await slotsOf(sourcesOf(rooms), source)
    context.output.result({ sources: sources.map((one) => ({ ...one, advice: adviceFor(one) })) }, () =>
      sources.length === 0 ? ['No source of this workspace reads from a replication slot.'] : sources.flatMap(slotLines),
    )
  })
}

function slotLines(one: SourceSlots): string[] {
  const rows = one.slots.map((slot) => [
    slot.slot,
    slot.ours ? 'ours' : (slot.database ?? 'physical'),
    slot.active ? 'in use' : slot.inactive_since === null ? 'idle' : `idle since ${slot.inactive_since.slice(0, 16).replace('T', ' ')}`,
    bytes(slot.retained),
    slot.safe_wal_size === null ? '' : bytes(Math.max(0, slot.safe_wal_size)),
    slot.isLost ? 'lost' : (slot.wal_status ?? ''),
  ])
  return [
    `${one.source}: a slot may hold back ${one.limit === null ? 'any amount' : bytes(one.limit)} of the server’s log`,
    ...(rows.length === 0 ? ['  no slots'] : table(['Slot', 'Whose', 'State', 'Holds back', 'Left', 'Status'], rows)),
    ...adviceFor(one).map((sentence) => `! ${sentence}`),
  ]
}

/** What is wrong with the slots and what to do about it, a sentence each. */
function adviceFor({ source, jobs, slots: all, limit, max_retained }: SourceSlots): string[] {
  const run = jobs.length === 0 ? 'run its jobs' : `quintile run --jobs ${jobs.join(' ')}`
  const drop = `quintile sources drop-slot ${source}`
  const ofSlot = ({ slot, ours, isLost, retained, wal_status, active }: ListedSlot): string[] => {
    if (ours && isLost)
      return [
        `${slot} is lost: changes are missing. Read everything again: ${run} --full-reload (with on_slot_lost: resync a run does so by itself)`,
      ]
    if (ours && wal_status === 'unreserved') return [`${slot} is about to be lost. At once: ${run}`]
    if ((retained ?? 0) <= max_retained) return []
    const much = `${slot} holds back ${bytes(retained)}, more than ${bytes(max_retained)}`
    if (ours) return [`${much}. Let it go: ${run}; or, if its changes are not needed any more: ${drop}`]
    return active ? [] : [`${much}, and nobody uses it. It is not ours: ask whose it is before it is dropped`]
  }
  const unlimited = `The server sets no limit: a slot that nobody reads fills its disk. Have this run there: ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf();`
  return [...(limit === null && all.length > 0 ? [unlimited] : []), ...all.flatMap(ofSlot)]
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

function bytes(value: number | null): string {
  if (value === null) return ''
  const power = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(value) / Math.log(1024)))
  const scaled = value / 1024 ** power
  return `${scaled >= 100 || power === 0 ? scaled.toFixed(0) : scaled.toFixed(1).replace(/\.0$/, '')} ${UNITS[power] ?? ''}`
}

async function dropSlot(context: Context, sourcesOf: SourcesOf, { source, yes }: { source: string; yes: boolean }): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const room = sourcesOf(rooms)
    const [found] = await slotsOf(room, source)
    const slot = found?.slots.find(({ ours }) => ours)
    const jobs = found?.jobs.join(', ') ?? ''
    const effect = `the next run of ${jobs === '' ? 'its jobs' : jobs} must read everything again`
    if (slot !== undefined && !yes)
      await confirm(`Drop the slot ${slot.slot} of ${source}? It frees ${bytes(slot.retained)} there; ${effect}.`, context.signal)
    await room.dropSlot(source)
    context.output.result({ source, slot: slot?.slot ?? null, freed: slot?.retained ?? null }, () => [
      `Dropped the slot ${slot?.slot ?? ''}; it freed ${bytes(slot?.retained ?? 0)}. Now ${effect} (--full-reload, unless on_slot_lost is resync).`,
    ])
  })
}

/** Asks on a terminal. Errors: `source.not-confirmed`. */
async function confirm(question: string, signal: AbortSignal): Promise<void> {
  const refused = mistake('source.not-confirmed', question, 'Confirm it with --yes.')
  if (!process.stdin.isTTY) throw refused
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw refused
  } finally {
    asking.close()
  }
}

async function test(context: Context, sourcesOf: SourcesOf, source: string): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const checks = await sourcesOf(rooms).check(source)
    const ok = checks.every((check) => check.ok)
    context.output.result({ source, ok, checks }, () => [
      ...checks.flatMap(({ step, ok: passed, detail, hint }) => [
        `${passed ? '✓' : '✗'} ${step}: ${detail}`,
        ...(hint === null ? [] : [`    → ${hint}`]),
      ]),
      ok ? `The source ${source} can be read.` : `The source ${source} cannot be read as it is declared.`,
    ])
    if (!ok) process.exitCode = 1
  })
}

/** Adds `sources` to the program; `sourcesOf` finds what it needs among the rooms. */
export function addSourcesCommands(program: Command, sourcesOf: SourcesOf): void {
  const sources = program.command('sources').description('where rows come from, and what replication holds back there')
  sources
    .command('list')
    .description('list the sources with the jobs that read them')
    .action((_options: unknown, command: Command) => list(openContext(command), sourcesOf))
  sources
    .command('slots [source]')
    .description('show the replication slots of a source, what they hold back of its log, and what to do')
    .addHelpText('after', '\nExamples:\n  quintile sources slots\n  quintile sources slots shop_changes --format json')
    .action((source: string | undefined, _options: unknown, command: Command) => slots(openContext(command), sourcesOf, source))
  sources
    .command('drop-slot <source>')
    .description('drop the replication slot of a source, so that its server may forget the log')
    .option('--yes', 'do not ask', false)
    .addHelpText('after', '\nExample:\n  quintile sources drop-slot shop_changes --yes')
    .action((source: string, { yes }: { yes: boolean }, command: Command) => dropSlot(openContext(command), sourcesOf, { source, yes }))
  sources
    .command('test <source>')
    .description('try step by step what a job needs of a source')
    .addHelpText('after', '\nExample:\n  quintile sources test shop_changes')
    .action((source: string, _options: unknown, command: Command) => test(openContext(command), sourcesOf, source))
}
