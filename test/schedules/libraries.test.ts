/** What the two cron libraries do around daylight saving, and what we do instead: one rule, from our own slots. */
import { CronExpressionParser } from 'cron-parser'
import { createTask } from 'node-cron'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nodeCronExpressions, parseCron } from '../../server/schedules/cron.ts'
import { nextSlots, slotsBetween } from '../../server/schedules/slots.ts'
import { systemTimers } from '../../server/schedules/timers.ts'

const HOUR = 3_600_000

const short = (at: number): string => new Date(at).toISOString().slice(0, 16)
const at = (text: string): number => Date.parse(text)

const ours = (expression: string, zone: string, from: string, count: number): string[] =>
  nextSlots(parseCron(expression), zone, { after: at(from), count }).map((slot) => short(slot.at))

const cronParser = (expression: string, zone: string, from: string, count: number): string[] =>
  CronExpressionParser.parse(expression, { tz: zone, currentDate: new Date(from) })
    .take(count)
    .map((date) => short(date.toDate().getTime()))

function nodeCron(expression: string, zone: string, from: string, count: number): string[] {
  vi.setSystemTime(from)
  const task = createTask(expression, () => undefined, { timezone: zone })
  const found = task.getNextRuns(count).map((date) => short(date.getTime()))
  void task.destroy()
  return found
}

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())

describe('the day on which clocks go forward', () => {
  test.each([
    ['Europe/Paris', '30 2 * * *', '2026-03-28T12:00Z', '2026-03-29T01:00', '2026-03-30T00:30'],
    ['Europe/Paris', '30 2 * * *', '2027-03-27T12:00Z', '2027-03-28T01:00', '2027-03-29T00:30'],
    ['America/New_York', '30 2 * * *', '2026-03-07T12:00Z', '2026-03-08T07:00', '2026-03-09T06:30'],
    ['America/New_York', '30 2 * * *', '2027-03-13T12:00Z', '2027-03-14T07:00', '2027-03-15T06:30'],
  ])('in %s %s, whose time is missing after %s, is due once at the shift', (zone, expression, from, shift, next) => {
    expect(ours(expression, zone, from, 2)).toEqual([shift, next])
    // node-cron leaves the day out; cron-parser runs an hour later than the clock said.
    expect(nodeCron(expression, zone, from, 1)).toEqual([next])
    expect(cronParser(expression, zone, from, 1)[0]).toBe(short(at(`${shift}Z`) + HOUR / 2))
  })

  test('several missing times of one schedule are due together, once', () => {
    expect(ours('0,15,30,45 2 * * *', 'Europe/Paris', '2026-03-28T12:00Z', 2)).toEqual(['2026-03-29T01:00', '2026-03-30T00:00'])
    expect(ours('*/30 2-3 * * *', 'Europe/Paris', '2026-03-28T22:00Z', 3)).toEqual([
      '2026-03-29T01:00',
      '2026-03-29T01:30',
      '2026-03-30T00:00',
    ])
  })

  test.each([
    ['Europe/Paris', '2026-03-29T00:30Z'],
    ['America/New_York', '2027-03-14T06:30Z'],
  ])('in %s a schedule of every five minutes goes on every five minutes after %s', (zone, from) => {
    const slots = nextSlots(parseCron('*/5 * * * *'), zone, { after: at(from), count: 24 })
    expect(slots.map((slot) => slot.at)).toEqual(Array.from({ length: 24 }, (_, index) => at(from) + (index + 1) * 300_000))
  })

  test('a zone whose day begins with the gap is due at its first moment', () => {
    expect(ours('0 0 * * *', 'Asia/Beirut', '2027-03-26T23:00Z', 2)).toEqual(['2027-03-27T22:00', '2027-03-28T21:00'])
  })
})

