/** Stamps of items, by which only newer ones are asked for. */

/** The later of two: as numbers, as times with their zones, or else by their letters. */
export function later(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return order(a, b) >= 0 ? a : b
}

const NUMBER = /^-?\d+(\.\d+)?$/
const fractionOf = (text: string): string => text.split('.')[1] ?? ''

function order(a: string, b: string): number {
  if (NUMBER.test(a) && NUMBER.test(b)) {
    // Nanoseconds since 1970 have more digits than a number holds.
    const places = Math.max(fractionOf(a).length, fractionOf(b).length)
    const [scaledA, scaledB] = [a, b].map((text) => BigInt(text.split('.')[0] + fractionOf(text).padEnd(places, '0'))) as [bigint, bigint]
    return scaledA < scaledB ? -1 : Number(scaledA > scaledB)
  }
  const [timeA, timeB] = [timeOf(a), timeOf(b)]
  // Text decides below the millisecond, which is as far as parsed times go.
  if (timeA !== timeB && !Number.isNaN(timeA) && !Number.isNaN(timeB)) return timeA - timeB
  return a < b ? -1 : Number(a > b)
}

/** Only what looks like a time: Date.parse finds a date in nearly every text with a number. */
const timeOf = (text: string): number => (/^(\d{4}-\d\d-\d\d|[A-Z][a-z]{2}, )/.test(text) ? Date.parse(text) : Number.NaN)
