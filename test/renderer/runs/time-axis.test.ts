import { describe, expect, it } from 'vitest'
import { criticalPath } from '../../../renderer/runs/critical-path.ts'
import { attemptBars, waitedOf } from '../../../renderer/runs/gantt.ts'
import type { RunAttempt } from '../../../shared/run.ts'

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString()
const step = (job: string, from: number | null, until: number | null) => ({
  job,
  started_at: from === null ? null : at(from),
  ended_at: until === null ? null : at(until),
})
const run = { started_at: at(0), ended_at: at(100) }
const now = new Date(at(50))

describe('what a step waited for', () => {
  it('is first the need that ended last, then a free place', () => {
    const waited = waitedOf(step('fact', 40, 60), [step('dim', 0, 10), step('slow', 0, 30)], { run, now })
    expect(waited).toEqual({
      needs: { left: 0, width: 30 },
      place: { left: 30, width: 10 },
      needsSeconds: 30,
      placeSeconds: 10,
      lastNeed: 'slow',
    })
  })

  it('is nothing for a step that could begin at once, and goes on for one that still stands in line', () => {
    expect(waitedOf(step('dim', 0, 10), [], { run, now })).toMatchObject({ needs: null, place: null, lastNeed: null })
    const going = { started_at: at(0), ended_at: null }
    expect(waitedOf(step('fact', null, null), [step('dim', 0, null)], { run: going, now })).toMatchObject({
      needs: { left: 0, width: 100 },
      place: null,
      lastNeed: 'dim',
    })
  })

  it('ends for a skipped step when it was skipped', () => {
    expect(waitedOf(step('rfm', null, 60), [step('fact', 40, 60)], { run, now })).toMatchObject({ needsSeconds: 60, placeSeconds: 0 })
  })
})

describe('the critical path', () => {
  const needs = new Map([
    ['fact', ['dim', 'slow']],
    ['rfm', ['fact', 'outside']],
    ['trend', ['dim']],
  ])
  const steps = [step('dim', 0, 10), step('slow', 0, 30), step('trend', 10, 50), step('fact', 30, 70), step('rfm', 70, 90)]

  it('goes back from the step that ended last, each time to the need that ended last', () => {
    expect(criticalPath(steps, needs, now)).toEqual({ jobs: ['slow', 'fact', 'rfm'], seconds: 90 })
  })

  it('follows what still runs, and ignores what never began', () => {
    const going = [step('dim', 0, 10), step('slow', 0, 30), step('fact', 30, null), step('rfm', null, null)]
    expect(criticalPath(going, needs, now)).toEqual({ jobs: ['slow', 'fact'], seconds: 50 })
  })

  it('is none where there was nothing to wait for', () => {
    expect(criticalPath([step('dim', 0, 10), step('slow', 0, 30)], needs, now).jobs).toEqual([])
    expect(criticalPath([], needs, now).jobs).toEqual([])
  })
})

it('each attempt has its own bar, with the pause between them left open', () => {
  const attempt = (number: number, from: number, until: number, status: RunAttempt['status']): RunAttempt => ({
    job: 'fact',
    attempt: number,
    status,
    started_at: at(from),
    ended_at: at(until),
    seconds: until - from,
    error: null,
  })
  expect(attemptBars([attempt(1, 10, 20, 'failed'), attempt(2, 25, 65, 'succeeded')], run, now)).toEqual([
    { attempt: 1, status: 'failed', bar: { left: 10, width: 10 } },
    { attempt: 2, status: 'succeeded', bar: { left: 25, width: 40 } },
  ])
})
