/** A few rows of unknown shape as a small table. Pure. */
import { NO_VALUE } from './format.ts'

export interface SampleTable {
  columns: string[]
  rows: string[][]
}

function text(value: unknown): string {
  if (value === null || value === undefined) return NO_VALUE
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Columns in the order in which they first appear; what is no object stands in a column of its own. */
export function sampleTable(sample: readonly unknown[]): SampleTable {
  const rows = sample.map((one) => (isRecord(one) ? one : { value: one }))
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return { columns, rows: rows.map((row) => columns.map((column) => text(row[column]))) }
}
