/** Public data that is never committed. Tests that need it skip, and say why, where it is absent. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')

/** Folder of the real data: `QUINTILE_REAL_DATA`, else `../shared/data` beside the clone. It may not exist. */
export function realDataFolder(): string {
  return resolve(ROOT, process.env['QUINTILE_REAL_DATA'] ?? join('..', 'shared', 'data'))
}

/**
 * A `describe` that runs only where every named file of the real data is present; `suite` gets their paths in the same
 * order. Elsewhere it shows as skipped, with the first missing path in its title.
 */
export function describeWithRealData(title: string, files: readonly string[], suite: (...paths: string[]) => void): void {
  const paths = files.map((file) => join(realDataFolder(), file))
  const missing = paths.find((path) => !existsSync(path))
  if (missing === undefined) describe(title, () => suite(...paths))
  else describe.skip(`${title} [skipped: no ${missing}; set QUINTILE_REAL_DATA]`, () => suite(...paths))
}
