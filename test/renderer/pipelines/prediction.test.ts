// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatIn } from '../../../renderer/kit/format.ts'
import { useLive } from '../../../renderer/live.ts'
import { comparable, differences, isForOptions, predictionSentence, progressOf, signed } from '../../../renderer/pipelines/dry-run.ts'
import DryRunView from '../../../renderer/pipelines/DryRunView.vue'
import { barsOf, historyWords } from '../../../renderer/pipelines/job-history.ts'
import { fromOptions, toOptions, USUAL } from '../../../renderer/pipelines/planning.ts'
import { NOTHING, readWord } from '../../../renderer/pipelines/selection.ts'
import { runOptionsSchema, type DryRun } from '../../../shared/plan.ts'
import { NO_COUNTS } from '../../../shared/run.ts'
import { mounted, type Mounted } from '../mounted.ts'
import { predicted, runStep } from './little-shop.ts'

const ID = '019f0000-0000-7000-8000-00000000000a'
const dryRun = (more: Partial<DryRun> = {}): DryRun => ({
  dry_run_id: ID,
  status: 'succeeded',
  started_at: '2026-01-02T00:00:00Z',
  ended_at: '2026-01-02T00:00:05Z',
  options: runOptionsSchema.parse({ jobs: ['fact_sales'] }),
  steps: [predicted('fact_sales', { read: 100, inserted: 12, unchanged: 88 })],
  totals: { ...NO_COUNTS, read: 100, inserted: 12, unchanged: 88 },
  compared_run_id: null,
  ...more,
})

beforeEach(() => {
  formatIn({ locale: 'en-GB', timeZone: 'UTC' })
})

describe('a prediction', () => {
  it('says in one sentence what would change and what would fail', () => {
    expect(predictionSentence(dryRun())).toBe('12 rows would change.')
    expect(predictionSentence(dryRun({ totals: NO_COUNTS }))).toBe('Nothing would change.')
    const failing = dryRun({
      status: 'failed',
      totals: { ...NO_COUNTS, updated: 1 },
      steps: [predicted('a', { status: 'failed' }), predicted('b')],
    })
    expect(predictionSentence(failing)).toBe('1 row would change. 1 step would fail.')
  })

  it('is held beside an earlier one, count by count, where both are known', () => {
    const before = dryRun({ steps: [predicted('fact_sales', { read: 90, inserted: 15, unchanged: 75 })] })
    const [step] = dryRun().steps
    expect(differences(step!, before)).toEqual({ ...NO_COUNTS, read: 10, inserted: -3, unchanged: 13 })
    expect(differences({ ...step!, status: 'failed' }, before)).toBeNull()
    expect(differences(predicted('other'), before)).toBeNull()
    expect([signed(1200), signed(-3), signed(0)]).toEqual(['+1,200', '−3', ''])
  })

  it('is comparable with finished ones of the same jobs from before, newest first', () => {
    const all = [
      dryRun({ dry_run_id: 'older', started_at: '2026-01-01T00:00:00Z' }),
      dryRun({ dry_run_id: 'old', started_at: '2026-01-01T12:00:00Z' }),
      dryRun({ dry_run_id: 'later', started_at: '2026-01-03T00:00:00Z' }),
      dryRun({ dry_run_id: 'elsewhere', started_at: '2026-01-01T00:00:00Z', steps: [predicted('dim_date')] }),
      dryRun({ dry_run_id: 'going', started_at: '2026-01-01T00:00:00Z', status: 'running' }),
      dryRun(),
    ]
    expect(comparable(all, dryRun()).map(({ dry_run_id }) => dry_run_id)).toEqual(['old', 'older'])
  })

  it('was made for what is chosen now, whatever the order of the words and the number of places', () => {
    const made = dryRun({ options: runOptionsSchema.parse({ jobs: ['a', 'b'] }) })
    expect(isForOptions(made, { jobs: ['b', 'a'], threads: 4 })).toBe(true)
    expect(isForOptions(made, { jobs: ['b', 'a'], full_reload: true })).toBe(false)
    expect(isForOptions(made, null)).toBe(false)
  })
})

