/** RFM report → the lines of the overview: how many customers each segment has, and how much of the revenue. Pure. */
import type { Column, ReportResult } from '../../shared/contract/answers.ts'
import { toNumber } from '../kit/format.ts'

export interface RfmLine {
  segment: string
  customers: number
  customerShare: number
  /** Null where the report has no revenue. */
  revenueShare: number | null
}

/** The revenue of a segment: a money column of that name, else any money that is a sum. */
export function revenueColumn(columns: readonly Column[]): string | null {
  const money = columns.filter(({ format, name }) => format === 'money' && !/^avg|average|mean/.test(name))
  return (money.find(({ name }) => name.includes('revenue')) ?? money[0])?.name ?? null
}

/** Shares are parts of 1. */
export function rfmLines(report: Pick<ReportResult, 'chart' | 'columns' | 'rows'>): RfmLine[] {
  const { chart, columns, rows } = report
  if (chart === null) return []
  const revenue = revenueColumn(columns)
  const read = rows.map((row) => ({
    segment: String(row[chart.x] ?? ''),
    customers: toNumber(row[chart.y]) ?? 0,
    revenue: revenue === null ? null : toNumber(row[revenue]),
  }))
  const customers = read.reduce((sum, one) => sum + one.customers, 0)
  const total = read.reduce((sum, one) => sum + (one.revenue ?? 0), 0)
  return read.map((one) => ({
    segment: one.segment,
    customers: one.customers,
    customerShare: customers === 0 ? 0 : one.customers / customers,
    revenueShare: one.revenue === null || total === 0 ? null : one.revenue / total,
  }))
}
