/** A duration as people write it in settings: “30 seconds” is read as 30,000 milliseconds. */
import { z } from 'zod'

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 }

/** Written as “10 minutes”, read as milliseconds. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,3} (second|minute|hour|day)s?$/, 'a duration such as 10 minutes')
  .transform((text) => {
    const [count = '', unit = ''] = text.split(' ')
    return Number(count) * (SECONDS[unit.replace(/s$/, '')] ?? 0) * 1000
  })

/** Milliseconds in words, in the largest unit that is not below one: `90 seconds` is said as `1.5 minutes`. */
export function inWords(milliseconds: number): string {
  const seconds = milliseconds / 1000
  const [unit, size] = Object.entries(SECONDS).findLast(([, size]) => seconds >= size) ?? ['second', 1]
  const count = Number((seconds / size).toFixed(1))
  return `${String(count)} ${unit}${count === 1 ? '' : 's'}`
}
