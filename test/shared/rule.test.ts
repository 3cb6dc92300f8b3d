import { describe, expect, test } from 'vitest'
import { describeRule } from '../../shared/rule-words.ts'
import { columnsOfRule, parseRule, type ValueType } from '../../shared/rule.ts'

const columns = new Map<string, ValueType>([
  ['revenue', 'number'],
  ['days', 'number'],
  ['country', 'text'],
  ['active', 'boolean'],
])
const parse = (rule: unknown) => parseRule(rule, columns)

describe('a rule that is accepted', () => {
  test('is said in plain words', () => {
    const rule = parse({
      and: [
        { '>': [{ var: 'revenue' }, 1000] },
        { or: [{ '<': [{ var: 'days' }, 30] }, { '==': [{ var: 'country' }, 'UK'] }] },
        { '!': { in: [{ var: 'country' }, ['France', null]] } },
      ],
    })
    expect(describeRule(rule)).toBe(
      'revenue is more than 1,000 and (days is less than 30 or country is “UK”) and not country is one of “France”, missing',
    )
  })

  test('may write the value on the left: the comparison is turned round', () => {
    expect(parse({ '<': [1000, { var: 'revenue' }] })).toEqual({
      kind: 'compare',
      operator: '>',
      column: { column: 'revenue', type: 'number' },
      value: 1000,
    })
  })

  test('names the features that it reads, once each', () => {
    expect(
      columnsOfRule(
        parse({ and: [{ '>': [{ var: 'revenue' }, 1] }, { '<=': [1, { var: 'revenue' }, 9] }, { '==': [{ var: 'active' }, true] }] }),
      ),
    ).toEqual(['revenue', 'active'])
  })
})

describe('a rule that is refused names its place', () => {
  test.each([
    ['an empty group', { and: [] }, 'rule.not-valid', 'rule.and: '],
    ['an unknown feature, with the nearest', { '>': [{ var: 'revenu' }, 1] }, 'rule.unknown-column', 'rule.>.0: '],
    ['an unknown operator', { and: [{ gt: [{ var: 'revenue' }, 1] }] }, 'rule.unknown-operator', 'rule.and.0: '],
    ['a number held against a text', { '>': [{ var: 'revenue' }, '1000'] }, 'rule.types-differ', 'rule.>: '],
    ['two values and no feature', { '==': [1, 1] }, 'rule.not-valid', 'rule.==: '],
    ['a list that is none', { in: [{ var: 'country' }, 'UK'] }, 'rule.not-valid', 'rule.in: '],
    ['a text', 'revenue > 1', 'rule.not-valid', 'rule: '],
    ['two operators at once', { '>': [{ var: 'revenue' }, 1], '<': [{ var: 'revenue' }, 2] }, 'rule.not-valid', 'rule: '],
    ['the prototype’s names', { constructor: [{ var: 'revenue' }, 1] }, 'rule.unknown-operator', 'rule: '],
    ['a feature called __proto__', { '>': [{ var: '__proto__' }, 1] }, 'rule.unknown-column', 'rule.>.0: '],
    ['an infinite number', { '>': [{ var: 'revenue' }, Infinity] }, 'rule.not-valid', 'rule.>.1: '],
  ])('%s', (_what, rule, code, place) => {
    expect(() => parse(rule)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(place) as string }) as Error)
  })

  test('nesting deeper than people write', () => {
    let rule: unknown = { '>': [{ var: 'revenue' }, 1] }
    for (let depth = 0; depth < 10_000; depth += 1) rule = { '!': rule }
    expect(() => parse(rule)).toThrow(expect.objectContaining({ code: 'rule.not-valid' }) as Error)
  })
})
