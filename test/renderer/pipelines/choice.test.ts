import { describe, expect, it } from 'vitest'
import { commandLine } from '../../../renderer/pipelines/command-line.ts'
import { staleReason } from '../../../renderer/pipelines/freshness.ts'
import { fitsFilter } from '../../../renderer/pipelines/job-filter.ts'
import {
  addNeeds,
  chooseOnly,
  chosenJobs,
  dropWord,
  NOTHING,
  readWord,
  toggle,
  widen,
  writeWord,
  type Selection,
} from '../../../renderer/pipelines/selection.ts'
import { bring, fitInto, zoomAt } from '../../../renderer/pipelines/viewport.ts'

const JOBS = [
  { job: 'dim_date', group: 'dimensions', needs: [], source: null },
  { job: 'dim_users', group: 'dimensions', needs: [], source: 'shop' },
  { job: 'fact_sales', group: 'facts', needs: ['dim_date', 'dim_users'], source: 'shop' },
  { job: 'rfm', group: 'analytics', needs: ['fact_sales'], source: null },
]
const chosen = (selection: Selection): string[] => [...chosenJobs(JOBS, selection)].sort()
const words = (selection: Selection): string[] => selection.words.map(writeWord)

describe('a selection of jobs', () => {
  it('means jobs, groups and all, with what they need before the word and what needs them behind it', () => {
    const of = (...texts: string[]): string[] => chosen({ ...NOTHING, words: texts.map(readWord) })
    expect(of('dimensions')).toEqual(['dim_date', 'dim_users'])
    expect(of('+fact_sales')).toEqual(['dim_date', 'dim_users', 'fact_sales'])
    expect(of('dim_users+')).toEqual(['dim_users', 'fact_sales', 'rfm'])
    expect(of('all')).toHaveLength(4)
    // What needs it is reached from the named job, not from its needs.
    expect(of('+dim_date+')).toEqual(['dim_date', 'fact_sales', 'rfm'])
  })

  it('leaves out what is excluded and what reads another source', () => {
    expect(chosen({ words: [readWord('all')], exclude: ['fact_sales+'], source: null })).toEqual(['dim_date', 'dim_users'])
    expect(chosen({ words: [readWord('all')], exclude: [], source: 'shop' })).toEqual(['dim_users', 'fact_sales'])
  })

  it('a click chooses only one job; toggling puts in and takes out', () => {
    const one = chooseOnly({ ...NOTHING, words: [readWord('all')], exclude: ['rfm'] }, 'dim_date')
    expect([words(one), one.exclude]).toEqual([['dim_date'], []])
    const two = toggle(JOBS, one, 'rfm')
    expect(words(two)).toEqual(['dim_date', 'rfm'])
    expect(words(toggle(JOBS, two, 'dim_date'))).toEqual(['rfm'])
  })

  it('toggling a job that another word brings along excludes it, and toggling it again takes it back', () => {
    const group = { ...NOTHING, words: [readWord('dimensions')] }
    const without = toggle(JOBS, group, 'dim_date')
    expect([words(without), without.exclude]).toEqual([['dimensions'], ['dim_date']])
    expect(toggle(JOBS, without, 'dim_date').exclude).toEqual([])
  })

  it('all words get what they need, or lose it when all have it; the last word takes the exclusions with it', () => {
    const two = { ...NOTHING, words: [readWord('rfm'), readWord('+dim_date')] }
    expect(words(widen(two, 'withNeeds'))).toEqual(['+rfm', '+dim_date'])
    expect(words(widen(widen(two, 'withNeeds'), 'withNeeds'))).toEqual(['rfm', 'dim_date'])
    expect(dropWord({ ...NOTHING, words: [readWord('+rfm')], exclude: ['dim_date'] }, 'rfm')).toEqual(NOTHING)
  })

  it('takes in missing needs as the server offers them, also those that were excluded', () => {
    const asked = { ...NOTHING, words: [readWord('fact_sales')], exclude: ['dim_users'] }
    const mended = addNeeds(asked, ['dim_date', 'dim_users'])
    expect([words(mended), mended.exclude]).toEqual([['dim_date', 'dim_users', 'fact_sales'], []])
  })
})

