/**
 * Visits: a session is one way through the shop, by one person or by nobody known, and each step further is taken by fewer.
 * Three sessions in ten end with a purchase, which is an order of that customer, with its products.
 */
import { openDice, type Dice } from '../dice.ts'
import { drawId } from './ids.ts'
import { CATEGORIES, pickProducts, type Product } from './products.ts'

/** One event of a session, without its identity. */
export interface Step {
  type: string
  /** JSON text. */
  data: string
}

/** How far a session goes. */
export type Depth = 'look' | 'view' | 'cart' | 'checkout' | 'purchase'

/** Of all sessions. */
export const PURCHASES = 0.3
/** Of the sessions without a purchase: look 12 %, view 38 %, cart 28 %, checkout 22 %. */
const DEPTHS: readonly Depth[] = ['look', 'view', 'cart', 'checkout']
const DEPTH_WEIGHTS = [12, 38, 28, 22] as const
const PAGES = ['/', '/offers', '/new', ...CATEGORIES.map((category) => `/category/${category.toLowerCase()}`)].map(pageData)
const PAGE_CART = pageData('/cart')
const LINKS = ['/reviews', '/size-guide', '/delivery', '/images'].map(pageData)

function pageData(url: string): string {
  return `{"url":"${url}"}`
}

/** How far a session goes that buys nothing. */
export function drawDepth(dice: Dice): Depth {
  return DEPTHS[dice.weighted(DEPTH_WEIGHTS)] ?? 'look'
}

export interface Visit {
  depth: Depth
  /** What the tenant sells. */
  products: readonly Product[]
  /** What was bought, and in which order. */
  bought?: { order: string; products: readonly Product[] }
}

type Add = (type: string, data: string) => void

/** The steps of a session in their order, about ten. */
export function stepsOf(dice: Dice, { depth, products, bought }: Visit): Step[] {
  const steps: Step[] = []
  const add: Add = (type, data) => void steps.push({ type, data })
  const viewed = pickProducts(dice, products, bought === undefined ? dice.int(1, 3) : 1)
  const [first] = viewed
  addArrival(dice, add, first)
  if (depth === 'look' || first === undefined) return steps
  const wanted = bought?.products ?? [first]
  for (const product of [...wanted, ...viewed.filter((one) => !wanted.includes(one))]) add('product_view', productData(product))
  if (dice.chance(0.4)) add('click', dice.pick(LINKS))
  if (dice.chance(0.5)) add('page_view', dice.pick(PAGES))
  if (depth === 'view') return steps
  for (const product of wanted) add('add_to_cart', productData(product))
  if (dice.chance(0.15)) addRemoval(add, pickProducts(dice, products, 1)[0], wanted)
  add('page_view', PAGE_CART)
  if (depth === 'cart') return steps
  add('checkout', '{"url":"/checkout"}')
  if (bought !== undefined) add('purchase', `{"url":"/thanks","order_id":"${bought.order}"}`)
  return steps
}

function addArrival(dice: Dice, add: Add, first: Product | undefined): void {
  for (let pages = dice.int(2, 4); pages > 0; pages -= 1) add('page_view', dice.pick(PAGES))
  if (first !== undefined && dice.chance(0.3)) add('search', searchData(first))
  if (dice.chance(0.5)) add('click', dice.pick(LINKS))
}

/** Something more goes into the cart and out again. */
function addRemoval(add: Add, product: Product | undefined, wanted: readonly Product[]): void {
  if (product === undefined || wanted.includes(product)) return
  add('add_to_cart', productData(product))
  add('remove_from_cart', productData(product))
}

const productData = ({ id }: Product): string => `{"url":"/product/${id}","product_id":"${id}"}`
const searchData = ({ name, category }: Product): string =>
  `{"url":"/search","search_term":${JSON.stringify((name.split(' ').at(-1) ?? category).toLowerCase())}}`

/** Who looks: address and browser stay the same for a session. */
export interface Visitor {
  session: string
  address: string
  agent: string
}

/** Draws a session's own facts. */
export function drawVisitor(dice: Dice, agents: readonly string[]): Visitor {
  const part = (): string => String(dice.int(1, 254))
  return {
    session: `sess_${drawId(dice).replaceAll('-', '').slice(0, 20)}`,
    address: `10.${part()}.${part()}.${part()}`,
    agent: dice.pick(agents),
  }
}

/** Milliseconds between two steps: so few that the longest visit, of 28 steps, takes less than three quarters of an hour. */
export function drawPause(dice: Dice): number {
  return dice.int(10_000, 90_000)
}

/** The stream of one customer's visits. */
export function visitDice(seed: number, n: number): Dice {
  return openDice(seed, `lakehouse/visits/${String(n)}`)
}
