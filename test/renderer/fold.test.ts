import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldChart, foldNote, isAdditive, isLastOpen, MAX_CATEGORIES, MAX_SERIES } from '../../renderer/kit/fold.ts'
import type { Column, Row } from '../../shared/contract/answers.ts'

const revenue: Column = { name: 'revenue', label: 'Revenue', format: 'money' }
const columns: Column[] = [
  { name: 'month', label: 'Month', format: 'date' },
  { name: 'country', label: 'Country', format: 'text' },
  revenue,
]
const byCountry = { kind: 'line', x: 'month', y: 'revenue', series: 'country' } as const
const show = (value: number): string => String(value)

/** Country `c00` sells most, `c01` less, and so on, the same in each of two months. */
function shop(countries: number): Row[] {
  return ['2011-02', '2011-01'].flatMap((month) =>
    Array.from({ length: countries }, (_, at) => ({ month, country: `c${String(at).padStart(2, '0')}`, revenue: String(100 - at) })),
  )
}

describe('series', () => {
  it('up to the limit are all drawn, largest first', () => {
    const folded = foldChart(byCountry, columns, shop(MAX_SERIES))
    expect(folded.series.map(({ name }) => name)).toEqual(['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07'])
    expect(foldNote(folded, 'Revenue', show)).toBeNull()
  })

  it('beyond the limit are added up as Other, and it is said', () => {
    const folded = foldChart(byCountry, columns, shop(10))
    expect(folded.series).toHaveLength(MAX_SERIES + 1)
    expect(folded.series.at(-1)).toEqual({ name: 'Other', values: [92 + 91, 92 + 91], total: 366 })
    expect(foldNote(folded, 'Revenue', show)).toBe('8 largest of 10 by revenue; the rest is added up as “Other”. The table has all.')
  })

  it('of a measure that cannot be added are left out, and it is said', () => {
    const average: Column[] = columns.map((column) => (column === revenue ? { ...revenue, name: 'avg_order_value' } : column))
    const rows = shop(10).map(({ revenue: value, ...row }) => ({ ...row, avg_order_value: value ?? null }))
    const folded = foldChart({ ...byCountry, y: 'avg_order_value' }, average, rows)
    expect(folded.series).toHaveLength(MAX_SERIES)
    expect(foldNote(folded, 'Average', show)).toContain('cannot be added up')
  })

  it('have a gap and no zero where the report has no row', () => {
    const folded = foldChart(byCountry, columns, [
      { month: '2011-01', country: 'a', revenue: '5' },
      { month: '2011-02', country: 'b', revenue: '3' },
    ])
    expect(folded.series).toEqual([
      { name: 'a', values: [5, null], total: 5 },
      { name: 'b', values: [null, 3], total: 3 },
    ])
  })

  it('lose nothing: whatever the rows, the drawn values add up to the rows', () => {
    const row = fc.record({
      month: fc.constantFrom('2011-01', '2011-02', '2011-03'),
      country: fc.string({ maxLength: 3 }),
      revenue: fc.integer({ min: -1_000, max: 1_000 }),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
        const drawn = foldChart(byCountry, columns, rows)
          .series.flatMap(({ values }) => values)
          .reduce<number>((sum, value) => sum + (value ?? 0), 0)
        expect(drawn).toBe(rows.reduce((sum, one) => sum + one.revenue, 0))
      }),
    )
  })
})

describe('categories', () => {
  it('that are periods are ordered by time', () => {
    expect(foldChart(byCountry, columns, shop(1)).categories).toEqual(['2011-01', '2011-02'])
  })

  it('that are names keep the order of the report', () => {
    const rows = [
      { country: 'b', revenue: '1' },
      { country: 'a', revenue: '2' },
    ]
    expect(foldChart({ kind: 'bar', x: 'country', y: 'revenue', series: null }, columns, rows)).toMatchObject({
      categories: ['b', 'a'],
      temporal: false,
    })
  })

  it('beyond the limit are told with their sum and not drawn', () => {
    const rows = Array.from({ length: 23 }, (_, at) => ({ country: `c${at}`, revenue: String(at + 1) }))
    const folded = foldChart({ kind: 'bar', x: 'country', y: 'revenue', series: null }, columns, rows)
    expect(folded.categories).toHaveLength(MAX_CATEGORIES)
    expect(folded.categories).not.toContain('c2')
    expect(foldNote(folded, 'Revenue', show)).toBe(
      '20 largest of 23 by revenue; the rest is not drawn and adds up to 6. The table has all.',
    )
  })

  it('that are periods are never folded', () => {
    const rows = Array.from({ length: 60 }, (_, at) => ({
      month: `${2007 + Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`,
      revenue: '1',
    }))
    expect(foldChart({ kind: 'bar', x: 'month', y: 'revenue', series: null }, columns, rows).categories).toHaveLength(60)
  })
})

it('rates, averages and scores are not added', () => {
  const named = (name: string): boolean => isAdditive({ name, label: name, format: 'decimal' })
  expect([named('total_revenue'), named('customer_count'), named('generated')]).toEqual([true, true, true])
  expect([
    named('avg_recency_days'),
    named('growth_rate'),
    named('rfm_score'),
    isAdditive({ name: 'x', label: 'x', format: 'percent' }),
  ]).toEqual([false, false, false, false])
})

it('the newest month is open until its last day has data', () => {
  const months = ['2011-11', '2011-12']
  expect(isLastOpen(months, '2011-12-09T12:50:00Z')).toBe(true)
  expect(isLastOpen(months, '2011-12-31T08:00:00Z')).toBe(false)
  expect(isLastOpen(['2011-01-01', '2011-02-01'], '2011-02-27T00:00:00Z')).toBe(true)
  expect(isLastOpen(['2011-01-01', '2011-02-01'], '2011-02-28T00:00:00Z')).toBe(false)
  expect(isLastOpen(months, '2012-01-02T00:00:00Z')).toBe(false)
  expect(isLastOpen(['UK', 'France'], '2011-12-09T12:50:00Z')).toBe(false)
  expect(isLastOpen(months, null)).toBe(false)
})
