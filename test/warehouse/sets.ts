/** The engine’s and the pack’s migrations as they are shipped, copies of them that a test may change, and who moves them. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { openSchema, type Connection, type MigrationSet, type Schema } from '../../server/warehouse/index.ts'

const RESOURCES = join(import.meta.dirname, '..', '..', 'resources')

export const SHIPPED: readonly MigrationSet[] = [
  { name: 'engine', folder: join(RESOURCES, 'warehouse') },
  { name: 'globalmart', folder: join(RESOURCES, 'packs', 'globalmart', 'migrations') },
]

export const ACTOR = { machine: 'test-machine', user: 'ana', pid: 4711, codeVersion: '0.1.0' }

export interface SchemaOptions {
  sets?: readonly MigrationSet[]
  actor?: typeof ACTOR
  clock?: () => number
  path?: string
}

export function schemaOf(connection: Connection, options: SchemaOptions = {}): Schema {
  const { sets = SHIPPED, actor = ACTOR, clock = Date.now, path = process.env['PATH'] } = options
  return openSchema({ locate: () => Promise.resolve(connection), sets, actor, clock, path })
}

/** Copies of the shipped sets, in a folder that goes when the file’s tests end; of the pack those up to a number. Read inside a test. */
export function withCopiedSets(): { copy(through?: string): Promise<MigrationSet[]> } {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quintile-migrations-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return {
    copy: async (through) => {
      const place = await mkdtemp(join(folder, 'sets-'))
      const copies = SHIPPED.map(({ name, folder: from }) => ({ name, from, folder: join(place, name) }))
      const isLater = (file: string): boolean => /^\d{4}_/.test(file) && through !== undefined && file > `${through}_~`
      for (const { name, from, folder: to } of copies)
        await cp(from, to, { recursive: true, filter: (file) => name === 'engine' || !isLater(basename(file)) })
      return copies.map(({ name, folder: to }) => ({ name, folder: to }))
    },
  }
}
