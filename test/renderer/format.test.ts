import { beforeEach, describe, expect, it } from 'vitest'
import {
  formatDate,
  formatDuration,
  formatIn,
  formatRelative,
  formatShare,
  formatShort,
  formatValue,
  isNumeric,
  NO_VALUE,
  toNumber,
} from '../../renderer/kit/format.ts'

beforeEach(() => {
  formatIn({ locale: 'en-GB', timeZone: 'Europe/Berlin' })
})

describe('values of the contract', () => {
  it('money keeps every digit of an exact decimal that a float would lose', () => {
    expect(formatValue('90071992547409931.07', 'money')).toBe('90,071,992,547,409,931.07')
    expect(formatValue('9747747.93', 'money')).toBe('9,747,747.93')
  })

  it('money always has two decimals, and no negative zero', () => {
    expect(formatValue('12', 'money')).toBe('12.00')
    expect(formatValue('-0.00', 'money')).toBe('0.00')
    expect(formatValue('-4.5', 'money')).toBe('-4.50')
  })

  it('a percentage arrives as a share of one', () => {
    expect(formatValue(0.125, 'percent')).toBe('12.5%')
    expect(formatValue('0.7', 'percent')).toBe('70.0%')
  })

  it('null, missing and empty text are shown as no value, while zero and false are values', () => {
    for (const nothing of [null, undefined, '']) expect(formatValue(nothing, 'integer')).toBe(NO_VALUE)
    expect(formatValue(0, 'integer')).toBe('0')
    expect(formatValue(false, 'boolean')).toBe('No')
  })

  it('text in a number column is shown as it came', () => {
    expect(formatValue('n/a', 'money')).toBe('n/a')
  })

  it('numbers follow the locale of the reader', () => {
    formatIn({ locale: 'de-DE' })
    expect(formatValue('9747747.93', 'money')).toBe('9.747.747,93')
  })

  it('numeric columns stand to the right, dates and text do not', () => {
    expect(isNumeric('money')).toBe(true)
    expect(isNumeric('date')).toBe(false)
  })
})

describe('times', () => {
  it('a date without a time is the same day in every time zone', () => {
    for (const timeZone of ['Pacific/Auckland', 'America/Los_Angeles', 'UTC']) {
      formatIn({ locale: 'en-GB', timeZone })
      expect(formatDate('2011-12-09')).toBe('9 Dec 2011')
    }
  })

  it('a month has no day', () => {
    expect(formatDate('2011-03')).toBe('Mar 2011')
  })

  it('a moment is shown in the time zone of the reader', () => {
    expect(formatValue('2011-12-09T12:50:00Z', 'datetime')).toBe('9 Dec 2011, 13:50')
  })

  it('what cannot be read as a date is shown as it came', () => {
    expect(formatDate('soon')).toBe('soon')
  })

  it('a recent moment is relative, an old one a date', () => {
    const now = new Date('2026-01-20T12:00:00Z')
    expect(formatRelative('2026-01-20T11:57:00Z', now)).toBe('3 minutes ago')
    expect(formatRelative('2026-01-19T11:00:00Z', now)).toBe('yesterday')
    expect(formatRelative('2011-12-09T12:50:00Z', now)).toBe('9 Dec 2011')
  })

  it('durations get coarser as they get longer', () => {
    expect([0.04, 9.94, 27.4, 125, 3_725].map(formatDuration)).toEqual(['0.0 s', '9.9 s', '27 s', '2 min 5 s', '1 h 2 min'])
    expect(formatDuration(null)).toBe(NO_VALUE)
  })
})

describe('numbers for drawing', () => {
  it('only whole decimals become numbers', () => {
    expect(toNumber('12.50')).toBe(12.5)
    expect([toNumber('12,5'), toNumber(''), toNumber(null), toNumber(true)]).toEqual([null, null, null, null])
  })

  it('an axis has room for four characters', () => {
    formatIn({ locale: 'en-US' })
    expect(formatShort(9_747_748)).toBe('9.7M')
  })

  it('a share of nothing has no value', () => {
    expect(formatShare(646, 4372)).toBe('14.8%')
    expect(formatShare(0, 0)).toBe(NO_VALUE)
  })
})
