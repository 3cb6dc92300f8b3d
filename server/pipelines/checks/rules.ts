/** Checks that judge rows, as SQL: a reason in words and a condition that is true for a bad row. */
import { quoteIdentifier, quoteList, quoteLiteral, quoteQualified } from '../../warehouse/index.ts'
import type { Job } from '../load-kinds.ts'
import { STAGING } from '../staging-table.ts'
import type { Check } from './declaration.ts'

export interface RowRule {
  reason: string
  /** Over the alias `s`. */
  predicate: string
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : quoteLiteral(value)
}

/** The rule of a check that judges single rows of `table`; undefined for one that measures the whole. */
export function ruleOf(check: Check, table: string, rowId: string): RowRule | undefined {
  if ('not_null' in check) return { reason: `${check.not_null} is missing`, predicate: `s.${quoteIdentifier(check.not_null)} IS NULL` }
  if ('unique' in check) return uniqueRule([check.unique].flat(), table, rowId)
  if ('accepted_values' in check) {
    const { column, values } = check.accepted_values
    return {
      reason: `${column} is not an accepted value`,
      predicate: `s.${quoteIdentifier(column)} NOT IN (${values.map(literal).join(', ')})`,
    }
  }
  if ('range' in check) {
    const { column, min, max } = check.range
    const name = `s.${quoteIdentifier(column)}`
    const sides = [...(min === undefined ? [] : [`${name} < ${literal(min)}`]), ...(max === undefined ? [] : [`${name} > ${literal(max)}`])]
    return { reason: `${column} is out of range`, predicate: sides.join(' OR ') || 'false' }
  }
  if ('relationship' in check) {
    const { column, to, field = column } = check.relationship
    const name = `s.${quoteIdentifier(column)}`
    const found = `SELECT 1 FROM ${quoteQualified(to)} r WHERE r.${quoteIdentifier(field)} = ${name}`
    return { reason: `${column} is not in ${to}`, predicate: `${name} IS NOT NULL AND NOT EXISTS (${found})` }
  }
  if ('sql' in check && table.endsWith('staging')) {
    const query = check.sql.trim().replace(/;$/, '')
    return { reason: check.name ?? 'a check of the job’s own', predicate: `s.${rowId} IN (SELECT ${rowId} FROM (${query}) AS bad)` }
  }
  return undefined
}

/** The rule on staged rows of a job. Of a feed's changes only those that bring values are judged: a deletion has none but its key. */
export function stagedRuleOf(check: Check, job: Job): RowRule | undefined {
  const rule = ruleOf(check, STAGING, 'staging_row')
  if (rule === undefined || !('changes' in job) || !job.changes) return rule
  return { ...rule, predicate: `(${rule.predicate}) AND s.change NOT IN ('delete', 'truncate')` }
}

function uniqueRule(columns: readonly string[], table: string, rowId: string): RowRule {
  const present = columns.map((name) => `${quoteIdentifier(name)} IS NOT NULL`).join(' AND ')
  const counted = `SELECT ${rowId} AS row_id, count(*) OVER (PARTITION BY ${quoteList(columns)}) AS n FROM ${table} WHERE ${present}`
  return { reason: `${columns.join(', ')} is not unique`, predicate: `s.${rowId} IN (SELECT row_id FROM (${counted}) d WHERE n > 1)` }
}
