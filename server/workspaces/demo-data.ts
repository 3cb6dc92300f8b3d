/**
 * The demo's sources of one workspace: made from the pack's generator, kept alive, taken away again. What was made is noted
 * in `demo.json` of the workspace, so that an interrupted filling begins again and a finished one is left alone.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { dropDatabase, ensureDatabase, openWarehouse, type Connection, type Warehouse } from '../warehouse/index.ts'
import { EMBEDDED } from './sources.ts'
import {
  findGenerator,
  SCALES,
  type DemoPlaces,
  type DemoService,
  type PackGenerator,
  type RowCounts,
  type Scale,
} from './generators/index.ts'
import type { PackSettings } from './settings.ts'

export interface DemoDataNeeds {
  folder: string
  /** The pack's name and settings. */
  name: string
  pack: PackSettings
  /** The warehouse's database where that is on the embedded server too; null where it is somebody's own. */
  warehouse: string | null
  /** Where a demo service may put what its clients must know, e.g. a password of the demo. */
  environment: NodeJS.ProcessEnv
  /** A database of the embedded server, made when it is missing. */
  connection(database: string): Promise<Connection>
}

export interface DemoFilling {
  seed: number
  scale: Scale
  /** In the place of the scale's numbers, by the generator's option names. */
  sizes: Readonly<Record<string, number>>
  /** The demo's last moment, milliseconds since 1970. */
  until: number
  signal: AbortSignal
  say(text: string): void
}

const noteSchema = z.strictObject({
  seed: z.int(),
  scale: z.enum(SCALES),
  sizes: z.record(z.string(), z.number()),
  until: z.number(),
  /** Until when it was kept alive. */
  lived_until: z.number(),
  filled: z.boolean(),
  rows: z.record(z.string(), z.int()),
})
/** What was made. */
export type DemoNote = z.infer<typeof noteSchema>

/** Opens nothing yet. Errors of the calls: `demo.*`, those of the warehouse. */
export function openDemoData(needs: DemoDataNeeds) {
  const { folder, name, pack, warehouse, environment, connection } = needs
  const databases = openDemoDatabases(needs)
  const { database } = databases
  return {
    note: () => readNote(folder),
    database,
    /** Errors: `demo.other-data` where something else was made before. */
    fill: async ({ seed, scale, sizes, until, signal, say }: DemoFilling): Promise<DemoNote> => {
      const before = await readNote(folder)
      if (before?.filled === true) return requireSame(before, { seed, scale, sizes })
      const generator = await requireGenerator(name)
      const note: DemoNote = { seed, scale, sizes, until, lived_until: until, filled: false, rows: {} }
      await writeNote(folder, note)
      await databases.prepare()
      const rows = await generator.fill({ ...{ folder, database, seed, scale, sizes, until, signal, say } })
      await writeNote(folder, { ...note, rows, filled: true })
      return { ...note, rows, filled: true }
    },
    /** The sources live on until `to`, from where they stopped. */
    live: ({ to, rate, signal }: { to: number; rate: number; signal: AbortSignal }): Promise<RowCounts> =>
      liveOn(needs, { places: { folder, database, signal }, to, rate }),
    /** What lies before is passed over: a demo that rests has no changes. */
    skipTo: async (moment: number): Promise<void> => {
      const note = await readNote(folder)
      if (note !== null && note.lived_until < moment) await writeNote(folder, { ...note, lived_until: moment })
    },
    /** Null where the pack needs none. */
    serve: async ({ say }: { say(text: string): void }): Promise<DemoService | null> =>
      pack.demo?.service === true ? ((await (await findGenerator(name))?.serve?.({ folder, environment, say })) ?? null) : null,
    /** Takes sources, warehouse and folder away. Errors: `demo.own-warehouse`. */
    remove: async (): Promise<void> => {
      if (warehouse === null)
        throw mistake(
          'demo.own-warehouse',
          'This workspace’s warehouse is a server of your own, which a demo never removes',
          'Remove it by hand.',
        )
      await databases.remove()
      await dropDatabase(await connection(warehouse))
      await rm(folder, { recursive: true, force: true })
    },
    close: databases.close,
  }
}

