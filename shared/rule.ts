/**
 * Segment rules: the part of JSONLogic that we accept, checked against the columns once and turned into a tree that each
 * evaluator reads. What cannot mean the same everywhere is refused here, with its place in the rule.
 *
 * Meaning: as JsonLogic, except that an ordering comparison with a missing value is false (in plain JsonLogic
 * `null < 30` is true, so that everyone who never bought would count as recent), and null equals null only.
 */
import { mistake } from './failure.ts'
import { suggest } from './nearest.ts'

export type ValueType = 'number' | 'text' | 'boolean'
export type Literal = string | number | boolean | null
export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!='

export interface ColumnRef {
  column: string
  type: ValueType
}

export type RuleNode =
  | { kind: 'group'; all: boolean; nodes: RuleNode[] }
  | { kind: 'not'; node: RuleNode }
  | { kind: 'compare'; operator: Comparison; column: ColumnRef; value: Literal }
  | { kind: 'compare-columns'; operator: Comparison; left: ColumnRef; right: ColumnRef }
  | { kind: 'between'; column: ColumnRef; low: number | string; high: number | string; includeLow: boolean; includeHigh: boolean }
  | { kind: 'in'; column: ColumnRef; values: Literal[] }

const ORDERINGS = ['<', '<=', '>', '>=']
// A Map, because an object would also answer to the names of its prototype (`constructor`).
const EQUALITIES = new Map<string, Comparison>([
  ['==', '=='],
  ['===', '=='],
  ['!=', '!='],
  ['!==', '!='],
])
const FLIPPED: Record<Comparison, Comparison> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' }
const OPERATORS = ['and', 'or', '!', ...ORDERINGS, ...EQUALITIES.keys(), 'in', 'var']
/** Deeper nesting than people write; keeps a hostile rule from exhausting the stack. */
const MAX_DEPTH = 64
const MAX_VALUES = 10_000

type Columns = ReadonlyMap<string, ValueType>

/** Errors: `rule.not-valid`, `rule.unknown-operator`, `rule.unknown-column`, `rule.types-differ`, each with the place. */
export function parseRule(rule: unknown, columns: Columns): RuleNode {
  return parseNode(rule, { columns, place: 'rule', depth: 0 })
}

interface Context {
  columns: Columns
  place: string
  depth: number
}

/** @param message what is wrong, alone or with what to do about it */
function refuse(code: string, context: Context, message: string | [message: string, hint: string]): Error {
  const [text, hint] = typeof message === 'string' ? [message, 'Correct the rule at this place.'] : message
  return mistake(`rule.${code}`, `${context.place}: ${text}`, { hint, details: { place: context.place } })
}

