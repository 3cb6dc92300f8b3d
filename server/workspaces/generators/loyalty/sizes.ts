/** How many customers each scale has, and how many of them the Xiva API knows. */
import { mistake } from '../../../../shared/failure.ts'
import type { Scale } from '../generator.ts'

const CUSTOMERS: Record<Scale, number> = { small: 200, medium: 5_000, large: 50_000 }
/** The API hands over 50 customers at a time, 300 requests a minute: more would be waited for. */
const MOST_IN_XIVA = 1_000

export interface LoyaltySizes {
  customers: number
  xiva: number
}

/** The scale's numbers, or those that the person gave. Errors: `demo.bad-size`. */
export function loyaltySizes(scale: Scale, sizes: Readonly<Record<string, number>>): LoyaltySizes {
  const known = ['customers', 'xiva_customers']
  const unknown = Object.keys(sizes).find((name) => !known.includes(name))
  if (unknown !== undefined) throw mistake('demo.bad-size', `“${unknown}” is not a size of this demo`, `There are ${known.join(' and ')}.`)
  const customers = Math.max(1, Math.floor(sizes['customers'] ?? CUSTOMERS[scale]))
  // One in ten is a member without a contract: only the warehouse knows them.
  const usual = Math.min(Math.ceil(customers * 0.9), MOST_IN_XIVA)
  return { customers, xiva: Math.min(customers, Math.floor(sizes['xiva_customers'] ?? usual)) }
}
