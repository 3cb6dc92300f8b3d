import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildAll } from '../../build.config.ts'

let out = ''
beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'quintile-build-'))
  await buildAll({ out, allowMissing: true })
})
afterAll(() => rmSync(out, { recursive: true, force: true }))

const read = (file: string): string => readFileSync(join(out, file), 'utf8')

test('the shell’s bundle imports nothing but Node and Electron', () => {
  const names = [...read('main/index.js').matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"([^"]+)"/g)].map(([, name = '']) => name)
  expect(names).toContain('electron/main')
  expect(names.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name) && !name.startsWith('electron/'))).toEqual([])
})

test('the preload is one CommonJS file that a sandboxed page can load', () => {
  const code = read('main/preload.cjs')
  expect([...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name)).toEqual(['electron/renderer'])
  expect(code).not.toMatch(/^import /m)
})

test('a bundle says where its map is, and the map knows our files', () => {
  expect(read('main/index.js')).toMatch(/\/\/# sourceMappingURL=index\.js\.map\s*$/)
  expect((JSON.parse(read('main/index.js.map')) as { sources: string[] }).sources.join()).toContain('main/app.ts')
})

test('build.json names the version and a hash that stays while the sources stay', async () => {
  const first = read('build.json')
  const manifest = createRequire(import.meta.url)('../../package.json') as { version: string }
  expect(JSON.parse(first)).toEqual({ version: manifest.version, sources: expect.stringMatching(/^[0-9a-f]{16}$/) as string })
  await buildAll({ out, allowMissing: true })
  expect(read('build.json')).toBe(first)
})
