import { describe, expect, it } from 'vitest'
import { isLeaking, leak, rolledBack } from '../../renderer/kit/counts.ts'
import { barOf } from '../../renderer/runs/gantt.ts'
import { runSentence } from '../../renderer/overview/run-sentence.ts'
import { rfmLines } from '../../renderer/overview/rfm.ts'
import { NO_COUNTS } from '../../shared/run.ts'

describe('counts of a step', () => {
  const counts = { read: 100, inserted: 60, updated: 20, versions_closed: 5, unchanged: 10, rejected: 5 }
  const ended = { status: 'succeeded', ended_at: '2026-01-01T00:00:10Z', reconciles: true } as const

  it('reconcile when every row that was read is in one part', () => {
    expect(leak(counts)).toBe(0)
    expect(isLeaking({ ...counts, ...ended })).toBe(false)
  })

  it('leak when rows are missing, when too many come out, or when the server says so', () => {
    expect(leak({ ...counts, rejected: 3 })).toBe(2)
    expect(leak({ ...counts, inserted: 70 })).toBe(-10)
    expect(isLeaking({ ...counts, ...ended, rejected: 3 })).toBe(true)
    expect(isLeaking({ ...counts, ...ended, reconciles: false })).toBe(true)
  })

  it('of a step that failed are rolled back and do not leak', () => {
    const failed = { ...NO_COUNTS, read: 4070, ...ended, status: 'failed', reconciles: false } as const
    expect(isLeaking(failed)).toBe(false)
    expect(rolledBack([failed, { ...counts, status: 'succeeded' }])).toBe(4070)
  })

  it('need not add up while the step runs', () => {
    expect(isLeaking({ ...counts, rejected: 0, ...ended, ended_at: null, status: 'running' })).toBe(false)
  })
})

describe('bars of the time axis', () => {
  const run = { started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:01:40Z' }
  const now = new Date('2026-01-01T00:00:50Z')

  it('lie where the step ran within the run', () => {
    expect(barOf({ started_at: '2026-01-01T00:00:25Z', ended_at: '2026-01-01T00:00:50Z' }, run, now)).toEqual({ left: 25, width: 25 })
  })

  it('grow until now while the step runs', () => {
    expect(barOf({ started_at: '2026-01-01T00:00:25Z', ended_at: null }, { ...run, ended_at: null }, now)).toEqual({ left: 50, width: 50 })
  })

  it('of very short steps can still be seen and stay inside', () => {
    expect(barOf({ started_at: '2026-01-01T00:01:40Z', ended_at: '2026-01-01T00:01:40Z' }, run, now)).toEqual({ left: 99.5, width: 0.5 })
  })

  it('do not exist for steps that have not begun', () => {
    expect(barOf({ started_at: null, ended_at: null }, run, now)).toBeNull()
  })
})

describe('the sentence about a run', () => {
  const run = { status: 'succeeded', totals: NO_COUNTS, nothing_changed: false, steps_done: 11, steps_total: 11 } as const

  it('says that nothing changed', () => {
    expect(runSentence({ ...run, nothing_changed: true })).toBe('Nothing changed: every target already held the newest rows.')
  })

  it('counts what changed, in singular and plural', () => {
    expect(runSentence({ ...run, totals: { ...NO_COUNTS, read: 9, inserted: 1, unchanged: 8 }, steps_total: 1 })).toBe(
      '1 row changed in 1 step.',
    )
    expect(runSentence({ ...run, status: 'failed', totals: { ...NO_COUNTS, inserted: 2 } })).toBe(
      'It failed. What succeeded was kept: 2 rows changed.',
    )
  })
})

it('the RFM lines share customers and revenue, and have no revenue share where the report has none', () => {
  const chart = { kind: 'bar', x: 'segment', y: 'customers', series: null } as const
  const segment = { name: 'segment', label: 'Segment', format: 'text' } as const
  const customers = { name: 'customers', label: 'Customers', format: 'integer' } as const
  const revenue = [
    { name: 'avg_order_value', label: 'Average', format: 'money' },
    { name: 'total_revenue', label: 'Revenue', format: 'money' },
  ] as const
  const rows = [
    { segment: 'Champions', customers: 1, avg_order_value: '1.00', total_revenue: '75.00' },
    { segment: 'At Risk', customers: 3, avg_order_value: '1.00', total_revenue: '25.00' },
  ]
  expect(
    rfmLines({ chart, columns: [segment, customers, ...revenue], rows }).map(({ customerShare, revenueShare }) => [
      customerShare,
      revenueShare,
    ]),
  ).toEqual([
    [0.25, 0.75],
    [0.75, 0.25],
  ])
  expect(rfmLines({ chart, columns: [segment, customers], rows }).map(({ revenueShare }) => revenueShare)).toEqual([null, null])
})