function inside(context: Context, step: string): Context {
  return { ...context, place: `${context.place}.${step}`, depth: context.depth + 1 }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseNode(rule: unknown, context: Context): RuleNode {
  if (context.depth > MAX_DEPTH) throw refuse('not-valid', context, `nested deeper than ${String(MAX_DEPTH)}`)
  const keys = isObject(rule) ? Object.keys(rule) : []
  const operator = keys[0]
  if (!isObject(rule) || operator === undefined || keys.length !== 1)
    throw refuse('not-valid', context, 'expected an object with one operator')
  const written = rule[operator]
  const parts = Array.isArray(written) ? (written as unknown[]) : [written]
  const here = inside(context, operator)
  if (operator === 'and' || operator === 'or') return parseGroup(operator === 'and', parts, here)
  if (operator === '!') return { kind: 'not', node: parseNode(only(parts, here), inside(here, '0')) }
  if (operator === 'in') return parseIn(parts, here)
  const equality = EQUALITIES.get(operator)
  if (equality !== undefined) return parseComparison(equality, parts, here)
  if (ORDERINGS.includes(operator))
    return parts.length === 3 ? parseBetween(operator, parts, here) : parseComparison(operator as Comparison, parts, here)
  throw refuse('unknown-operator', context, [`“${operator}” is not an operator we know`, suggest(operator, OPERATORS)])
}

function parseGroup(all: boolean, parts: unknown[], context: Context): RuleNode {
  if (parts.length === 0)
    throw refuse('not-valid', context, ['an empty group matches nobody in particular', 'Add a condition, or remove the group.'])
  return { kind: 'group', all, nodes: parts.map((part, index) => parseNode(part, inside(context, String(index)))) }
}

function only(parts: unknown[], context: Context): unknown {
  if (parts.length !== 1) throw refuse('not-valid', context, 'takes exactly one condition')
  return parts[0]
}

function parseColumn(value: unknown, context: Context): ColumnRef | undefined {
  if (!isObject(value) || !('var' in value)) return undefined
  const name = Array.isArray(value['var']) ? (value['var'] as unknown[])[0] : value['var']
  if (typeof name !== 'string') throw refuse('not-valid', context, '“var” takes the name of a column')
  const type = context.columns.get(name)
  if (type === undefined)
    throw refuse('unknown-column', context, [`there is no feature “${name}”`, suggest(name, [...context.columns.keys()])])
  return { column: name, type }
}

function parseLiteral(value: unknown, context: Context): Literal {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw refuse('not-valid', context, 'expected a number, a text, true, false or null')
}

function checkType({ column, type }: ColumnRef, value: Literal, context: Context): void {
  if (value === null) return
  const given = typeof value === 'string' ? 'text' : typeof value
  if (given !== type)
    throw refuse('types-differ', context, [
      `“${column}” is a ${type} and is compared with the ${given} ${JSON.stringify(value)}`,
      `Write the value as a ${type}.`,
    ])
}

function parseComparison(operator: Comparison, parts: unknown[], context: Context): RuleNode {
  if (parts.length !== 2) throw refuse('not-valid', context, 'compares exactly two things')
  const left = parseColumn(parts[0], inside(context, '0'))
  const right = parseColumn(parts[1], inside(context, '1'))
  if (left !== undefined && right !== undefined) {
    if (left.type !== right.type)
      throw refuse('types-differ', context, `“${left.column}” is a ${left.type} and “${right.column}” a ${right.type}`)
    return { kind: 'compare-columns', operator, left, right }
  }
  const column = left ?? right
  if (column === undefined) throw refuse('not-valid', context, 'at least one side must be a feature: {"var": "…"}')
  const value = parseLiteral(left === undefined ? parts[0] : parts[1], inside(context, left === undefined ? '0' : '1'))
  checkType(column, value, context)
  return { kind: 'compare', operator: left === undefined ? FLIPPED[operator] : operator, column, value }
}

function parseBetween(operator: string, parts: unknown[], context: Context): RuleNode {
  if (operator !== '<' && operator !== '<=') throw refuse('not-valid', context, 'a comparison of three is written with < or <=')
  const column = parseColumn(parts[1], inside(context, '1'))
  if (column === undefined) throw refuse('not-valid', inside(context, '1'), 'the middle of a comparison of three must be a feature')
  const [low, high] = [parts[0], parts[2]].map((part, side) => {
    const value = parseLiteral(part, inside(context, String(side * 2)))
    checkType(column, value, context)
    if (typeof value !== 'number' && typeof value !== 'string') throw refuse('not-valid', context, 'the ends must be numbers or texts')
    return value
  }) as [number | string, number | string]
  return { kind: 'between', column, low, high, includeLow: operator === '<=', includeHigh: operator === '<=' }
}

function parseIn(parts: unknown[], context: Context): RuleNode {
  const column = parseColumn(parts[0], inside(context, '0'))
  const list = parts[1]
  if (parts.length !== 2 || column === undefined || !Array.isArray(list))
    throw refuse('not-valid', context, 'is written {"in": [{"var": "…"}, [values]]}')
  if (list.length === 0 || list.length > MAX_VALUES)
    throw refuse('not-valid', inside(context, '1'), `the list must have 1 to ${String(MAX_VALUES)} values`)
  const values = (list as unknown[]).map((item, index) => {
    const at = inside(context, `1.${String(index)}`)
    const value = parseLiteral(item, at)
    checkType(column, value, at)
    return value
  })
  return { kind: 'in', column, values }
}

/** The features that a rule reads, each once, in order of their first use. */
export function columnsOfRule(node: RuleNode): string[] {
  switch (node.kind) {
    case 'group':
      return [...new Set(node.nodes.flatMap(columnsOfRule))]
    case 'not':
      return columnsOfRule(node.node)
    case 'compare-columns':
      return [...new Set([node.left.column, node.right.column])]
    default:
      return [node.column.column]
  }
}