describe('the day on which clocks go back', () => {
  test.each([
    ['Europe/Paris', '30 2 * * *', '2026-10-24T12:00Z', '2026-10-25T00:30', '2026-10-26T01:30'],
    ['Europe/Paris', '30 2 * * *', '2027-10-30T12:00Z', '2027-10-31T00:30', '2027-11-01T01:30'],
    ['America/New_York', '30 1 * * *', '2026-10-31T12:00Z', '2026-11-01T05:30', '2026-11-02T06:30'],
    ['America/New_York', '30 1 * * *', '2027-11-06T12:00Z', '2027-11-07T05:30', '2027-11-08T06:30'],
  ])('in %s %s, whose time comes twice after %s, is due once, the first time', (zone, expression, from, first, next) => {
    expect(ours(expression, zone, from, 2)).toEqual([first, next])
    expect(cronParser(expression, zone, from, 2)).toEqual([first, next])
    // Looking back, as a search for missed ticks would, cron-parser counts both.
    const back = CronExpressionParser.parse(expression, { tz: zone, currentDate: new Date(at(`${next}Z`)) })
    expect([back.prev(), back.prev()].map((date) => short(date.toDate().getTime()))).toEqual([short(at(`${first}Z`) + HOUR), first])
  })

  test.each([
    ['Europe/Paris', '2026-10-25T00:30Z'],
    ['America/New_York', '2027-11-07T05:30Z'],
  ])('in %s a schedule of every five minutes goes on through both hours after %s', (zone, from) => {
    const wanted = Array.from({ length: 24 }, (_, index) => short(at(from) + (index + 1) * 300_000))
    expect(ours('*/5 * * * *', zone, from, 24)).toEqual(wanted)
    expect(cronParser('*/5 * * * *', zone, from, 24)).toEqual(wanted)
    // node-cron is silent for the whole second hour.
    expect(nodeCron('*/5 * * * *', zone, from, 24)).not.toEqual(wanted)
  })

  test('an hourly schedule is due in both hours, one that names hours only in the first', () => {
    expect(ours('0 * * * *', 'Europe/Paris', '2026-10-24T23:30Z', 3)).toEqual(['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00'])
    expect(ours('0 1-3 * * *', 'Europe/Paris', '2026-10-24T22:30Z', 3)).toEqual([
      '2026-10-24T23:00',
      '2026-10-25T00:00',
      '2026-10-25T02:00',
    ])
  })
})

test.each(['Europe/Paris', 'America/New_York', 'UTC', 'Asia/Kolkata'])(
  'on all other days of 2026 and 2027 in %s all three agree',
  (zone) => {
    for (const expression of ['30 2 * * *', '0 6,18 * * 1-5', '15 10 1,15 * *', '0 0 29 2 *', '0 12 * 3,10,11 0'])
      for (const from of ['2026-01-01T00:00Z', '2026-04-02T00:00Z', '2026-11-03T00:00Z', '2027-04-02T00:00Z', '2027-11-09T00:00Z']) {
        const expected = ours(expression, zone, from, 4)
        expect(cronParser(expression, zone, from, 4), `${expression} ${from}`).toEqual(expected)
        expect(nodeCron(expression, zone, from, 4), `${expression} ${from}`).toEqual(expected)
      }
  },
)

test('where both day fields restrict either counts, and node-cron gets an expression for each', () => {
  const cron = parseCron('0 0 13 * 5')
  expect(ours('0 0 13 * 5', 'UTC', '2026-11-09T00:00Z', 3)).toEqual(['2026-11-13T00:00', '2026-11-20T00:00', '2026-11-27T00:00'])
  expect(ours('0 0 13 * 5', 'UTC', '2026-12-05T00:00Z', 3)).toEqual(['2026-12-11T00:00', '2026-12-13T00:00', '2026-12-18T00:00'])
  expect(nodeCronExpressions(cron)).toEqual(['0 0 13 * *', '0 0 * * 5'])
  expect(nodeCron('0 0 13 * 5', 'UTC', '2026-12-05T00:00Z', 1)).toEqual(['2027-08-13T00:00'])
})

test('a month of ticks every minute is found between two moments, the first not included and the last included', () => {
  const found = slotsBetween(parseCron('* * * * *'), 'Europe/Paris', { after: at('2026-03-01T00:00Z'), until: at('2026-04-01T00:00Z') })
  expect(found).toHaveLength(31 * 24 * 60)
  expect([found[0], found.at(-1)]).toEqual([at('2026-03-01T00:01Z'), at('2026-04-01T00:00Z')])
})

test('node-cron wakes us at its ticks, and also when it finds that it slept through them', async () => {
  vi.setSystemTime('2026-11-20T10:00:30Z')
  const woken: string[] = []
  const stop = systemTimers.cron('*/5 * * * *', 'Europe/Paris', () => woken.push(short(Date.now())))
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(woken).toEqual(['2026-11-20T10:05', '2026-11-20T10:10'])
  vi.setSystemTime('2026-11-20T12:02:30Z')
  await vi.advanceTimersByTimeAsync(5 * 60_000)
  expect(new Set(woken.slice(2))).toContain('2026-11-20T12:07')
  stop()
  const count = woken.length
  await vi.advanceTimersByTimeAsync(20 * 60_000)
  expect(woken).toHaveLength(count)
})
