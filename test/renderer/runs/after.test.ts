// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest'
import CheckTable from '../../../renderer/kit/CheckTable.vue'
import { sampleTable } from '../../../renderer/kit/sample-rows.ts'
import { trendLines, trendWords } from '../../../renderer/kit/trend.ts'
import { cancelRequest, optionsOf, undoneSteps } from '../../../renderer/runs/run-again.ts'
import { findingRows, isChanged, isSlower, signedCount, signedShare } from '../../../renderer/runs/run-diff.ts'
import type { Change, StepDiff } from '../../../shared/run-diff.ts'
import type { CheckResult } from '../../../shared/run.ts'
import { mounted, type Mounted } from '../mounted.ts'
import { runStep } from '../pipelines/little-shop.ts'

describe('after a run', () => {
  it('the same can be asked for again when its options are known', () => {
    expect(optionsOf({ kind: 'pipeline', arguments: { jobs: ['+fact_sales'], threads: 2 } })).toMatchObject({
      jobs: ['+fact_sales'],
      threads: 2,
    })
    expect(optionsOf({ kind: 'import', arguments: { jobs: ['all'] } })).toBeNull()
    expect(optionsOf({ kind: 'pipeline', arguments: { words: ['all'] } })).toBeNull()
  })

  it('what failed, was skipped or cancelled can be taken up, once the run is over', () => {
    const steps = [runStep('a'), runStep('b', { status: 'failed' }), runStep('c', { status: 'skipped' })]
    expect(undoneSteps({ kind: 'pipeline', ended_at: '2026-01-01T00:00:00Z', steps })).toEqual(['b', 'c'])
    expect(undoneSteps({ kind: 'pipeline', ended_at: null, steps })).toEqual([])
  })

  it('it is known who asked it to stop', () => {
    const event = { at: '2026-01-01T00:00:09Z', kind: 'cancel.requested', job: null, detail: { by: 'anna on desk' } }
    expect(cancelRequest({ events: [event], cancel_requested_at: event.at })).toEqual({ by: 'anna on desk', at: event.at })
    expect(cancelRequest({ events: [], cancel_requested_at: event.at })).toEqual({ by: 'Somebody', at: event.at })
    expect(cancelRequest({ events: [], cancel_requested_at: null })).toBeNull()
  })
})

describe('against the run before', () => {
  const change = (before: number | null, after: number | null): Change => {
    const difference = before === null || after === null ? null : after - before
    return { before, after, difference, percent: difference === null || !before ? null : difference / before }
  }
  const same: StepDiff = {
    job: 'a',
    stands_in: 'both',
    status: { before: 'succeeded', after: 'succeeded', changed: false },
    counts: {
      read: change(5, 5),
      inserted: change(5, 5),
      updated: change(0, 0),
      versions_closed: change(0, 0),
      unchanged: change(0, 0),
      rejected: change(0, 0),
    },
    seconds: change(1, 9),
    attempts: change(1, 1),
    watermark: { before: '7', after: '7', changed: false },
  }

  it('a step did something else when a count, its status or its watermark differs, and not when it took longer', () => {
    expect(isChanged(same)).toBe(false)
    expect(isChanged({ ...same, counts: { ...same.counts, rejected: change(0, 2) } })).toBe(true)
    expect(isChanged({ ...same, watermark: { before: '7', after: '8', changed: true } })).toBe(true)
    expect(isChanged({ ...same, stands_in: 'after' })).toBe(true)
  })

  it('a time is news from half a second and a fifth on', () => {
    expect([isSlower(change(10, 13)), isSlower(change(10, 11)), isSlower(change(0.1, 0.4)), isSlower(change(null, 4))]).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  it('numbers carry their sign, and nothing is nothing', () => {
    expect([signedCount(1200), signedCount(-3), signedCount(0), signedCount(null)]).toEqual(['+1,200', '−3', '', ''])
    expect([signedShare(0.25), signedShare(-0.5), signedShare(null)]).toEqual(['+25.0%', '−50.0%', ''])
    const finding = { job: null, finding: 'x' }
    expect(findingRows({ ...finding, before: 12, after: 37 })).toBe('12 → 37 rows')
    expect(findingRows({ ...finding, before: null, after: 1 })).toBe('1 row')
    expect(findingRows({ ...finding, before: null, after: null })).toBe('')
  })
})

describe('checks on the screen', () => {
  let page: Mounted
  afterEach(() => {
    page.unmount()
  })
  const check = (name: string, more: Partial<CheckResult> = {}): CheckResult => ({
    check: name,
    stage: 'staged',
    severity: 'warn',
    status: 'pass',
    bad_rows: 0,
    measured: null,
    expected: null,
    sample: [],
    ...more,
  })

  it('have their number even when they pass, trouble first, and unfold into the rows that broke the rule', async () => {
    const sample = [{ line_id: 1, country: 'RSA' }, { line_id: 2 }]
    page = await mounted(CheckTable, {
      props: { label: 'Checks', checks: [check('range', { bad_rows: 4 }), check('country', { status: 'fail', bad_rows: 37, sample })] },
    })
    expect(document.querySelectorAll('tbody')[0]?.textContent).toMatch(/country.*Fails.*37/s)
    expect(document.querySelectorAll('tbody')[1]?.textContent).toMatch(/range.*Passes.*4/s)
    page.button('country, show sample rows').click()
    await page.settled()
    expect(page.find('[aria-label="Sample rows of country"]').textContent).toMatch(/line_id.*country.*1.*RSA.*2.*–/s)
  })
})

it('sample rows of any shape become one table', () => {
  expect(sampleTable([{ a: 1, b: 'x' }, { b: null, c: { d: 1 } }, 'plain'])).toEqual({
    columns: ['a', 'b', 'c', 'value'],
    rows: [
      ['1', 'x', '–', '–'],
      ['–', '–', '{"d":1}', '–'],
      ['–', '–', '–', 'plain'],
    ],
  })
})

it('a trend stands on zero, breaks where a number is missing, and can be read', () => {
  expect(trendLines([0, 10, null, 5], { width: 30, height: 10 })).toEqual(['0,10 10,0', '30,5'])
  expect(trendWords([3, null, 12])).toBe('2 results, lowest 3, highest 12, last 12')
  expect(trendWords([null])).toBe('no numbers yet')
})
