/** Segment files: `segments/<name>.json` with a title, a description and a JSONLogic rule. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'

const fileSchema = z.strictObject({ title: z.string().min(1), description: z.string().default(''), rule: z.unknown() })

export interface SegmentDefinition {
  segment: string
  title: string
  description: string
  rule: unknown
}

const NAME = /^[a-z][a-z0-9_-]{0,62}$/

async function readDefinition(folder: string, name: string): Promise<SegmentDefinition> {
  const file = join(folder, `${name}.json`)
  let json: unknown
  try {
    json = JSON.parse(await readFile(file, 'utf8'))
  } catch (thrown) {
    throw mistake(
      'segment.bad-file',
      `segments/${name}.json: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      'Correct the JSON.',
    )
  }
  const parsed = fileSchema.safeParse(json)
  if (!parsed.success)
    throw mistake(
      'segment.bad-file',
      `segments/${name}.json: ${z.prettifyError(parsed.error)}`,
      'A segment has title, description and rule.',
    )
  return { segment: name, ...parsed.data, rule: parsed.data.rule }
}

async function names(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => [])
  return files.flatMap((file) => (file.endsWith('.json') && NAME.test(file.slice(0, -5)) ? [file.slice(0, -5)] : [])).sort()
}

/** Every segment of the folder, by name; none where there is no folder. Errors: `segment.bad-file`. */
export async function listDefinitions(folder: string): Promise<SegmentDefinition[]> {
  return Promise.all((await names(folder)).map((name) => readDefinition(folder, name)))
}

/** Errors: `segment.unknown` with the nearest name. */
export async function findDefinition(folder: string, name: string): Promise<SegmentDefinition> {
  const known = await names(folder)
  if (!known.includes(name)) throw mistake('segment.unknown', `There is no segment “${name}”`, suggest(name, known))
  return readDefinition(folder, name)
}