it('the command line says every option and quotes what a shell would read', () => {
  expect(commandLine({ jobs: ['+fact_sales', 'rfm'] })).toBe('quintile run --jobs +fact_sales rfm')
  const options = {
    jobs: ['all'],
    exclude: ['rfm'],
    source: 'shop',
    threads: 4,
    full_reload: true,
    rebuild_history: true,
    since: "it's 2026",
  }
  expect(commandLine(options)).toBe(
    `quintile run --jobs all --exclude rfm --source shop --threads 4 --full-reload --rebuild-history --since 'it'\\''s 2026'`,
  )
})

it('jobs are found by every typed word, by group and by source', () => {
  const job = { job: 'fact_sales', kind: 'merge', target: 'fact_sales', group: 'facts', source: 'shop' }
  const filter = { text: '', group: '', source: '' }
  expect(fitsFilter(job, filter)).toBe(true)
  expect(fitsFilter(job, { ...filter, text: 'SALES merge' })).toBe(true)
  expect(fitsFilter(job, { ...filter, text: 'sales history' })).toBe(false)
  expect(fitsFilter(job, { ...filter, group: 'dimensions' })).toBe(false)
  expect(fitsFilter({ ...job, source: null }, { ...filter, text: 'warehouse' })).toBe(true)
})

describe('a target is stale', () => {
  const need = { job: 'dim', needs: [], status: 'succeeded', last_ended_at: '2026-01-01T10:00:00Z' } as const
  const job = { job: 'fact', needs: ['dim'], status: 'succeeded', last_ended_at: '2026-01-01T10:01:00Z' } as const

  it('when one of its needs was loaded after it', () => {
    expect(staleReason(job, [need, job])).toBeNull()
    expect(staleReason(job, [{ ...need, last_ended_at: '2026-01-01T10:02:00Z' }, job])).toBe('dim was loaded after it.')
    expect(staleReason(job, [{ ...need, status: 'failed', last_ended_at: '2026-01-01T10:02:00Z' }, job])).toBeNull()
  })

  it('when its last step did not succeed, and not while it runs', () => {
    expect(staleReason({ ...job, status: 'skipped' }, [need])).toContain('skipped')
    expect(staleReason({ ...job, status: 'running' }, [{ ...need, last_ended_at: '2026-01-01T10:02:00Z' }])).toBeNull()
  })
})

describe('the window on the graph', () => {
  it('zooms around a point that stays where it is, within limits', () => {
    const view = { x: 10, y: 20, scale: 1 }
    const near = zoomAt(view, 1.5, { x: 110, y: 120 })
    const under = ({ x, y, scale }: typeof view): [number, number] => [(110 - x) / scale, (120 - y) / scale]
    expect(under(near)).toEqual(under(view))
    expect(zoomAt(view, 100, { x: 0, y: 0 }).scale).toBe(2)
  })

  it('shows the whole picture in the middle and never enlarges it', () => {
    expect(fitInto({ width: 100, height: 100 }, { width: 400, height: 300 })).toEqual({ x: 150, y: 100, scale: 1 })
    expect(fitInto({ width: 2000, height: 100 }, { width: 1032, height: 300 }).scale).toBe(0.5)
    expect(fitInto({ width: 5000, height: 100 }, { width: 1032, height: 300 }, 0.5)).toMatchObject({ scale: 0.5, x: 16 })
  })

  it('moves no further than needed to bring a job into view', () => {
    const window = { width: 400, height: 300 }
    const view = { x: 0, y: 0, scale: 1 }
    expect(bring(view, { x: 50, y: 50, width: 100, height: 50 }, window)).toEqual(view)
    expect(bring(view, { x: 500, y: 50, width: 100, height: 50 }, window)).toEqual({ x: -216, y: 0, scale: 1 })
  })
})
