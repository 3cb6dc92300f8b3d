/** The shop itself: what it sells, to whom, from where. All of it follows from the seed and the sizes. */
import { openDice, type Dice } from '../dice.ts'
import { openNames } from '../names.ts'
import { CATEGORIES } from './categories.ts'
import type { Sizes } from './sizes.ts'

export const PAYMENT_METHODS = ['Credit Card', 'Debit Card', 'PayPal', 'Apple Pay', 'Google Pay'] as const
const COUNTRIES = ['USA', 'UK', 'Germany', 'France', 'Japan'] as const
const COUNTRY_WEIGHTS = [40, 20, 16, 14, 10]

const MINUTE = 60_000
export const DAY = 86_400_000

export interface Product {
  id: string
  name: string
  category: string
  price: number
}

export interface Shop {
  sizes: Sizes
  /** Milliseconds: the first and the last moment of the filled time; the shop lives on behind it. */
  from: number
  until: number
  /** Of small numbers more often: few products sell much. */
  drawProduct(dice: Dice, at: number): Product
  /** One dear enough for an anomaly of value, or cheap enough for one of quantity. */
  drawExtreme(dice: Dice, kind: 'dear' | 'cheap'): Product
  drawUser(dice: Dice, at: number): number
  /** Where somebody is at that time: a few move. */
  countryOf(user: number, at: number): string
}

/** Makes the catalogue; people follow from their numbers. */
export function openShop(seed: number, sizes: Sizes, until: number): Shop {
  const from = until - sizes.days * DAY
  const products = makeProducts(seed, sizes)
  const byPrice = [...products].sort((a, b) => a.price - b.price)
  const extremes = { cheap: byPrice.slice(0, Math.ceil(products.length / 10)), dear: byPrice.slice(-Math.ceil(products.length / 10)) }
  return {
    ...{ sizes, from, until },
    drawProduct: (dice, at) => {
      const news = Math.floor((at - until) / (20 * MINUTE))
      if (news > 0 && dice.chance(0.03)) return newProduct(products, dice.int(0, news - 1))
      return pickSkewed(dice, products)
    },
    drawExtreme: (dice, kind) => dice.pick(extremes[kind]),
    drawUser: (dice, at) => {
      const news = Math.floor((at - until) / MINUTE)
      if (news > 0 && dice.chance(0.05)) return sizes.users + dice.int(0, news - 1)
      for (let tries = 0; tries < 4; tries += 1) {
        const user = Math.floor(dice.float() * dice.float() * sizes.users)
        if (isActive(user, { from, until }, at)) return user
      }
      return dice.int(0, sizes.users - 1)
    },
    countryOf: (user, at) => COUNTRIES[countryAt(user, { from, until }, at)] ?? 'USA',
  }
}

/** `user_000042`: all that the events know of a person. */
export function userId(user: number): string {
  return `user_${String(user).padStart(6, '0')}`
}

function makeProducts(seed: number, { products, categories }: Sizes): Product[] {
  const dice = openDice(seed, 'products')
  const { products: names } = openNames(seed)
  return Array.from({ length: products }, (_, index): Product => {
    const name = names[index % names.length] ?? 'Chair'
    const round = Math.floor(index / names.length)
    // Log-normal with a median of 32: most things are cheap, some cost several hundred.
    const price = Math.min(Math.max(Math.exp(dice.gauss(3.45, 0.95)), 3), 950)
    return {
      id: `prod_${String(index + 1).padStart(5, '0')}`,
      name: round === 0 ? name : `${name} ${String(round + 1)}`,
      category: CATEGORIES[Math.floor(dice.float() * dice.float() * categories)] ?? 'Home',
      price: Math.floor(price) + 0.99,
    }
  })
}

/** What the shop has taken up since: made of what it had. */
function newProduct(products: readonly Product[], index: number): Product {
  const model = products[index % products.length] ?? { name: 'Chair', category: 'Home', price: 20 }
  const { name, category, price } = model
  return { id: `prod_n${String(index + 1).padStart(4, '0')}`, name: `New ${name}`, category, price }
}

function pickSkewed(dice: Dice, products: readonly Product[]): Product {
  const found = products[Math.floor(dice.float() * dice.float() * products.length)]
  if (found === undefined) throw new RangeError('The shop sells nothing')
  return found
}

interface Span {
  from: number
  until: number
}

/** A number from 0 to 1 that belongs to somebody; multiplication by a large prime scatters neighbours. */
const lot = (user: number, prime: number): number => (((user + 1) * prime) % 1_000) / 1_000

/** People come over time, and every fourth does not stay. */
function isActive(user: number, { from, until }: Span, at: number): boolean {
  const begins = from + 0.7 * lot(user, 7_919) * (until - from)
  const ends = user % 4 === 0 ? begins + 0.35 * (until - from) : Infinity
  return at >= begins && at < ends
}

function countryAt(user: number, { from, until }: Span, at: number): number {
  let left = lot(user, 6_151) * COUNTRY_WEIGHTS.reduce((sum, weight) => sum + weight, 0)
  const home = COUNTRY_WEIGHTS.findIndex((weight) => (left -= weight) < 0)
  // One in forty moves in the filled time, one in ten in the week behind it, so that a living demo has movers soon.
  const moves =
    user % 40 === 7
      ? from + (0.5 + lot(user, 3_571) / 2) * (until - from)
      : user % 10 === 3
        ? until + lot(user, 104_729) * 7 * DAY
        : Infinity
  return at < moves ? home : (home + 1) % COUNTRIES.length
}
