/** The five kinds of customers of the demo, each drawn as often as the others, and what is drawn for them (uniformly). */
import type { Dice } from '../dice.ts'

/** Both ends included. */
type Range = readonly [low: number, high: number]

export interface Profile {
  name: 'high_value' | 'medium_value' | 'low_value' | 'churn_risk' | 'new'
  revenue: Range
  transactions: Range
  /** Days since the last transaction. */
  recency: Range
  /** Lifetime value as a multiple of the revenue. */
  lifetime: Range
  churn: Range
  statuses: readonly ('active' | 'inactive' | 'suspended')[]
  products: Range
  /** Megabytes a month. */
  data: Range
  /** Share of the credit limit that is used. */
  credit: Range
  /** Days since the account was opened. */
  age: Range
}

export const PROFILES: readonly Profile[] = [
  {
    ...{ name: 'high_value', revenue: [5_000, 20_000], transactions: [50, 200], recency: [1, 7], lifetime: [1.5, 3], churn: [0, 0.2] },
    ...{ statuses: ['active'], products: [2, 5], data: [10_000, 50_000], credit: [0.3, 0.6], age: [365, 2_000] },
  },
  {
    ...{ name: 'medium_value', revenue: [1_000, 5_000], transactions: [20, 50], recency: [7, 30], lifetime: [1.2, 2], churn: [0.2, 0.5] },
    ...{ statuses: ['active'], products: [1, 3], data: [5_000, 15_000], credit: [0.4, 0.7], age: [180, 1_000] },
  },
  {
    ...{ name: 'low_value', revenue: [100, 1_000], transactions: [5, 20], recency: [30, 90], lifetime: [1, 1.5], churn: [0.4, 0.7] },
    ...{ statuses: ['active', 'inactive'], products: [1, 2], data: [1_000, 5_000], credit: [0.5, 0.9], age: [30, 365] },
  },
  {
    ...{ name: 'churn_risk', revenue: [500, 3_000], transactions: [10, 30], recency: [60, 180], lifetime: [0.8, 1.2], churn: [0.7, 0.95] },
    ...{ statuses: ['active', 'inactive', 'suspended'], products: [1, 2], data: [500, 3_000], credit: [0.7, 1], age: [90, 730] },
  },
  {
    ...{ name: 'new', revenue: [50, 500], transactions: [1, 10], recency: [1, 30], lifetime: [1, 2], churn: [0.3, 0.6] },
    ...{ statuses: ['active'], products: [1, 1], data: [100, 2_000], credit: [0.2, 0.5], age: [1, 90] },
  },
]

/** A number of the range with so many decimals. */
export function drawNumber(dice: Dice, [low, high]: Range, decimals: number): number {
  return round(low + dice.float() * (high - low), decimals)
}

/** A whole number of the range, at most `most`. */
export function drawWhole(dice: Dice, [low, high]: Range, most = high): number {
  return dice.int(Math.min(low, most), Math.min(high, most))
}

/** Rounds to so many decimals. */
export function round(value: number, decimals: number): number {
  const scale = 10 ** decimals
  return Math.round(value * scale) / scale
}

/** A share that was shifted comes back between 0 and 1. */
export function clampShare(share: number): number {
  return Math.min(1, Math.max(0, share))
}
