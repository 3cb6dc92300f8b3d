import { describe, expect, it } from 'vitest'
import { sayStamps } from '../../renderer/kit/stamps.ts'
import { allTicks, lateWords, ledgerSentences } from '../../renderer/schedules/ledger.ts'
import { nameFrom, nameProblem } from '../../renderer/schedules/new-schedule.ts'
import { policyWords } from '../../renderer/schedules/policy-words.ts'
import { applyMend, mendOf, placeProblem } from '../../renderer/schedules/problem.ts'
import { hereWords, momentIn, offsetOf, untilWords, zoneNames } from '../../renderer/schedules/times.ts'
import { scheduleSchema, type ScheduleTick } from '../../shared/schedule.ts'

const schedule = (more: object = {}) => scheduleSchema.parse({ title: 'Sync', cron: '0 * * * *', jobs: ['all'], ...more })
const tick = (due_at: string, outcome: ScheduleTick['outcome'], more: Partial<ScheduleTick> = {}): ScheduleTick => ({
  ...{ schedule: 'sync', due_at, outcome, run_id: null, machine: 'desk', decided_at: due_at, note: null },
  ...more,
})

describe('the moments of a schedule', () => {
  const at = '2026-11-22T01:00:00.000Z'
  const now = new Date('2026-11-21T12:00:00Z')

  it('are told on its own clock, with the year only where it is another', () => {
    expect(momentIn('Europe/Paris', at, now)).toBe('Sun 22 Nov 02:00')
    expect(momentIn('Europe/Paris', '2027-03-28T01:00:00Z', now)).toBe('Sun 28 Mar 2027 03:00')
  })

  it('are told on the reader’s clock only where that shows something else', () => {
    expect(hereWords('Europe/Paris', at, 'Europe/Berlin')).toBeNull()
    expect(hereWords('Europe/Paris', at, 'UTC')).toBe('01:00 here')
    expect(hereWords('Europe/Paris', at, 'America/New_York')).toBe('Sat 20:00 here')
  })

  it('are as far away as hours and days say, without a “tomorrow” that is the day after', () => {
    expect(untilWords('2026-11-21T12:00:20Z', now)).toBe('now')
    expect(untilWords('2026-11-21T12:59:00Z', now)).toBe('in 59 minutes')
    expect(untilWords('2026-11-23T05:00:00Z', now)).toBe('in 41 hours')
    expect(untilWords('2026-11-30T12:00:00Z', now)).toBe('in 9 days')
    expect(untilWords('2027-03-28T01:00:00Z', now)).toBe('in 4 months')
    expect(untilWords('2031-03-28T01:00:00Z', now)).toBe('in 4 years')
  })

  it('can lie in every zone; each zone is known with its distance from UTC', () => {
    expect(zoneNames('Asia/Tokyo').slice(0, 2)).toEqual(['UTC', 'Asia/Tokyo'])
    expect(new Set(zoneNames()).size).toBe(zoneNames().length)
    expect([offsetOf('Asia/Kolkata', now), offsetOf('UTC', now), offsetOf('Mars/Olympus', now)]).toEqual(['UTC+05:30', 'UTC+00:00', ''])
  })

  it('inside sentences of the server are put into the reader’s words', () => {
    const say = (stamp: string): string => momentIn('Europe/Paris', stamp, now)
    expect(sayStamps('one run, for the tick of 2026-11-21T09:05:00.000Z, makes up for it', say)).toBe(
      'one run, for the tick of Sat 21 Nov 10:05, makes up for it',
    )
  })
})

describe('the policies in words', () => {
  const wordsOf = (more: object): string[] => policyWords(schedule(more)).map(({ words }) => words)

  it('name what becomes of missed ticks and of overlaps, always', () => {
    expect(wordsOf({})).toEqual(['One run makes up for all missed ticks', 'Skipped while the run before goes on'])
    expect(wordsOf({ missed: 'skip', overlap: 'queue' })).toEqual(['Missed ticks are skipped', 'Waits while the run before goes on'])
    expect(wordsOf({ missed: { each_up_to: 3 }, overlap: 'allow' })[0]).toBe('Each missed tick is made up, the last 3 at most')
  })

  it('name conditions and settings of the run only where there are some', () => {
    const words = wordsOf({
      jitter: '30 seconds',
      only_on_power: { battery_above: 40 },
      only_online: true,
      health_check: false,
      arguments: { full_reload: true, exclude: ['rfm'], threads: 1 },
    })
    expect(words).toEqual([
      'Full reload, without rfm, one step at once',
      'One run makes up for all missed ticks',
      'Skipped while the run before goes on',
      'Up to 30 seconds later, each machine by its own part',
      'Only on mains power or above 40 % battery',
      'Only with a network',
      'Connections are not looked at before it',
    ])
  })
})

