import { expect, test } from 'vitest'
import { SOURCES, textOf } from './tree.ts'

/** What switches a check off for TypeScript, ESLint, Vue's templates and test coverage. `any` is ESLint's to find. */
const SUPPRESSION = /@ts-(ignore|expect-error|nocheck)|eslint-(disable|enable)|@vue-(ignore|expect-error|skip)|(v8|c8|istanbul) ignore/

// The reason: words after `--` on the line, words after the directive's own, or a comment on the line above.
const REASON = /--\s*\S+(\s+\S+){2,}|@(ts|vue)-expect-error\s+\S+(\s+\S+){2,}/
const COMMENT = /^\s*(\/\/|\*|\/\*|<!--)\s*\S+(\s+\S+){2,}/

const WHOLE_FILE = /^\s*\/\*\s*eslint-disable(?!-)|@ts-nocheck/

/** Lines that switch a check off without saying why, as `file:line`. */
function unexplained(file: string, text: string): string[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (!SUPPRESSION.test(line)) return []
    if (REASON.test(line) || COMMENT.test(lines[index - 1] ?? '')) return []
    return [`${file}:${String(index + 1)}: ${line.trim()}`]
  })
}

// This folder writes about suppressions.
const checked = SOURCES.filter((file) => !file.startsWith('test/house-rules/') && file !== 'eslint.config.js')

test('nothing switches a check off without saying why', () => {
  const found = checked.flatMap((file) => unexplained(file, textOf(file)))
  expect(found, 'write the reason after `--`, or in a comment on the line above; better, mend the cause').toEqual([])
})

test('no file switches a check off for its whole length', () => {
  const found = checked.filter((file) =>
    textOf(file)
      .split('\n')
      .some((line) => WHOLE_FILE.test(line)),
  )
  expect(found, 'use eslint-disable-next-line at the place').toEqual([])
})

test('planted suppressions are found, and those with a reason are not', () => {
  const without = [
    '// @ts-expect-error',
    '// @ts-ignore',
    '// eslint-disable-next-line no-console',
    '/* eslint-disable */',
    '<!-- @vue-ignore -->',
  ]
  expect(without.flatMap((line) => unexplained('a.ts', `const a = 1\n${line}\n`))).toHaveLength(without.length)
  const reasoned = [
    'const a = 1\n// eslint-disable-next-line no-console -- the keeper has no log yet\n',
    '// The types of 2.0 leave it out.\n// @ts-expect-error\n',
    '// @ts-expect-error the planted mistake of this test\n',
  ]
  expect(reasoned.flatMap((text) => unexplained('a.ts', text))).toEqual([])
})
