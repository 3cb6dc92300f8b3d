import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FUSES } from './stand-in-electron.ts'

interface BuilderConfig {
  electronFuses?: Record<string, boolean>
  files?: string[]
  [key: string]: unknown
}
interface BuilderInside {
  getConfig(folder: string, file: string, override: unknown): Promise<BuilderConfig>
  validateConfiguration(config: BuilderConfig, debug: unknown): Promise<void>
}

const ROOT = join(import.meta.dirname, '..', '..')
// Not public, but the only check that reads the whole schema; it comes with electron-builder.
const require = createRequire(createRequire(import.meta.url).resolve('electron-builder'))
const inside = require('app-builder-lib/out/util/config/config.js') as BuilderInside
const { DebugLogger } = require('builder-util') as { DebugLogger: new (enabled: boolean) => unknown }

const config = await inside.getConfig(ROOT, 'electron-builder.yml', null)
const check = (changed: BuilderConfig): Promise<void> => inside.validateConfiguration(changed, new DebugLogger(false))

test('electron-builder accepts the configuration, and would not accept a misspelt one', async () => {
  await expect(check(structuredClone(config))).resolves.toBeUndefined()
  await expect(check({ ...structuredClone(config), nsis: { oneclick: false } })).rejects.toThrow('configuration.nsis')
})

test('every fuse is decided', () => {
  expect(Object.keys(config.electronFuses ?? {}).toSorted()).toEqual(FUSES.toSorted())
})

test('every file that the configuration names exists', () => {
  const text = readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8')
  const named = [...text.matchAll(/: (resources\/build\/\S+)/g)].map(([, file = '']) => file)
  expect(named).toHaveLength(5)
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
})

test('no person is named as maintainer', () => {
  expect(readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8')).toContain('maintainer: The Quintile team <team@quintile.example>')
})

test('each icon of Linux has the size that its name says', () => {
  for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) {
    const png = readFileSync(join(ROOT, 'resources', 'build', 'icons', `${size}x${size}.png`))
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size])
  }
})
