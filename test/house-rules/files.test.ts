import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { FILES, PRODUCT, ROOT, textOf } from './tree.ts'

const MAX_BYTES = 1024 * 1024
const BINARY = /\.(png|ico|icns|jpg|woff2?|gz|zip|sqlite|pdf)$/

/** Names that say how and not what. */
const NAMELESS = /^(utils?|helpers?|common|misc|lib|services?|controllers?|managers?)$/i

const nameless = (file: string): boolean => file.split('/').some((part) => NAMELESS.test(part.split('.')[0] ?? ''))

test('no folder and no file has a name that says nothing of its subject', () => {
  expect(FILES.filter(nameless), 'name it by what it is about').toEqual([])
  expect(
    ['server/utils/a.ts', 'renderer/kit/helpers.ts', 'main/common.ts', 'server/a/date.ts', 'shared/library.ts'].filter(nameless),
  ).toHaveLength(3)
})

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/
const PASCAL = /^[A-Z][A-Za-z0-9]*\.vue$/

test('source files are named in kebab-case and Vue components in PascalCase', () => {
  const wrong = PRODUCT.filter((file) => {
    const name = file.split('/').at(-1) ?? ''
    return !(file.endsWith('.vue') ? PASCAL : KEBAB).test(name)
  })
  expect(wrong).toEqual([])
})

test('no tracked file is larger than 1 MB', () => {
  const large = FILES.filter((file) => statSync(join(ROOT, file)).size > MAX_BYTES)
  expect(large, 'data and builds are not committed; generate them or fetch them at run time').toEqual([])
})

// In pieces, so that this file does not find itself. What is left out on purpose: places of programs, such as /usr/bin.
const OWN_PLACES = new RegExp(
  ['/ho' + 'me/\\w', '/Us' + 'ers/\\w', '/ro' + 'ot/', '/wo' + 'rk/', '[A-Z]:\\\\\\\\?Us' + 'ers', '/ws' + 'l\\$'].join('|'),
)

/** Lines with a path that exists only on the machine of whoever wrote it. */
function ownPlaces(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => (OWN_PLACES.test(line) ? [`${file}:${String(index + 1)}`] : []))
}

test('no tracked file contains a path of somebody’s own machine', () => {
  const found = FILES.filter((file) => !BINARY.test(file) && file !== 'package-lock.json').flatMap((file) => ownPlaces(file, textOf(file)))
  expect(found, 'take the path from the environment, the operating system or the clone').toEqual([])
  expect(ownPlaces('a.ts', ['ok', '/ho' + 'me/ann/x', 'C:\\Us' + 'ers\\ann', '/usr/bin/chromium'].join('\n'))).toEqual(['a.ts:2', 'a.ts:3'])
})

const versions = z.record(z.string(), z.string()).default({})
const manifestSchema = z.object({
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
})

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/
const isExact = (version: string): boolean => EXACT.test(version)

test('package.json names exact versions, so that a build next year is the build of today', () => {
  const manifest = manifestSchema.parse(JSON.parse(textOf('package.json')))
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  expect(Object.entries(all).filter(([, version]) => !isExact(version))).toEqual([])
  expect(['1.2.3', '18.4.0-beta.17', '^1.2.3', '~1.2.3', '1.x', '*', 'latest', 'github:a/b'].filter(isExact)).toEqual([
    '1.2.3',
    '18.4.0-beta.17',
  ])
})
