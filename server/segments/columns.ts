/** The snapshot's columns as a list of customers shows them. */
import type { Column, ValueFormat } from '../../shared/contract/answers.ts'
import type { SnapshotColumn } from '../local/index.ts'

function formatOf({ type, name, warehouse_type }: SnapshotColumn): ValueFormat {
  if (type === 'bool') return 'boolean'
  if (type === 'int8') return 'integer'
  if (type === 'float8') return /revenue|value|spent|amount|price/.test(name) ? 'money' : 'decimal'
  if (warehouse_type === 'date') return 'date'
  return warehouse_type.startsWith('timestamp') ? 'datetime' : 'text'
}

/** A column with its label and how its values are written. */
export function toColumn(column: SnapshotColumn): Column {
  const label = column.name.replaceAll('_', ' ')
  return { name: column.name, label: label.charAt(0).toUpperCase() + label.slice(1), format: formatOf(column) }
}

/** The customer, then what the rule looks at, then the rest. */
export function orderColumns(columns: readonly SnapshotColumn[], used: readonly string[]): SnapshotColumn[] {
  const rank = (name: string): number => (name === 'customer_id' ? 0 : used.includes(name) ? 1 : 2)
  return [...columns].sort((a, b) => rank(a.name) - rank(b.name))
}
