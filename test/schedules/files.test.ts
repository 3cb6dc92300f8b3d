import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  changeText,
  parseSchedule,
  readScheduleFile,
  readSchedules,
  removeScheduleFile,
  switchText,
  writeScheduleFile,
} from '../../server/schedules/files.ts'
import { parseCron } from '../../server/schedules/cron.ts'
import { nextSlots } from '../../server/schedules/slots.ts'
import { saySchedule, toNextTick } from '../../server/schedules/words.ts'

const WORDS = ['all', 'facts', 'dimensions', 'load_orders']
const GOOD = 'title: Load\ncron: "0 2 * * *"\njobs: [all]\n'

describe('a schedule’s file', () => {
  test('has defaults that are written out in what was read', () => {
    expect(parseSchedule('daily', GOOD, WORDS).schedule).toEqual({
      ...{ title: 'Load', cron: '0 2 * * *', zone: 'UTC', jobs: ['all'], arguments: {}, missed: 'run_once', overlap: 'skip' },
      ...{ only_on_power: false, only_online: false, enabled: true, health_check: true, notify: {} },
    })
  })

  test.each([
    [`${GOOD}zoen: UTC\n`, 'schedule.bad-file', 'schedules/daily.yaml:4: zoen is not known', 'Did you mean “zone”?'],
    [
      `${GOOD}arguments:\n  thread: 4\n`,
      'schedule.bad-file',
      'schedules/daily.yaml:5: arguments.thread is not known',
      'Did you mean “threads”?',
    ],
    [
      `${GOOD}# a comment\nmissed: runonce\n`,
      'schedule.bad-file',
      'schedules/daily.yaml:5: missed “runonce”: not a valid value',
      'Did you mean “run_once”?',
    ],
    [
      `${GOOD}missed: { each_upto: 3 }\n`,
      'schedule.bad-file',
      'schedules/daily.yaml:4: missed: not a valid value',
      'Did you mean “each_up_to”?',
    ],
    [
      `${GOOD}jitter: 5 min\n`,
      'schedule.bad-file',
      'schedules/daily.yaml:4: jitter “5 min”: a duration such as 10 minutes',
      'Correct the value.',
    ],
    [
      `${GOOD}zone: Europe/Pari\n`,
      'schedule.bad-zone',
      'schedules/daily.yaml:4: zone: “Europe/Pari” is no time zone',
      'Did you mean “Europe/Paris”?',
    ],
    [
      'title: Load\ncron: "0 2 * * *"\njobs: [al]\n',
      'schedule.unknown-job',
      'schedules/daily.yaml:3: jobs: there is no job or group “al”',
      'Did you mean “all”?',
    ],
    [
      'title: Load\ncron: "0 2 * * *"\njobs: all\n',
      'schedule.bad-file',
      'schedules/daily.yaml:3: jobs “all”: Invalid input: expected array, received string',
      'Write a list: [all].',
    ],
    ['title: Load\njobs: [all]\n', 'schedule.bad-file', 'schedules/daily.yaml:1: cron is missing', 'Add “cron”.'],
    [
      'title: Load\ncron: "0 0 30 2 *"\njobs: [all]\n',
      'schedule.never-due',
      'schedules/daily.yaml:2: cron: “0 0 30 2 *” is never due: no such day exists',
      'Correct day and month.',
    ],
    ['title: [\n', 'schedule.bad-yaml', /^schedules\/daily\.yaml:\d: /, 'Correct the YAML.'],
  ])('%j is refused as %s with its place', (text, code, message, hint) => {
    expect(() => parseSchedule('daily', text, WORDS)).toThrow(
      expect.objectContaining({
        code,
        hint,
        message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
      }) as Error,
    )
  })
})

test.each([
  ['0 2 * *', '“0 2 * *” has 4 fields instead of five'],
  ['0 0 2 * * *', '“0 0 2 * * *” has six fields; seconds are not supported'],
  ['@every 5m', '“@every 5m” is not supported: an interval has no fixed times, so nobody could say which ones were missed'],
  ['@reboot', '“@reboot” is not supported: a schedule has times'],
  ['@dayly', '“@dayly” is not known'],
  ['0 61 * * *', 'the hour “61”: Constraint error, got value 61 expected range 0-23'],
  ['0 0 L * *', 'the day of month “L” uses L, W, #, ? or H, which cron programs understand differently'],
  ['0 0 * * 5#2', 'the day of week “5#2” uses L, W, #, ? or H, which cron programs understand differently'],
  ['*/70 * * * *', 'the minute “*/70”: the step 70 is longer than the field'],
  ['5/15 * * * *', 'the minute “5/15”: “5/15” is neither a value, a range such as 1-5, nor a step such as */15'],
  ['0 22-2 * * *', 'the hour “22-2”: Invalid range: 22-2, min(22) > max(2)'],
])('the expression “%s” is refused with the field and the reason', (expression, message) => {
  expect(() => parseCron(expression)).toThrow(expect.objectContaining({ code: 'schedule.bad-cron', message }) as Error)
})

