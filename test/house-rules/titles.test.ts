import ts from 'typescript'
import { expect, test } from 'vitest'
import { SOURCES, textOf } from './tree.ts'

interface Title {
  title: string
  place: string
}

const TEST_CALL = /^(test|it)(\.(only|skip|fails|concurrent|sequential|each|for|prop|skipIf|runIf|todo))*$/

/** The titles of a test file: the first argument of `test`, `it` and their variants. */
function titlesIn(file: string, text: string): Title[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const titles: Title[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && TEST_CALL.test(nameOf(node.expression))) {
      const [first] = node.arguments
      const title = first === undefined ? null : literal(first)
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
      if (title !== null) titles.push({ title, place: `${file}:${String(line)}` })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return titles
}

/** `test.each` of `test.each(rows)('title', …)`. */
function nameOf(callee: ts.Expression): string {
  if (ts.isIdentifier(callee)) return callee.text
  if (ts.isPropertyAccessExpression(callee)) return `${nameOf(callee.expression)}.${callee.name.text}`
  if (ts.isCallExpression(callee)) return nameOf(callee.expression)
  if (ts.isTaggedTemplateExpression(callee)) return nameOf(callee.tag)
  return ''
}

function literal(node: ts.Expression): string | null {
  if (ts.isStringLiteralLike(node)) return node.text
  // A title with values in it is compared by its fixed parts.
  if (ts.isTemplateExpression(node)) return node.getText()
  return null
}

/** A title that a table of cases fills in: the sentence stands in the table. */
const FILLED_IN = /^(%[sdifjo]|\$\w+)$/

/** Titles that stand at more than one place, with the places. */
function doubled(titles: readonly Title[]): string[] {
  const places = Map.groupBy(titles, ({ title }) => title)
  return [...places].flatMap(([title, at]) => (at.length > 1 ? [`“${title}”: ${at.map(({ place }) => place).join(', ')}`] : []))
}

const isSentence = ({ title }: Title): boolean => title.trim().split(/\s+/).length >= 3

const titles = SOURCES.filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) => titlesIn(file, textOf(file)))
  .filter(({ title }) => !FILLED_IN.test(title))

test('no two tests of the tree have the same title', () => {
  expect(doubled(titles), 'say in the title what this one proves and the other does not').toEqual([])
})

test('the title of every test is a sentence', () => {
  expect(
    titles.filter((title) => !isSentence(title)),
    'say who does what and what comes of it',
  ).toEqual([])
})

test('no test is left marked as the only one', () => {
  const marked = SOURCES.filter((file) => file.endsWith('.test.ts') && /^\s*(test|it|describe)\.only\b/m.test(textOf(file)))
  expect(marked).toEqual([])
})

test('planted titles are read from every form of a test, and the doubled one is found', () => {
  const text =
    "test('a b c', f)\nit.skip('d e f', f)\ntest.each([1])('g %s h', f)\ntest(`i ${j} k`, f)\ndescribe('x', () => { test('a b c', f) })\n"
  const found = titlesIn('a.test.ts', text)
  expect(found.map(({ title }) => title)).toEqual(['a b c', 'd e f', 'g %s h', '`i ${j} k`', 'a b c'])
  expect(doubled(found)).toEqual(['“a b c”: a.test.ts:1, a.test.ts:5'])
})
