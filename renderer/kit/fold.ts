/** Rows of a report → what a chart draws. Pure; the table beside the chart keeps every row and digit. */
import type { Chart, Column, Row, Scalar } from '../../shared/contract/answers.ts'
import { OTHER } from './colours.ts'
import { toNumber } from './format.ts'

export interface FoldedSeries {
  name: string
  /** One value per category; null where the report has no row. */
  values: (number | null)[]
  total: number
}

export interface Folded {
  categories: string[]
  series: FoldedSeries[]
  /** Categories are periods, in order of time. */
  temporal: boolean
  /** Series that went into "Other", or were left out where adding them would be meaningless. */
  foldedSeries: number
  foldedCategories: number
  /** Sum of the categories that are not drawn: near enough to read, not exact. */
  restTotal: number
  /** False where values cannot be added (rates, averages): then the rest is left out, not summed. */
  additive: boolean
}

/** More lines than this cannot be told apart. */
export const MAX_SERIES = 8
/** More bars than this cannot be read. */
export const MAX_CATEGORIES = 20

const PERIOD = /^\d{4}(-(\d{2}(-\d{2})?|Q\d|W\d{2}))?(T.*)?$/
const MEAN = /(^|_)(avg|average|mean|median|rate|share|ratio|score|percent|pct|growth)(_|$)/

/** May values of this column be summed? Counts and money yes; rates and averages no. */
export function isAdditive(column: Column | undefined): boolean {
  return column !== undefined && column.format !== 'percent' && !MEAN.test(column.name)
}

function label(value: Scalar | undefined): string {
  return value === null || value === undefined || value === '' ? '(none)' : String(value)
}

type Grid = Map<string, Map<string, number | null>>

function gridOf(chart: Chart, rows: readonly Row[], only: string): { grid: Grid; categories: string[] } {
  const grid: Grid = new Map()
  const categories = new Set<string>()
  for (const row of rows) {
    const category = label(row[chart.x])
    const name = chart.series === null ? only : label(row[chart.series])
    const values = grid.get(name) ?? new Map<string, number | null>()
    const value = toNumber(row[chart.y])
    const before = values.get(category)
    categories.add(category)
    values.set(category, value === null ? (before ?? null) : value + (before ?? 0))
    grid.set(name, values)
  }
  return { grid, categories: [...categories] }
}

function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0)
}

function addUp(many: readonly FoldedSeries[], length: number): (number | null)[] {
  return Array.from({ length }, (_, at) =>
    many.reduce<number | null>((total, { values }) => {
      const value = values[at] ?? null
      return value === null ? total : value + (total ?? 0)
    }, null),
  )
}

function foldSeries(all: FoldedSeries[], length: number, additive: boolean): FoldedSeries[] {
  const ranked = [...all].sort((a, b) => b.total - a.total)
  if (ranked.length <= MAX_SERIES) return ranked
  const rest = ranked.slice(MAX_SERIES)
  const kept = ranked.slice(0, MAX_SERIES)
  if (!additive) return kept
  const values = addUp(rest, length)
  return [...kept, { name: OTHER, values, total: sum(values) }]
}

/** The biggest categories stay, in the order of the report. The rest is told and not drawn: its bar would dwarf them all. */
function foldCategories(folded: Folded): Folded {
  if (folded.temporal || folded.categories.length <= MAX_CATEGORIES) return folded
  const totals = folded.categories.map((_, at) => sum(folded.series.map(({ values }) => values[at] ?? null)))
  const ranked = totals.map((total, at) => ({ total, at })).sort((a, b) => b.total - a.total)
  const biggest = new Set(ranked.slice(0, MAX_CATEGORIES).map(({ at }) => at))
  const stay = (_: unknown, at: number): boolean => biggest.has(at)
  return {
    ...folded,
    categories: folded.categories.filter(stay),
    series: folded.series.map((one) => ({ ...one, values: one.values.filter(stay) })),
    foldedCategories: folded.categories.length - MAX_CATEGORIES,
    restTotal: sum(ranked.slice(MAX_CATEGORIES).map(({ total }) => total)),
  }
}

/** Splits, orders and folds. One series where the chart names no series column; it bears the label of `y`. */
export function foldChart(chart: Chart, columns: readonly Column[], rows: readonly Row[]): Folded {
  const measure = columns.find(({ name }) => name === chart.y)
  const { grid, categories } = gridOf(chart, rows, measure?.label ?? chart.y)
  const temporal = categories.length > 0 && categories.every((category) => PERIOD.test(category))
  if (temporal) categories.sort()
  const all = [...grid].map(([name, byCategory]): FoldedSeries => {
    const values = categories.map((category) => byCategory.get(category) ?? null)
    return { name, values, total: sum(values) }
  })
  const additive = isAdditive(measure)
  return foldCategories({
    categories,
    temporal,
    additive,
    series: foldSeries(all, categories.length, additive),
    foldedSeries: Math.max(0, all.length - MAX_SERIES),
    foldedCategories: 0,
    restTotal: 0,
  })
}

/** Says what the chart does not show one by one; null where it shows all. */
export function foldNote(folded: Folded, measure: string, show: (value: number) => string): string | null {
  const { foldedSeries, foldedCategories, additive } = folded
  const largest = (kept: number, rest: number): string => `${kept} largest of ${kept + rest} by ${measure.toLowerCase()}`
  if (foldedSeries > 0)
    return `${largest(MAX_SERIES, foldedSeries)}; ${additive ? 'the rest is added up as “Other”' : 'the rest is left out, because it cannot be added up'}. The table has all.`
  if (foldedCategories > 0)
    return `${largest(MAX_CATEGORIES, foldedCategories)}; the rest is not drawn${additive ? ` and adds up to ${show(folded.restTotal)}` : ''}. The table has all.`
  return null
}

const FIRST_OF_MONTH = /^\d{4}-\d{2}(-01(T00:00:00.*)?)?$/

/** Periods that are months, however they are written: `2011-03` or `2011-03-01`. */
export function isMonthly(categories: readonly string[]): boolean {
  return categories.length > 1 && categories.every((category) => FIRST_OF_MONTH.test(category))
}

/**
 * Is the newest month still open? Then its bar is short because the month is not over, not because sales fell.
 * `asOf` is the newest stamp in the data.
 */
export function isLastOpen(categories: readonly string[], asOf: string | null): boolean {
  const last = categories.at(-1)?.slice(0, 7)
  if (!isMonthly(categories) || asOf === null || last === undefined || asOf.slice(0, 7) !== last) return false
  const days = new Date(Date.UTC(Number(last.slice(0, 4)), Number(last.slice(5, 7)), 0)).getUTCDate()
  return Number(asOf.slice(8, 10)) < days
}
