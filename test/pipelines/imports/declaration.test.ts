import { expect, test } from 'vitest'
import { parseImportDeclaration } from '../../../server/pipelines/imports/index.ts'

const GOOD = `title: Lines
target: imported.lines
fields:
  quantity:
    type: decimal
    scale: 3
    required: true
    headers: [qty]
`

const parse = (text: string): unknown => parseImportDeclaration(text, 'imports/lines.yaml')

test('a declaration is read with its defaults', () => {
  expect(parse(GOOD)).toEqual({
    title: 'Lines',
    target: 'imported.lines',
    fields: { quantity: { type: 'decimal', scale: 3, precision: 14, required: true, headers: ['qty'] } },
  })
})

test.each([
  [
    'an unknown key',
    GOOD.replace('scale:', 'scales:'),
    'imports/lines.yaml:6: fields.quantity.scales is not known',
    'Did you mean “scale”?',
  ],
  [
    'an unknown type',
    GOOD.replace('decimal', 'decimals'),
    'imports/lines.yaml:5: fields.quantity.type: “decimals” is not a type',
    'Did you mean “decimal”?',
  ],
  [
    'a key at the top',
    GOOD.replace('title:', 'titel:'),
    'imports/lines.yaml:1: title: Invalid input: expected string, received undefined',
    'Correct the value.',
  ],
  [
    'a target that is no name',
    GOOD.replace('imported.lines', 'a.b.c'),
    'imports/lines.yaml:2: target: must be table or schema.table',
    'Correct the value.',
  ],
  [
    'a value of another type',
    GOOD.replace('true', 'maybe'),
    'imports/lines.yaml:7: fields.quantity.required: Invalid input: expected boolean, received string',
    'Correct the value.',
  ],
])('%s is named with file, line and key', (_, text, message, hint) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ kind: 'mistake', code: 'import.bad-declaration', message, hint }))
})

test('broken YAML is named with its line', () => {
  expect(() => parse(`${GOOD}  price: [a\nx: 1\n`)).toThrow(
    expect.objectContaining({ code: 'import.bad-yaml', message: expect.stringMatching(/^imports\/lines\.yaml:\d+: /) as unknown }),
  )
})