async function liveOn(
  { folder, name }: DemoDataNeeds,
  { places, to, rate }: { places: DemoPlaces; to: number; rate: number },
): Promise<RowCounts> {
  const note = await readNote(folder)
  if (note?.filled !== true)
    throw mistake('demo.none', 'There is no demo data to keep alive', `Make it first: quintile demo --pack ${name}`)
  if (to <= note.lived_until) return {}
  const generator = await requireGenerator(name)
  const rows = await generator.live({ ...places, rate, to, seed: note.seed, from: note.lived_until })
  await writeNote(folder, { ...note, lived_until: to })
  return rows
}

/** The databases of the sources, opened at their first use. */
function openDemoDatabases({ folder, pack, connection }: DemoDataNeeds) {
  const byName = demoDatabases(pack)
  const opened = new Map<string, Warehouse>()
  const database = (source: string): Promise<Warehouse> => {
    const wanted = byName[source]
    if (wanted === undefined)
      return Promise.reject(mistake('source.unknown', `There is no demo source “${source}”`, suggest(source, Object.keys(byName))))
    const found = opened.get(wanted) ?? openWarehouse({ label: `embedded/${wanted}`, locate: () => connection(wanted), maxConnections: 2 })
    opened.set(wanted, found)
    return Promise.resolve(found)
  }
  const close = async (): Promise<void> => {
    for (const one of opened.values()) await one.close()
    opened.clear()
  }
  const remove = async (): Promise<void> => {
    await close()
    for (const one of new Set(Object.values(byName))) await dropDatabase(await connection(one))
  }
  /** Empty databases with the tables of the sources. */
  const prepare = async (): Promise<void> => {
    await remove()
    for (const [source, wanted] of Object.entries(byName)) {
      await ensureDatabase(await connection(wanted))
      const sql = await readFile(join(folder, 'sources', `${source}.sql`), 'utf8').catch(() => undefined)
      if (sql !== undefined) await (await database(source)).withTransaction((session) => session.script(sql))
    }
  }
  return { database, prepare, remove, close }
}

/** Databases on the embedded server, by source. */
function demoDatabases({ sources }: PackSettings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sources).flatMap(([source, settings]) =>
      'database' in settings && settings.host === EMBEDDED ? [[source, settings.database]] : [],
    ),
  )
}

async function requireGenerator(pack: string): Promise<PackGenerator> {
  const found = await findGenerator(pack)
  if (found === undefined) throw mistake('demo.no-generator', `The pack “${pack}” makes no demo data`, 'Connect its sources in pack.yaml.')
  return found
}

function requireSame(before: DemoNote, { seed, scale, sizes }: Pick<DemoFilling, 'seed' | 'scale' | 'sizes'>): DemoNote {
  if (before.seed === seed && before.scale === scale && JSON.stringify(before.sizes) === JSON.stringify(sizes)) return before
  throw mistake(
    'demo.other-data',
    `The demo was made with seed ${String(before.seed)} and scale ${before.scale}`,
    'Ask for the same, or begin again with --clean, which removes its sources, its warehouse and its folder.',
  )
}

async function readNote(folder: string): Promise<DemoNote | null> {
  const text = await readFile(join(folder, 'demo.json'), 'utf8').catch(() => undefined)
  return text === undefined ? null : noteSchema.parse(JSON.parse(text))
}

/** Beside and renamed: a killed process leaves the old note or the new one. */
async function writeNote(folder: string, note: DemoNote): Promise<void> {
  const beside = join(folder, `demo.json.${String(process.pid)}`)
  await writeFile(beside, `${JSON.stringify(note, null, 2)}\n`)
  await rename(beside, join(folder, 'demo.json'))
}
