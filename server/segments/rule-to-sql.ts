/**
 * A rule as a WHERE clause with parameters, for PostgreSQL and for the SQLite snapshot. Every part is two-valued (`IS
 * TRUE`), so that `!` means the same as in JSONLogic: a missing value fails a comparison and passes its negation.
 */
import type { ColumnRef, Comparison, Literal, RuleNode } from '../../shared/rule.ts'

export type SqlValue = string | number

export interface Compiled {
  sql: string
  values: SqlValue[]
}

export interface Dialect {
  /** The column as SQL, cast so that it compares as in the snapshot. */
  column(ref: ColumnRef): string
  /** The n-th parameter (from 1). */
  parameter(position: number, type: ColumnRef['type']): string
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Text compares by code points on both sides, so that the server's locale plays no part. */
export const SQLITE: Dialect = {
  column: ({ column }) => quote(column),
  parameter: () => '?',
}

export const POSTGRES: Dialect = {
  column: ({ column, type }) =>
    type === 'number'
      ? `${quote(column)}::float8`
      : type === 'boolean'
        ? `${quote(column)}::boolean`
        : `${quote(column)}::text COLLATE "C"`,
  parameter: (position, type) => `$${String(position)}::${type === 'number' ? 'float8' : type === 'boolean' ? 'int::boolean' : 'text'}`,
}

const SQL_OPERATOR: Record<Comparison, string> = { '<': '<', '<=': '<=', '>': '>', '>=': '>=', '==': '=', '!=': '<>' }

export function compileRule(rule: RuleNode, dialect: Dialect): Compiled {
  const values: SqlValue[] = []
  const put = (value: Exclude<Literal, null>, type: ColumnRef['type']): string => {
    values.push(typeof value === 'boolean' ? Number(value) : value)
    return dialect.parameter(values.length, type)
  }
  const compile = (node: RuleNode): string => {
    switch (node.kind) {
      case 'group':
        return `(${node.nodes.map(compile).join(node.all ? ' AND ' : ' OR ')})`
      case 'not':
        return `(NOT ${compile(node.node)})`
      case 'compare':
        return compare(node, put, dialect)
      case 'compare-columns': {
        const [left, right] = [dialect.column(node.left), dialect.column(node.right)]
        if (node.operator === '==') return `(${left} IS NOT DISTINCT FROM ${right})`
        return node.operator === '!='
          ? `(${left} IS DISTINCT FROM ${right})`
          : `((${left} ${SQL_OPERATOR[node.operator]} ${right}) IS TRUE)`
      }
      case 'between': {
        const column = dialect.column(node.column)
        const low = `${column} ${node.includeLow ? '>=' : '>'} ${put(node.low, node.column.type)}`
        return `((${low} AND ${column} ${node.includeHigh ? '<=' : '<'} ${put(node.high, node.column.type)}) IS TRUE)`
      }
      case 'in':
        return isIn(node, put, dialect)
    }
  }
  return { sql: compile(rule), values }
}

type Put = (value: Exclude<Literal, null>, type: ColumnRef['type']) => string

function compare(node: Extract<RuleNode, { kind: 'compare' }>, put: Put, dialect: Dialect): string {
  const column = dialect.column(node.column)
  if (node.value === null) {
    if (node.operator === '==') return `(${column} IS NULL)`
    return node.operator === '!=' ? `(${column} IS NOT NULL)` : '(1 = 0)'
  }
  const parameter = put(node.value, node.column.type)
  if (node.operator === '!=') return `(${column} IS DISTINCT FROM ${parameter})`
  return `((${column} ${SQL_OPERATOR[node.operator]} ${parameter}) IS TRUE)`
}

function isIn(node: Extract<RuleNode, { kind: 'in' }>, put: Put, dialect: Dialect): string {
  const column = dialect.column(node.column)
  const known = node.values.filter((value) => value !== null)
  const list = known.length === 0 ? [] : [`(${column} IN (${known.map((value) => put(value, node.column.type)).join(', ')})) IS TRUE`]
  const missing = known.length < node.values.length ? [`${column} IS NULL`] : []
  return `(${[...list, ...missing].join(' OR ')})`
}
