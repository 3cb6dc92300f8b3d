/** A rule as a person would say it. */
import type { Comparison, Literal, RuleNode } from './rule.ts'

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 10 })

const SAID: Record<Comparison, string> = {
  '<': 'is less than',
  '<=': 'is at most',
  '>': 'is more than',
  '>=': 'is at least',
  '==': 'is',
  '!=': 'is not',
}

function sayValue(value: Literal): string {
  if (value === null) return 'missing'
  if (typeof value === 'number') return NUMBER.format(value)
  return typeof value === 'string' ? `“${value}”` : value ? 'yes' : 'no'
}

function sayColumn(name: string): string {
  return name.replaceAll('_', ' ')
}

/** Plain English; groups inside groups stand in parentheses. */
export function describeRule(node: RuleNode, nested = false): string {
  switch (node.kind) {
    case 'group': {
      const said = node.nodes.map((part) => describeRule(part, true)).join(node.all ? ' and ' : ' or ')
      return nested && node.nodes.length > 1 ? `(${said})` : said
    }
    case 'not':
      return `not ${describeRule(node.node, true)}`
    case 'compare':
      return `${sayColumn(node.column.column)} ${SAID[node.operator]} ${sayValue(node.value)}`
    case 'compare-columns':
      return `${sayColumn(node.left.column)} ${SAID[node.operator]} ${sayColumn(node.right.column)}`
    case 'between': {
      const ends = node.includeLow && node.includeHigh ? '' : ' (ends not included)'
      return `${sayColumn(node.column.column)} is between ${sayValue(node.low)} and ${sayValue(node.high)}${ends}`
    }
    case 'in':
      return `${sayColumn(node.column.column)} is one of ${node.values.map(sayValue).join(', ')}`
  }
}