describe('what is planned', () => {
  it('becomes the options of a run and comes back from them', () => {
    const selection = { words: [readWord('+fact_sales')], exclude: ['dim_date'], source: 'shop' }
    const manner = { ...USUAL, fullReload: true, rebuildHistory: true, threads: 2 }
    const options = toOptions(selection, manner)
    expect(options).toMatchObject({ jobs: ['+fact_sales'], exclude: ['dim_date'], full_reload: true, rebuild_history: true, since: null })
    expect(fromOptions(runOptionsSchema.parse(options))).toEqual({ selection, manner })
  })

  it('asks for nothing while nothing is chosen, and never rebuilds history without a full reload', () => {
    expect(toOptions(NOTHING, USUAL)).toBeNull()
    const manner = { ...USUAL, rebuildHistory: true, since: ' 2026-01-01 ' }
    expect(toOptions({ ...NOTHING, words: [readWord('all')] }, manner)).toMatchObject({ rebuild_history: false, since: '2026-01-01' })
  })
})

it('the last steps of a job are bars from old to new, and one sentence', () => {
  const history = [
    { run_id: 'new', step: runStep('a', { seconds: 5 }) },
    { run_id: 'old', step: runStep('a', { seconds: 20 }) },
    { run_id: 'oldest', step: runStep('a', { status: 'skipped', seconds: null }) },
  ]
  expect(barsOf(history).map(({ run_id, height }) => [run_id, height])).toEqual([
    ['oldest', 4],
    ['old', 100],
    ['new', 25],
  ])
  expect(historyWords(history)).toBe('3 steps: 2 succeeded, 1 skipped. Usually 20 s, longest 20 s.')
})

describe('a dry run on the screen', () => {
  let page: Mounted
  afterEach(() => {
    page.unmount()
  })
  let kept: DryRun
  const open = async (answer: DryRun): Promise<void> => {
    kept = answer
    page = await mounted(DryRunView, {
      props: { dryRunId: ID, options: { jobs: ['fact_sales'] }, reason: null, busy: false },
      answers: {
        [`GET /api/pipelines/dry-runs/${ID}`]: () => kept,
        'GET /api/pipelines/dry-runs': { dry_runs: [answer] },
        [`POST /api/pipelines/dry-runs/${ID}/cancel`]: { cancelled: true },
      },
    })
  }

  it('moves step by step as the server tells, and can be cancelled', async () => {
    await open(
      dryRun({
        status: 'running',
        ended_at: null,
        steps: [predicted('dim_date', { status: 'queued' }), predicted('fact_sales', { status: 'queued' })],
      }),
    )
    expect(page.root.textContent).toContain('0 of 2 steps predicted')
    const step = predicted('dim_date', { read: 730, inserted: 730 })
    kept = { ...kept, steps: kept.steps.map((known) => (known.job === step.job ? step : known)) }
    useLive(page.pinia).apply({ type: 'dry-run', dry_run_id: ID, step })
    await page.settled()
    expect(page.root.textContent).toContain('1 of 2 steps predicted')
    expect(page.find('tbody').textContent).toContain('730')
    page.button('Cancel dry run').click()
    await page.settled()
    expect(page.asked.map(({ path }) => path)).toContain(`POST /api/pipelines/dry-runs/${ID}/cancel`)
  })

  it('says that nothing was written, and shows findings and errors where they belong', async () => {
    const findings = [{ reason: 'country is unknown', rows: 37, severity: 'warn' as const }]
    const error = { code: 'source.timeout', message: 'The shop did not answer.', hint: 'Is the network up?' }
    await open(dryRun({ status: 'failed', steps: [predicted('a', { findings }), predicted('b', { status: 'failed', error })] }))
    expect(page.root.textContent).toContain('Nothing was written')
    expect(page.root.textContent).toMatch(/37 rows: country is unknown/)
    expect(page.root.textContent).toMatch(/The shop did not answer.*Is the network up\?.*source.timeout/s)
  })

  it('offers to run what it predicted where something else is chosen now', async () => {
    await open(dryRun({ options: runOptionsSchema.parse({ jobs: ['all'] }) }))
    expect(page.root.textContent).toContain('quintile run --jobs all')
    expect(page.button('Run as predicted here')).toBeDefined()
  })

  it('counts the steps that ended', () => {
    expect(progressOf(dryRun({ steps: [predicted('a'), predicted('b', { status: 'running' })] }))).toEqual({ done: 1, total: 2 })
  })
})
