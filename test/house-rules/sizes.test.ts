import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { PRODUCT, SOURCES, textOf } from './tree.ts'

const MAX_LINES = 250

/** Files that may be longer, each with the reason why dividing it would make it worse. */
const ALLOWED = z
  .record(z.string(), z.string().min(20, 'the reason is a sentence'))
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'long-files.json'), 'utf8')))

const linesOf = (text: string): number => text.trimEnd().split('\n').length

/** Files above the limit that have no reason. */
function tooLong(files: readonly string[], read: (file: string) => string): string[] {
  return files.flatMap((file) => {
    const lines = linesOf(read(file))
    return lines > MAX_LINES && ALLOWED[file] === undefined ? [`${file} has ${String(lines)} lines`] : []
  })
}

test('no source file is longer than 250 lines without a written reason', () => {
  expect(tooLong(SOURCES, textOf), 'divide the file by subject, or give the reason in test/house-rules/long-files.json').toEqual([])
})

test('every reason for a long file still belongs to a long file', () => {
  const needless = Object.keys(ALLOWED).filter((file) => !SOURCES.includes(file) || linesOf(textOf(file)) <= MAX_LINES)
  expect(needless, 'take it out of test/house-rules/long-files.json').toEqual([])
})

test('a planted file of 251 lines is found and one of 250 is not', () => {
  const texts: Record<string, string> = { 'long.ts': 'a\n'.repeat(251), 'short.ts': 'a\n'.repeat(250) }
  expect(tooLong(Object.keys(texts), (file) => texts[file] ?? '')).toEqual(['long.ts has 251 lines'])
})

test('half of the files of the product have at most 120 lines', () => {
  const lines = PRODUCT.map((file) => linesOf(textOf(file))).sort((a, b) => a - b)
  expect(lines[Math.floor(lines.length / 2)] ?? 0).toBeLessThanOrEqual(120)
})
