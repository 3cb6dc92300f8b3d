import { readFileSync } from 'node:fs'

/** The product's version, from package.json, which lies beside the code in the source and two levels up in the bundle. */
export const VERSION: string = readVersion()

function readVersion(): string {
  const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url))
  for (const candidate of candidates) {
    try {
      const { name, version } = JSON.parse(readFileSync(candidate, 'utf8')) as { name: string; version: string }
      if (name === 'quintile') return version
    } catch {
      // Not there: the other place is.
    }
  }
  return '0.0.0'
}
