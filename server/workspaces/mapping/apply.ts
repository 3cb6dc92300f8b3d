/**
 * What a mapping becomes: the features' query in `pack.yaml`, and reports and segments out of the workspace's `templates/`.
 * A file that a person has changed since is left alone; `templates/made.json` knows the digests of what was made.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import type { MappingReport } from './check.ts'
import type { Mapping } from './declaration.ts'
import { asOfQuery, featuresQuery, fillTemplate, placeholders } from './render.ts'

export interface Applied {
  /** Files below the workspace's folder. */
  written: string[]
  /** Changed by a person since they were made: left as they are. */
  kept: string[]
  /** Made before, and no longer possible with this mapping. */
  removed: string[]
}

const madeSchema = z.record(z.string(), z.string())

/** Folders of templates that this mapping can fill. */
function foldersFor({ orders, contacts }: Mapping): string[] {
  return [
    ...(orders === undefined ? ['no_orders'] : ['orders']),
    ...(orders?.product_id === undefined ? [] : ['order_products']),
    ...(contacts === undefined ? [] : ['contacts']),
  ]
}

/** Writes the files. The mapping must have passed its check, whose columns say what the features are. */
export async function applyMapping(folder: string, mapping: Mapping, { parts }: MappingReport): Promise<Applied> {
  const before = await readMade(folder)
  const wanted = await renderAll(folder, mapping)
  const applied: Applied = { written: [], kept: [], removed: [] }
  const made: Record<string, string> = {}
  for (const [file, text] of wanted) {
    const isOurs = await isAsMade(folder, file, before)
    applied[isOurs ? 'written' : 'kept'].push(file)
    made[file] = digest(text)
    if (!isOurs) continue
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  for (const file of Object.keys(before)) {
    if (wanted.has(file) || !(await isAsMade(folder, file, before))) continue
    await rm(join(folder, file), { force: true })
    applied.removed.push(file)
  }
  await writeFile(join(folder, 'templates', 'made.json'), `${JSON.stringify(made, null, 2)}\n`)
  await writePack(folder, mapping, parts.find(({ part }) => part === 'features')?.columns ?? [])
  applied.written.push('pack.yaml')
  return applied
}

async function renderAll(folder: string, mapping: Mapping): Promise<Map<string, string>> {
  const values = placeholders(mapping)
  const files = new Map<string, string>()
  for (const kind of ['reports', 'segments'])
    for (const need of foldersFor(mapping)) {
      const from = join(folder, 'templates', kind, need)
      for (const name of (await readdir(from).catch(() => [])).sort()) {
        const text = await readFile(join(from, name), 'utf8')
        files.set(`${kind}/${name}`, fillTemplate(`templates/${kind}/${need}/${name}`, text, values))
      }
    }
  return files
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

async function readMade(folder: string): Promise<Record<string, string>> {
  const text = await readFile(join(folder, 'templates', 'made.json'), 'utf8').catch(() => '{}')
  return madeSchema.parse(JSON.parse(text))
}

/** A file that is not there may be made too. */
async function isAsMade(folder: string, file: string, made: Readonly<Record<string, string>>): Promise<boolean> {
  const text = await readFile(join(folder, file), 'utf8').catch(() => undefined)
  return text === undefined || digest(text) === made[file]
}

/** Comments and whatever else the person has written there stay. */
async function writePack(folder: string, mapping: Mapping, columns: Parameters<typeof featuresQuery>[1]): Promise<void> {
  const file = join(folder, 'pack.yaml')
  const document = parseDocument(await readFile(file, 'utf8'))
  const asOf = asOfQuery(mapping)
  document.setIn(['features', 'query'], featuresQuery(mapping, columns))
  document.set('data_as_of', asOf ?? 'SELECT NULL')
  document.setIn(['overview', 'rfm'], mapping.orders === undefined ? null : 'rfm_segments')
  document.setIn(['overview', 'revenue'], mapping.orders === undefined ? null : 'monthly_revenue')
  await writeFile(file, document.toString({ lineWidth: 0 }))
}
