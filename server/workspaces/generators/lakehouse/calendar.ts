/**
 * When things happen in the shop's half year. The last three months hold 60 % of the dates, the two before 30 %, the oldest
 * one 10 %; within each of these the days differ by weekday and by the days around the turn of a month, and the later ones
 * are busier.
 */
import type { Dice } from '../dice.ts'

/** Days of history. */
export const HISTORY_DAYS = 180
/** Milliseconds. */
export const DAY = 86_400_000
const MINUTE = 60_000

/** Oldest first. */
const BANDS = [
  { days: 30, share: 0.1 },
  { days: 60, share: 0.3 },
  { days: 90, share: 0.6 },
] as const
/** Sunday first: people buy from Friday to Sunday. */
const WEEKDAYS = [1.2, 0.9, 0.85, 0.9, 0.98, 1.15, 1.3] as const
/** The last three days of a month and the first two of the next: wages. */
const MONTHLY_PEAK = 1.35
/** The last day of a band has this much more than its first. */
const GROWTH = 0.25
/** Share of new customers per thirty days, oldest first: never behind the orders, and growing after the opening. */
const ARRIVALS = [0.22, 0.14, 0.15, 0.155, 0.16, 0.175] as const
/** Share of a day's happenings per hour, UTC. */
const HOURS = [2, 1, 1, 1, 1, 2, 3, 5, 7, 9, 10, 11, 12, 11, 10, 10, 11, 12, 14, 16, 17, 14, 9, 5] as const

/** The days of one demo. Day 0 is the oldest; day 179 ends at `until`. */
export interface Calendar {
  /** Milliseconds since 1970 at which the day begins. */
  startOf(day: number): number
  /** Share of all dates that lie on each day. */
  shares: readonly number[]
  /** Share of all customers that arrive on each day. */
  arrivals: readonly number[]
}

/** @param until milliseconds since 1970 */
export function openCalendar(until: number): Calendar {
  const startOf = (day: number): number => until - (HISTORY_DAYS - day) * DAY
  const mood = (day: number): number => {
    const date = new Date(startOf(day))
    const turn = date.getUTCDate() <= 2 || new Date(startOf(day) + 3 * DAY).getUTCDate() <= 3
    return (WEEKDAYS[date.getUTCDay()] ?? 1) * (turn ? MONTHLY_PEAK : 1)
  }
  const spread = (parts: readonly { days: number; share: number }[], growth: number): number[] => {
    let first = 0
    return parts.flatMap(({ days, share }) => {
      const weights = Array.from({ length: days }, (_, at) => mood(first + at) * (1 + (growth * at) / days))
      first += days
      const sum = weights.reduce((total, weight) => total + weight, 0)
      return weights.map((weight) => (weight / sum) * share)
    })
  }
  return {
    startOf,
    shares: spread(BANDS, GROWTH),
    arrivals: spread(
      ARRIVALS.map((share) => ({ days: 30, share })),
      0,
    ),
  }
}

/** Running totals: the share up to and with each day. */
export function accumulate(shares: readonly number[]): number[] {
  let sum = 0
  return shares.map((share) => (sum += share))
}

/** Draws a day not before the customer's own first one. */
export type DrawDay = (dice: Dice, firstDay: number) => number

/**
 * Days for happenings of which none may lie before its customer's first day, and which all together have the calendar's
 * shares. On each day the same part of those that are still open takes place: the day's share over what has arrived by then
 * and is not dated yet. So the sum comes out whoever arrives when, as long as the arrivals stay ahead of the dates.
 * @param weights happenings of the customers who arrive on each day
 */
export function openDays({ shares }: Calendar, weights: readonly number[]): DrawDay {
  const all = weights.reduce((sum, weight) => sum + weight, 0) || 1
  const here = accumulate(weights)
  const dated = accumulate(shares)
  let open = 1
  const stillOpen = shares.map((share, day) => {
    const waiting = (here[day] ?? 0) / all - (dated[day - 1] ?? 0)
    const part = day === shares.length - 1 || waiting <= 0 ? 1 : Math.min(share / waiting, 1)
    // Never quite zero before the last day, or nobody who comes later could be told apart.
    open *= Math.max(1 - part, day === shares.length - 1 ? 0 : 1e-3)
    return open
  })
  return (dice, firstDay) => {
    const goal = (firstDay === 0 ? 1 : (stillOpen[firstDay - 1] ?? 1)) * (1 - dice.float())
    let [low, high] = [firstDay, stillOpen.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((stillOpen[middle] ?? 0) < goal) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** A time of the day, milliseconds from its start; `latestHour` is the last one that begins before it. */
export function drawTime(dice: Dice, latestHour = 23): number {
  const hour = dice.weighted(HOURS.slice(0, latestHour + 1))
  return (hour * 60 + dice.int(0, 59)) * MINUTE + dice.int(0, 59) * 1000 + dice.int(0, 999)
}

/** A moment of the day, at least three quarters of an hour behind `notBefore` and before the day's end. */
export function drawMoment(dice: Dice, { calendar, day, notBefore }: { calendar: Calendar; day: number; notBefore: number }): number {
  const start = calendar.startOf(day)
  const earliest = notBefore + 45 * MINUTE
  const moment = start + drawTime(dice)
  if (moment >= earliest) return moment
  const room = start + DAY - 1 - earliest
  return earliest + Math.floor(dice.float() * Math.max(room, 1))
}

/** `2026-11-01`, UTC. */
export function toDate(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10)
}
