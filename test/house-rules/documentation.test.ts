import ts from 'typescript'
import { expect, test } from 'vitest'
import { PRODUCT, textOf } from './tree.ts'

/**
 * Exported functions without a doc comment, as `file:line name`. Where a file exports one function and opens with a doc
 * comment, that comment speaks for it.
 */
function undocumented(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const exported = source.statements.flatMap((statement) => {
    const name = exportedFunction(statement)
    return name === null ? [] : [{ name, statement }]
  })
  if (exported.length === 1 && text.startsWith('/**')) return []
  return exported.flatMap(({ name, statement }) => {
    if (ts.getJSDocCommentsAndTags(statement).length > 0) return []
    const line = source.getLineAndCharacterOfPosition(statement.getStart()).line + 1
    return [`${file}:${String(line)} ${name}`]
  })
}

function exportedFunction(statement: ts.Statement): string | null {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return null
  if (ts.isFunctionDeclaration(statement)) return statement.name?.text ?? 'default'
  if (!ts.isVariableStatement(statement)) return null
  const callable = statement.declarationList.declarations.find(({ initializer }) => initializer !== undefined && isFunction(initializer))
  return callable?.name.getText() ?? null
}

const isFunction = (node: ts.Expression): boolean => ts.isArrowFunction(node) || ts.isFunctionExpression(node)

const documented = PRODUCT.filter((file) => /^(server|shared|main)\/.*\.ts$/.test(file))

test('every exported function of the server, the shell and the shared words says what it does', () => {
  const found = documented.flatMap((file) => undocumented(file, textOf(file)))
  expect(found, 'say what it returns, in which units, and which failures it throws').toEqual([])
})

test('planted functions without a doc comment are found in each form', () => {
  const text = [
    'export function a() {}',
    '/** Says. */',
    'export function b() {}',
    'export const c = () => 1',
    '// not a doc comment',
    'export async function d() {}',
    'export const e = 1',
    'function f() {}',
  ]
  expect(undocumented('a.ts', text.join('\n'))).toEqual(['a.ts:1 a', 'a.ts:4 c', 'a.ts:6 d'])
  expect(undocumented('b.ts', '/** A module of one function. */\nexport function a() {}\n')).toEqual([])
  expect(undocumented('c.ts', '/** A module of two. */\nconst z = 1\nexport function a() {}\nexport function b() {}\n')).toEqual([
    'c.ts:3 a',
    'c.ts:4 b',
  ])
})