describe('the ledger in sentences', () => {
  const since = new Date('2026-11-20T00:00:00Z')
  const sentences = (ticks: ScheduleTick[]): string[] =>
    ledgerSentences([{ name: 'sync', schedule: schedule(), ticks }], since).map(({ words }) => words)
  const note = 'one run, for the tick of 2026-11-21T09:00:00Z, makes up for it'

  it('says how many ticks were missed, why, and where they were made up', () => {
    const missed = [tick('2026-11-21T08:00:00Z', 'missed', { note }), tick('2026-11-21T07:00:00Z', 'missed', { note })]
    expect(sentences([tick('2026-11-21T09:00:00Z', 'claimed', { machine: 'laptop' }), ...missed])).toEqual([
      `2 ticks of “Sync” were missed: ${note}; the run on laptop makes up for it now.`,
    ])
    expect(sentences([tick('2026-11-21T09:00:00Z', 'ran', { machine: 'tower' }), ...missed.slice(0, 1)])).toEqual([
      `1 tick of “Sync” was missed: ${note}; it ran on tower since.`,
    ])
  })

  it('tells of failures until one has run, and of nothing that is old', () => {
    const failed = tick('2026-11-21T08:00:00Z', 'failed', { note: 'the run failed' })
    expect(sentences([failed])).toEqual(['1 tick of “Sync” failed: the run failed.'])
    expect(sentences([tick('2026-11-21T09:00:00Z', 'ran'), failed])).toEqual([])
    expect(sentences([tick('2026-11-19T09:00:00Z', 'missed')])).toEqual([])
  })

  it('puts the ticks of all schedules into one order, newest first', () => {
    const ticks = allTicks([
      { ticks: [tick('2026-11-21T08:00:00Z', 'ran'), tick('2026-11-21T06:00:00Z', 'ran')] },
      { ticks: [tick('2026-11-21T07:00:00Z', 'ran', { schedule: 'other' })] },
    ])
    expect(ticks.map(({ due_at }) => due_at.slice(11, 13))).toEqual(['08', '07', '06'])
  })

  it('says how late a tick was decided, beyond the minutes that are usual', () => {
    const late = (decided_at: string): string | null => lateWords({ due_at: '2026-11-21T08:00:00Z', decided_at })
    expect([
      late('2026-11-21T08:01:30Z'),
      late('2026-11-21T08:15:30Z'),
      late('2026-11-21T09:01:00Z'),
      late('2026-11-24T08:00:00Z'),
    ]).toEqual([null, '15 minutes', '1 hour', '3 days'])
  })
})

describe('a problem of the text', () => {
  const text = 'title: a\ncron: 0 2 * * *\njobs:\n  - load_a\n  - load_ab\n'

  it('is told with its line, and without the name of the file', () => {
    expect(placeProblem({ message: 'schedules/a.yaml:3: jobs is missing', hint: 'Add “jobs”.' })).toEqual({
      line: 3,
      words: 'jobs is missing',
      hint: 'Add “jobs”.',
    })
    expect(placeProblem({ message: 'no place', hint: null }).line).toBeNull()
  })

  it('is mended by the word that was meant, the whole word and only there', () => {
    const mend = mendOf(text, {
      message: 'schedules/a.yaml:3: jobs: there is no job or group “load_a”',
      hint: 'Did you mean “load_b”?',
    })
    expect(mend === null ? null : applyMend(text, mend)).toBe(text.replace('- load_a\n', '- load_b\n'))
  })

  it('is mended where a key is mistyped, even if its letters stand above', () => {
    const typed = '# zon is wrong\nzon: UTC\n'
    const mend = mendOf(typed, { message: 'schedules/a.yaml:2: zon is not known', hint: 'Did you mean “zone”?' })
    expect(mend === null ? null : applyMend(typed, mend)).toBe('# zon is wrong\nzone: UTC\n')
  })

  it('is left alone where nothing is meant or the word is not found', () => {
    expect(mendOf(text, { message: 'schedules/a.yaml:2: cron: “x” is wrong', hint: 'Five fields.' })).toBeNull()
    expect(mendOf(text, { message: 'schedules/a.yaml:2: cron: “x” is wrong', hint: 'Did you mean “y”?' })).toBeNull()
  })
})

it('a new schedule is named after its title, and not like another', () => {
  expect(nameFrom('3 Nightly Loäd!')).toBe('nightly_loa_d')
  expect(nameFrom('Nightly load')).toBe('nightly_load')
  expect(nameProblem('nightly', ['nightly'])).toContain('already')
  expect(nameProblem('Nightly', [])).toContain('small letters')
  expect(nameProblem('', [])).not.toBeNull()
  expect(nameProblem('nightly', ['weekly'])).toBeNull()
})
