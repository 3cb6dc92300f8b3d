import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listValue, missedValue, presetOf, switchValue, textValue } from '../../renderer/schedules/form-values.ts'
import { firstText } from '../../renderer/schedules/new-schedule.ts'
import { readScheduleText } from '../../renderer/schedules/schedule-text.ts'
import { scheduleSchema } from '../../shared/schedule.ts'

const TEXT = `# Before anyone is up.
title: Nightly load   # shown in the list
cron: '0 2 * * *'
zone: Europe/Paris # ours
jobs: [all] # everything
missed: { each_up_to: 3 }
owner:
# the end
`
const write = (text: string, name: Parameters<ReturnType<typeof readScheduleText>['write']>[0], value: string | boolean | string[]) =>
  readScheduleText(text).write(name, value)

describe('a field of the form', () => {
  it('changes its own value and not one character besides', () => {
    expect(write(TEXT, 'title', 'Early')).toBe(TEXT.replace('Nightly load', 'Early'))
    expect(write(TEXT, 'cron', '*/5 * * * *')).toBe(TEXT.replace("'0 2 * * *'", '"*/5 * * * *"'))
    expect(write(TEXT, 'jobs', ['dims', '+facts'])).toBe(TEXT.replace('[all]', '[dims, +facts]'))
    expect(write(TEXT, 'missed', 'skip')).toBe(TEXT.replace('{ each_up_to: 3 }', 'skip'))
    expect(write(TEXT, 'owner', 'anna')).toBe(TEXT.replace('owner:', 'owner: anna'))
  })

  it('keeps a list of lines a list of lines, with its indent', () => {
    const text = 'jobs:\n  - a\n  - b\nmissed: skip\n'
    expect(write(text, 'jobs', ['a', 'c', 'd'])).toBe('jobs:\n  - a\n  - c\n  - d\nmissed: skip\n')
    expect(write(text, 'jobs', [])).toBe('jobs:\n  []\nmissed: skip\n')
  })

  it('that is not there yet gets a line behind its neighbours', () => {
    expect(write(TEXT, 'overlap', 'queue')).toBe(TEXT.replace('3 }\n', '3 }\noverlap: queue\n'))
    expect(write('title: a', 'enabled', false)).toBe('title: a\nenabled: false\n')
    expect(write('# nothing but a comment\n', 'title', 'a')).toBe('# nothing but a comment\ntitle: a\n')
  })

  it('is left to the text where it could not be changed without harm, and says so', () => {
    const reasonOf = (text: string) => readScheduleText(text).reason('jobs')
    expect(reasonOf('jobs:\n  - a # why\n  - b\n')).toContain('comments')
    expect(reasonOf('jobs: [a,\n  b]\n')).toContain('several lines')
    expect(reasonOf('owner: &who [a]\njobs: *who\n')).toContain('refers')
    expect(reasonOf('jobs: &who [a]\n')).toContain('mark')
    expect(reasonOf('jobs: [[a]]\n')).toContain('more than a list')
    expect(readScheduleText('missed:\n  each_up_to: 3\n').reason('missed')).toContain('several lines')
    expect(readScheduleText('title: |\n  a\n  b\n').reason('title')).toContain('several lines')
    expect(write('jobs:\n  - a # why\n  - b\n', 'jobs', ['b'])).toBeNull()
  })

  it('cannot be changed while the text is no YAML or no list of keys', () => {
    for (const text of ['title: [', '- a\n- b\n', '{ title: a }', 'jobs: *nobody\n', 'a: 1\n---\nb: 2\n'])
      expect(readScheduleText(text).problem, text).not.toBeNull()
    expect(readScheduleText('title: [').write('title', 'x')).toBeNull()
  })

  it('holds whatever is typed into it, and the rest of the file keeps its meaning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.constantFrom('title', 'zone', 'owner'), (typed, name) => {
        const value = typed.replaceAll(/[\r\n]/g, ' ')
        const after = write(TEXT, name, value)
        // What YAML cannot hold in one line is refused; what is written is read back.
        if (after === null) return
        expect(parse(after)).toEqual({ ...(parse(TEXT) as object), [name]: value })
        expect(after).toContain('# Before anyone is up.')
      }),
    )
    expect(write(TEXT, 'title', 'a: b # “c”')).not.toBeNull()
  })
})

describe('what the form shows', () => {
  it('is the default where a key is not there', () => {
    const text = readScheduleText('title: a\n')
    expect([textValue(text, 'zone'), textValue(text, 'overlap'), switchValue(text, 'enabled'), listValue(text, 'jobs')]).toEqual([
      'UTC',
      'skip',
      true,
      [],
    ])
    expect(missedValue(text)).toEqual({ policy: 'run_once', count: 3 })
    expect(missedValue(readScheduleText(TEXT))).toEqual({ policy: 'each_up_to', count: 3 })
  })

  it('is neither on nor off where the text says more', () => {
    expect(switchValue(readScheduleText('only_on_power: { battery_above: 40 }\n'), 'only_on_power')).toBeNull()
  })

  it('is the preset of the usual times, whatever blanks stand between', () => {
    expect(presetOf(' 0  2 * * * ')).toBe('0 2 * * *')
    expect(presetOf('7 2 * * *')).toBe('')
  })
})

it('the text of a new schedule is a schedule', () => {
  expect(scheduleSchema.parse(parse(firstText('Asia/Tokyo')))).toMatchObject({ zone: 'Asia/Tokyo', jobs: ['all'], missed: 'run_once' })
  expect(readScheduleText(firstText('UTC')).reason('jobs')).toBeNull()
})
