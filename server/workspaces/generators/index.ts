/** The generators, by pack. Each is loaded when it is asked for: commands that make no data start without them. */
import type { PackGenerator } from './generator.ts'

export { SCALES, type DemoPlaces, type DemoService, type PackGenerator, type RowCounts, type Scale } from './generator.ts'

const GENERATORS: Record<string, () => Promise<{ generator: PackGenerator }>> = {
  mafia: () => import('./mafia/index.ts'),
  cellar: () => import('./cellar/index.ts'),
  lakehouse: () => import('./lakehouse/index.ts'),
  globalmart: () => import('./globalmart/index.ts'),
  loyalty: () => import('./loyalty/index.ts'),
}

/** Undefined for a pack that makes no data. */
export async function findGenerator(pack: string): Promise<PackGenerator | undefined> {
  return (await GENERATORS[pack]?.())?.generator
}
