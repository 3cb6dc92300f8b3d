/** What each customer bought, recharged, subscribed to and redeemed. */
import type { Cell } from '../copy-rows.ts'
import { openDice, type Dice } from '../dice.ts'
import { DAY, type Member } from './members.ts'
import { HISTORY_DAYS, stamp, type History } from './offers.ts'
import { drawNumber, round } from './profiles.ts'

export const TRANSACTION_COLUMNS = [
  ...['transaction_reference', 'customer_id', 'transacted_at', 'transaction_type', 'amount', 'points_earned', 'points_redeemed'],
  ...['created_at', 'updated_at'],
]

const TYPES = ['purchase', 'recharge', 'subscription', 'redemption'] as const

/** Every customer has at least so many. */
export const FEWEST_TRANSACTIONS = 20
const MOST_TRANSACTIONS = 50

/** 20 to 50 transactions of one customer within the last 180 days; the last one is when the customer was last seen. */
export function* drawTransactions(member: Member, { seed, until }: History): Generator<readonly Cell[]> {
  const dice = openDice(seed, `transactions/${String(member.number)}`)
  const last = member.lastTransactionAt
  const first = Math.min(last, Math.max(until - HISTORY_DAYS * DAY, member.openedOn))
  const count = dice.int(FEWEST_TRANSACTIONS, MOST_TRANSACTIONS)
  for (let index = 1; index <= count; index += 1) {
    const moment = stamp(index === count ? last : first + Math.floor(dice.float() * (last - first)))
    const { type, amount, earned, redeemed } = drawTransaction(dice)
    yield [referenceOf(member.number, index), member.id, moment, type, amount, earned, redeemed, moment, moment]
  }
}

/** The number on the receipt. */
export function referenceOf(member: number, index: number): string {
  return `T${String(member)}-${String(index)}`
}

export interface DrawnTransaction {
  type: (typeof TYPES)[number]
  amount: number
  earned: number
  redeemed: number
}

/** Type, amount and points. */
export function drawTransaction(dice: Dice): DrawnTransaction {
  const type = dice.pick(TYPES)
  if (type === 'redemption') return { type, amount: drawNumber(dice, [10, 100], 2), earned: 0, redeemed: dice.int(50, 500) }
  const amount = drawNumber(dice, [20, 500], 2)
  return { type, amount, earned: round(amount * drawNumber(dice, [0.01, 0.05], 6), 2), redeemed: 0 }
}
