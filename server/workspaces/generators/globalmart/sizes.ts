/** How large the shop is. The customer's own stream has 10,000 users, 1,000 products and 100 categories: that is medium. */
import { mistake } from '../../../../shared/failure.ts'
import { suggest } from '../../../../shared/nearest.ts'
import type { Scale } from '../generator.ts'

/** Names and meanings of the options. */
export const SIZE_WORDS = {
  events: 'events in all: 60 % views, 30 % cart, 10 % transactions',
  users: 'people who visit the shop',
  products: 'products',
  categories: 'categories, at most 100',
  days: 'days before the end of the demo',
} as const
export type Sizes = Record<keyof typeof SIZE_WORDS, number>

const SCALED: Record<Scale, Sizes> = {
  small: { events: 60_000, users: 2_000, products: 300, categories: 40, days: 365 },
  medium: { events: 1_000_000, users: 10_000, products: 1_000, categories: 100, days: 540 },
  large: { events: 5_000_000, users: 100_000, products: 1_000, categories: 100, days: 540 },
}

const LIMITS: Record<keyof Sizes, readonly [number, number]> = {
  events: [100, 100_000_000],
  users: [10, 10_000_000],
  products: [10, 100_000],
  categories: [1, 100],
  days: [2, 3_000],
}

const isSize = (name: string): name is keyof Sizes => Object.hasOwn(SIZE_WORDS, name)

/** The scale's numbers with those that the person asked for. Errors: `demo.unknown-size`, `demo.bad-size`. */
export function toSizes(scale: Scale, asked: Readonly<Record<string, number>>): Sizes {
  const sizes = { ...SCALED[scale] }
  for (const [name, value] of Object.entries(asked)) {
    if (!isSize(name)) throw mistake('demo.unknown-size', `There is no size “${name}”`, suggest(name, Object.keys(SIZE_WORDS)))
    const [least, most] = LIMITS[name]
    if (value < least || value > most)
      throw mistake('demo.bad-size', `${name} is ${String(value)}`, `It lies between ${String(least)} and ${String(most)}.`)
    sizes[name] = Math.round(value)
  }
  return sizes
}
