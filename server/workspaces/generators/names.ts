/** Names that look real, from a maintained library: a pool is drawn once, since the library is too slow for millions of rows. */
import { faker } from '@faker-js/faker/locale/en'
import type { Dice } from './dice.ts'

/** Pools of words; the same seed gives the same ones. */
export interface Names {
  firstNames: readonly string[]
  lastNames: readonly string[]
  cities: readonly string[]
  streets: readonly string[]
  companies: readonly string[]
  products: readonly string[]
  userAgents: readonly string[]
}

/** Draws the pools. Not to be called at the same time twice: the library keeps one state. */
export function openNames(seed: number): Names {
  faker.seed(seed)
  const pool = (count: number, make: () => string): string[] => [...new Set(Array.from({ length: count }, make))]
  return {
    firstNames: pool(400, () => faker.person.firstName()),
    lastNames: pool(800, () => faker.person.lastName()),
    cities: pool(300, () => faker.location.city()),
    streets: pool(300, () => faker.location.street()),
    companies: pool(200, () => faker.company.name()),
    products: pool(600, () => faker.commerce.productName()),
    userAgents: pool(60, () => faker.internet.userAgent()),
  }
}

/** First and last name of somebody. */
export function drawPerson(dice: Dice, { firstNames, lastNames }: Names): { first_name: string; last_name: string } {
  return { first_name: dice.pick(firstNames), last_name: dice.pick(lastNames) }
}

/** A mail address under example.com, which nobody can own: RFC 2606. */
export function mailAddress(name: string): string {
  const local = name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '.')
    .replaceAll(/^\.|\.$/g, '')
  return `${local}@example.com`
}
