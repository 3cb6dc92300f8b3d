/** The products of each tenant. */
import type { Cell } from '../copy-rows.ts'
import { openDice, type Dice } from '../dice.ts'
import { drawId } from './ids.ts'
import type { Names } from '../names.ts'
import type { Calendar } from './calendar.ts'
import type { TenantSizes } from './sizes.ts'
import type { Tenant } from './tenants.ts'

/** Of a product what orders and visits need. */
export interface Product {
  id: string
  name: string
  category: string
  /** Whole, 5 to 2000. */
  price: number
  stock: number
  isActive: boolean
}

export const CATEGORIES = ['Electronics', 'Clothing', 'Home', 'Books', 'Sports'] as const

/** Share of the price. */
const COST = 0.6

/** Per tenant, in the tenants' order. */
export function makeProducts(seed: number, tenants: readonly TenantSizes[], names: Names): Product[][] {
  const dice = openDice(seed, 'lakehouse/products')
  return tenants.map(({ products }) =>
    Array.from({ length: products }, () => ({
      ...{ id: drawId(dice), name: dice.pick(names.products), category: dice.pick(CATEGORIES) },
      ...{ price: dice.int(5, 2000), stock: dice.int(0, 500), isActive: dice.chance(0.95) },
    })),
  )
}

/** What can be sold: nobody buys what is switched off or not there. All of them where that leaves nothing. */
export function sellable(products: readonly Product[]): readonly Product[] {
  const found = products.filter(({ isActive, stock }) => isActive && stock > 0)
  return found.length === 0 ? products : found
}

/** Different products; the first ones of the list sell about three times as often as the last. */
export function pickProducts(dice: Dice, products: readonly Product[], count: number): Product[] {
  const picked: Product[] = []
  const wanted = Math.min(count, products.length)
  while (picked.length < wanted) {
    const found = products[Math.floor(products.length * dice.float() ** 1.4)]
    if (found !== undefined && !picked.includes(found)) picked.push(found)
  }
  return picked
}

/** Rows of core_product in the order of its columns. */
export function* productRows(
  seed: number,
  products: readonly (readonly Product[])[],
  { tenants, calendar, until }: { tenants: readonly Tenant[]; calendar: Calendar; until: number },
): Generator<readonly Cell[]> {
  const dice = openDice(seed, 'lakehouse/shelves')
  let n = 0
  for (const [at, list] of products.entries()) {
    for (const { id, name, category, price, stock, isActive } of list) {
      const since = new Date(calendar.startOf(0) + n)
      const changed = new Date(
        dice.chance(0.5) ? calendar.startOf(0) + n + Math.floor(dice.float() * (until - calendar.startOf(1))) : since,
      )
      const sku = `SKU-${String(10_000_000 + ((n * 7_919_793 + seed) % 89_999_999))}`
      const description = `${name}, ${category.toLowerCase()}`
      yield [
        id,
        tenants[at]?.id ?? null,
        sku,
        name,
        description,
        category,
        price,
        (price * COST).toFixed(2),
        stock,
        isActive,
        since,
        changed,
      ]
      n += 1
    }
  }
}