test.each([
  ['0 2 * * *', 'Europe/Paris', 'every day at 02:00 Europe/Paris; next Sat 21 Nov 02:00 (01:00 UTC)'],
  ['@hourly', 'UTC', 'every hour, UTC; next Fri 20 Nov 13:00 UTC'],
  ['30 6 * * mon-fri', 'America/New_York', 'Monday to Friday at 06:30 America/New_York; next Mon 23 Nov 06:30 (11:30 UTC)'],
  ['0 6,18 * * *', 'UTC', 'every day at 06:00 and 18:00 UTC; next Fri 20 Nov 18:00 UTC'],
  ['15 10 1 * *', 'UTC', 'on day 1 of every month at 10:15 UTC; next Tue 1 Dec 10:15 UTC'],
  ['0 2 * * 0,6', 'Asia/Tokyo', 'every Sunday and Saturday at 02:00 Asia/Tokyo; next Sat 21 Nov 02:00 (Fri 17:00 UTC)'],
  ['*/5 * * * *', 'UTC', 'every 5 minutes, UTC; next Fri 20 Nov 12:05 UTC'],
  ['0 0 1 1,7 *', 'UTC', 'at 00:00, on day 1 of the month, only in January and July, UTC; next Fri 1 Jan 2027 00:00 UTC'],
])('“%s” in %s is said as “%s”', (expression, zone, said) => {
  const cron = parseCron(expression)
  const now = Date.parse('2026-11-20T12:00:00Z')
  const next = nextSlots(cron, zone, { after: now, count: 1 }).map((slot) => toNextTick(slot, { zone, now }))
  expect(saySchedule(cron, next, zone)).toBe(said)
})

test('a time that daylight saving moves says so among the next times', () => {
  const cron = parseCron('30 2 * * *')
  const place = { zone: 'Europe/Paris', now: Date.parse('2027-03-27T12:00:00Z') }
  const [shifted, plain] = nextSlots(cron, place.zone, { after: place.now, count: 2 }).map((slot) => toNextTick(slot, place))
  expect(shifted).toEqual({
    at: '2027-03-28T01:00:00.000Z',
    words: 'Sun 28 Mar 03:00 (01:00 UTC)',
    note: 'clocks go forward: 02:30 does not exist that day, so it runs at the first moment that does',
  })
  expect(plain?.note).toBeNull()
})

describe('writing', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'quintile-schedule-files-'))))
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const TEXT =
    '# of the night\ntitle: Load # the title\ncron: "0 2 * * *" # when nobody works\njobs: [all]\n# about what is missed\nmissed: skip\njitter: 5 minutes\n'

  test('other values keep the comments and the order of the file', () => {
    expect(changeText(TEXT, { title: 'Load', cron: '0 3 * * *', jobs: ['facts', 'rfm'], missed: 'run_once', enabled: false })).toBe(
      '# of the night\ntitle: Load # the title\ncron: "0 3 * * *" # when nobody works\njobs: [facts, rfm]\n# about what is missed\nmissed: run_once\nenabled: false\n',
    )
    expect(switchText(TEXT, false)).toBe(`${TEXT}enabled: false\n`)
  })

  test('leaves one whole file and nothing beside it, and what was there is read back', async () => {
    const schedules = join(folder, 'schedules')
    await writeScheduleFile(schedules, 'daily', TEXT)
    await writeScheduleFile(schedules, 'broken', 'title: 3\n')
    expect(await readdir(schedules)).toEqual(['broken.yaml', 'daily.yaml'])
    expect(await readFile(join(schedules, 'daily.yaml'), 'utf8')).toBe(TEXT)
    const all = await readSchedules(schedules, WORDS)
    expect(all.map(({ name, failure }) => [name, failure?.code ?? null])).toEqual([
      ['broken', 'schedule.bad-file'],
      ['daily', null],
    ])
    await expect(readScheduleFile(schedules, 'dayly', WORDS)).rejects.toMatchObject({
      code: 'schedule.unknown',
      hint: 'Did you mean “daily”?',
    })
    await removeScheduleFile(schedules, 'daily')
    expect(existsSync(join(schedules, 'daily.yaml'))).toBe(false)
  })

  test('refuses a name that would leave the folder', async () => {
    await expect(writeScheduleFile(folder, '../evil', TEXT)).rejects.toMatchObject({ code: 'schedule.bad-name' })
  })
})
