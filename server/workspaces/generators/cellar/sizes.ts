/** How large a demo is; noted beside its files, so that living on finds the same people and wines. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Scale } from '../generator.ts'

export interface Sizes {
  customers: number
  products: number
}

const SIZES: Record<Scale, Sizes> = {
  small: { customers: 1_500, products: 140 },
  medium: { customers: 15_000, products: 300 },
  large: { customers: 150_000, products: 600 },
}
const noteSchema = z.strictObject({ customers: z.int().min(1), products: z.int().min(1) })

const fileIn = (folder: string): string => join(folder, 'inbox', 'demo-sizes.json')

/** The scale's numbers with those in their place that the person asked for. */
export function sizesOf(scale: Scale, asked: Readonly<Record<string, number>>): Sizes {
  const { customers, products } = SIZES[scale]
  return { customers: asked['customers'] ?? customers, products: asked['products'] ?? products }
}

/** Notes the sizes of what was made. */
export function noteSizes(folder: string, sizes: Sizes): Promise<void> {
  return writeFile(fileIn(folder), `${JSON.stringify(sizes)}\n`)
}

/** What was noted. */
export async function readSizes(folder: string): Promise<Sizes> {
  return noteSchema.parse(JSON.parse(await readFile(fileIn(folder), 'utf8')))
}
