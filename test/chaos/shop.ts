/** The shop whose lines are imported: a growing file, and what is true of it, counted while it is written. */
import { appendFileSync, writeFileSync } from 'node:fs'
import type { Dice } from './random.ts'

/** What the warehouse must hold once a file was imported and the jobs have run. */
export interface Truth {
  lines: number
  /** Sum of quantity × price, in thousandths, so that nothing is rounded. */
  thousandths: number
}

export interface Shop {
  file: string
  truth: Truth
  /** Appends lines: regular ones, late ones of months ago, customers who move, cancellations. */
  sell(lines: number): void
}

const COUNTRIES = ['France', 'Germany', 'Norway', 'United Kingdom']
const DAY = 86_400_000
const START = Date.UTC(2026, 0, 1)

/** Begins the file with its header. */
export function openShop(file: string, dice: Dice): Shop {
  writeFileSync(file, 'document_number,product_id,product_name,quantity,unit_price,ordered_at,customer_id,country\n')
  const truth: Truth = { lines: 0, thousandths: 0 }
  let day = 0
  const line = (): string => {
    truth.lines += 1
    const isLate = dice.between(1, 10) === 1
    const at = new Date(START + (isLate ? dice.between(0, day) : day) * DAY + dice.between(0, DAY - 1))
    const quantity = dice.between(1, 20) === 1 ? -1 : dice.between(1, 5)
    const price = dice.between(1, 400) * 125
    truth.thousandths += quantity * price
    const customer = dice.between(1, 400)
    const country = dice.between(1, 50) === 1 ? dice.pick(COUNTRIES) : COUNTRIES[customer % COUNTRIES.length]
    const product = dice.between(1, 120)
    const parts = [`D${String(truth.lines >> 1)}`, `P${String(product)}`, `Thing ${String(product)}`, quantity, (price / 1000).toFixed(3)]
    return [...parts, at.toISOString().slice(0, 19).replace('T', ' '), customer, country].join(',')
  }
  return {
    file,
    truth,
    sell: (lines) => {
      day += 1
      appendFileSync(file, `${Array.from({ length: lines }, line).join('\n')}\n`)
    },
  }
}
