/** One visit to the shop: what somebody looks at, puts into the cart, and pays. */
import type { Dice } from '../dice.ts'
import { PAYMENT_METHODS, userId, type Product, type Shop } from './shop.ts'

/** What becomes of a visit. A paid cart and a direct purchase both end in a transaction. */
export const KINDS = ['checkout', 'abandoned', 'direct', 'browse'] as const
export type Kind = (typeof KINDS)[number]

/**
 * Visits per event, so that of all events 60 % are views, 30 % of carts and 10 % transactions, and 70 % of carts are
 * abandoned. A paid cart has 1.56 products on average and a checkout, an abandoned one 1.56 and 0.1 removals:
 * 0.3 / (2.56 + 7 / 3 * 1.66) of the events are paid carts.
 */
export const VISITS_PER_EVENT: Record<Kind, number> = { checkout: 0.0467, abandoned: 0.1089, direct: 0.0533, browse: 0.0345 }

interface Event {
  at: number
  /** When the row was written. */
  written: number
  product: Product
}
export interface View extends Event {
  seconds: number
  query: string | null
  device: string
}
export interface CartEvent extends Event {
  type: 'add_to_cart' | 'remove_from_cart' | 'checkout'
  quantity: number
}
export interface Line extends Event {
  /** Number of the visit's transaction, from 0. */
  transaction: number
  quantity: number
  payment: string
}

export interface Visit {
  id: string
  user: string
  country: string
  views: View[]
  cart: CartEvent[]
  lines: Line[]
}

const SECOND = 1_000
/** Shares of transactions: of value, of quantity, and several within a minute (which are more than one each). 2 % in all. */
const ANOMALIES = { value: 0.007, quantity: 0.007, pattern: 0.0026 }
const DEVICES = ['desktop', 'mobile', 'mobile', 'tablet'] as const

interface Choice {
  product: Product
  quantity: number
}

/** Draws a visit that begins at that time. The same dice give the same visit. */
export function drawVisit(
  shop: Shop,
  dice: Dice,
  { id, kind, at, product }: { id: string; kind: Kind; at: number; product?: Product },
): Visit {
  const number = shop.drawUser(dice, at)
  const visit: Visit = { id, user: userId(number), country: shop.countryOf(number, at), views: [], cart: [], lines: [] }
  const walk: Walk = { shop, dice, visit, at, device: dice.pick(DEVICES) }
  if (kind === 'browse') {
    const count = product === undefined ? 1 + dice.weighted([2, 3, 3, 2]) : 1
    for (let view = 0; view < count; view += 1) look(walk, product ?? shop.drawProduct(dice, at))
    return visit
  }
  const choices = drawChoices(walk, product)
  for (const choice of choices) consider(walk, choice, kind)
  if (dice.chance(kind === 'direct' ? 0.3 : 0.65)) look(walk, shop.drawProduct(dice, at))
  if (kind === 'checkout') checkOut(walk, choices)
  if (kind === 'direct') buyDirectly(walk, choices)
  return visit
}

interface Walk {
  shop: Shop
  dice: Dice
  visit: Visit
  at: number
  device: string
}

/** 1 to 5 products (.5 .3 .15 .04 .01), 1 to 3 pieces of each (.8 .15 .05). */
function drawChoices({ shop, dice, at }: Walk, first?: Product): Choice[] {
  const count = 1 + dice.weighted([50, 30, 15, 4, 1])
  const found = new Map<string, Choice>()
  for (let index = 0; index < count; index += 1) {
    const product = index === 0 && first !== undefined ? first : shop.drawProduct(dice, at)
    found.set(product.id, { product, quantity: 1 + dice.weighted([80, 15, 5]) })
  }
  return [...found.values()]
}

function look(walk: Walk, product: Product): void {
  const { dice, visit, device } = walk
  walk.at += dice.int(5, 60) * SECOND
  const query = dice.chance(0.25) ? (product.name.split(' ').at(-1)?.toLowerCase() ?? null) : null
  const seconds = dice.int(3, 180)
  visit.views.push({ at: walk.at, written: written(walk), product, seconds, query, device })
}

function consider(walk: Walk, { product, quantity }: Choice, kind: Kind): void {
  const { dice } = walk
  const looks = dice.chance(0.04) ? 2 : 1
  for (let view = 0; view < looks; view += 1) look(walk, product)
  if (kind === 'direct') return
  put(walk, { type: 'add_to_cart', product, quantity })
  if (kind === 'abandoned' && dice.chance(0.064)) put(walk, { type: 'remove_from_cart', product, quantity })
}

function put(walk: Walk, { type, product, quantity }: Pick<CartEvent, 'type' | 'product' | 'quantity'>): void {
  walk.at += walk.dice.int(2, 45) * SECOND
  walk.visit.cart.push({ at: walk.at, written: written(walk), type, product, quantity })
}

function checkOut(walk: Walk, choices: readonly Choice[]): void {
  const { dice, visit } = walk
  const [first] = choices
  if (first === undefined) return
  walk.at += dice.int(20, 300) * SECOND
  put(walk, { type: 'checkout', product: first.product, quantity: choices.reduce((sum, { quantity }) => sum + quantity, 0) })
  const payment = dice.pick(PAYMENT_METHODS)
  for (const { product, quantity } of choices)
    visit.lines.push({ at: walk.at, written: walk.at, product, quantity, payment, transaction: 0 })
}

function buyDirectly(walk: Walk, choices: readonly Choice[]): void {
  const { dice, visit, shop } = walk
  walk.at += dice.int(10, 90) * SECOND
  const payment = dice.pick(PAYMENT_METHODS)
  const buy = (transaction: number, bought: readonly Choice[]): void => {
    const stamp = written(walk)
    for (const choice of bought) visit.lines.push({ at: walk.at, written: stamp, ...choice, payment, transaction })
  }
  // Of all transactions a bit more than half are direct: the shares count double here.
  const lot = dice.float() / 1.88
  const dear = (): Choice => {
    const product = shop.drawExtreme(dice, 'dear')
    return { product, quantity: Math.ceil(dice.int(3_000, 11_500) / product.price) }
  }
  if (lot < ANOMALIES.value) return buy(0, [dear()])
  if (lot < ANOMALIES.value + ANOMALIES.quantity) return buy(0, [{ product: shop.drawExtreme(dice, 'cheap'), quantity: dice.int(50, 130) }])
  if (lot >= ANOMALIES.value + ANOMALIES.quantity + ANOMALIES.pattern) return buy(0, choices)
  // Two or three of at least 1,000 within one minute of the clock.
  walk.at = Math.floor(walk.at / 60_000) * 60_000
  for (let transaction = 0, count = dice.int(2, 3); transaction < count; transaction += 1) {
    const product = shop.drawExtreme(dice, 'dear')
    walk.at += dice.int(1, 15) * SECOND
    buy(transaction, [{ product, quantity: Math.ceil(dice.int(1_000, 2_500) / product.price) }])
  }
}

/** Nearly all rows are written at once, one in a hundred up to 40 minutes late. */
function written({ dice, at }: Pick<Walk, 'dice' | 'at'>): number {
  return at + (dice.chance(0.01) ? dice.int(60, 2_400) : dice.int(0, 2)) * SECOND
}
