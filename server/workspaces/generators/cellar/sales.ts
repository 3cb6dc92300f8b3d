/** Sales lines: regulars and one-time buyers with a taste, seasons, credit notes, labels as people spell them, and slips. */
import type { Dice } from '../dice.ts'
import { spell } from './labels.ts'
import { codeOf } from './people.ts'
import type { Cellar } from './picker.ts'
import type { Wine } from './wines.ts'

export const SALES_COLUMNS = [
  ...['customer_code', 'order_date', 'doc_ref', 'doc_type', 'product_label', 'qty', 'amount_ht', 'amount_ttc', 'margin'],
] as const

/** A line before it is written: one export writes it one way, the next another. Money in cents. */
export interface SaleLine {
  customer: string
  /** Days since 1970; null for a date that does not exist. */
  day: number | null
  document: string
  type: string
  label: string
  quantity: string
  amount: number
  margin: number | null
}

const DAY = 86_400_000
const YEARS = 5

/** Lines of all customers, customer by customer. */
export function* drawSales(dice: Dice, cellar: Cellar, { customers, until }: { customers: number; until: number }): Generator<SaleLine> {
  const today = Math.floor(until / DAY) - 1
  let document = 0
  for (let number = 1; number <= customers; number += 1) {
    const habits = drawHabits(dice, cellar, today)
    for (let order = 0; order < habits.orders; order += 1) {
      document += 1
      const day = order === 0 ? habits.last : drawDay(dice, habits.first, habits.last)
      // A customer whom no file knows, because the shop forgot to export the card.
      const customer = dice.chance(0.002) ? `X${String(number).padStart(6, '0')}` : codeOf(number)
      yield* drawDocument(dice, cellar, { customer, day, document, favourite: habits.favourite, faithful: habits.faithful })
    }
  }
}

function drawHabits(dice: Dice, cellar: Cellar, today: number) {
  const group = dice.weighted([12, 30, 33, 14, 8, 3])
  const [low, high] = (
    [
      [0, 0],
      [1, 1],
      [2, 4],
      [5, 9],
      [10, 19],
      [20, 36],
    ] as const
  )[group] ?? [0, 0]
  const orders = dice.int(low, high)
  const last = today - Math.floor(dice.chance(0.55) ? dice.float() * 150 : dice.float() ** 2 * 365 * YEARS)
  const first = Math.max(today - 365 * YEARS, last - Math.floor(orders * (20 + dice.float() * 80)))
  return { orders, first, last, favourite: cellar.drawFamily(dice), faithful: 0.35 + dice.float() * 0.6 }
}

/** A day of the span; a quarter of them moved to the weeks before Christmas. */
function drawDay(dice: Dice, first: number, last: number): number {
  const day = dice.int(first, last)
  if (!dice.chance(0.25)) return day
  const christmas = Math.floor(Date.UTC(new Date(day * DAY).getUTCFullYear(), 10, 15) / DAY) + dice.int(0, 36)
  return christmas >= first && christmas <= last ? christmas : day
}

export interface DocumentToDraw {
  customer: string
  day: number
  document: number
  favourite: string
  /** How much of what is bought is of the favourite family, 0 to 1. */
  faithful: number
}

/** One to five lines of one document; the very same line twice now and then. */
export function* drawDocument(
  dice: Dice,
  cellar: Cellar,
  { customer, day, document, favourite, faithful }: DocumentToDraw,
): Generator<SaleLine> {
  const type = dice.chance(0.08) ? 'ORDER' : 'INVOICE'
  const name = `${type === 'ORDER' ? 'B' : 'F'}${String(new Date(day * DAY).getUTCFullYear())}-${String(document).padStart(6, '0')}`
  const count = 1 + dice.weighted([40, 30, 15, 10, 5])
  for (let line = 0; line < count; line += 1) {
    const wine = cellar.draw(dice, dice.chance(faithful) ? favourite : null)
    const drawn = drawLine(dice, wine, { customer, day, document: name, type })
    yield drawn
    if (dice.chance(0.002)) yield drawn
  }
}

function drawLine(dice: Dice, wine: Wine, base: Pick<SaleLine, 'customer' | 'document' | 'type'> & { day: number }): SaleLine {
  const bottles = [1, 2, 3, 6, 6, 6, 12, 12, 24][dice.int(0, 8)] ?? 6
  const amount = Math.round(bottles * wine.price * (bottles >= 12 ? 0.95 : 1))
  const line: SaleLine = {
    ...base,
    label: spell(dice, wine.label),
    quantity: String(bottles),
    amount,
    margin: dice.chance(0.7) ? Math.round(amount * 0.35) : null,
  }
  return dice.chance(0.985) ? line : spoil(dice, line, bottles)
}

/** A credit note, a gift, or a slip. */
function spoil(dice: Dice, line: SaleLine, bottles: number): SaleLine {
  switch (dice.weighted([60, 20, 6, 6, 4, 4])) {
    case 0:
      return { ...line, document: line.document.replace(/^./, 'A'), quantity: String(-bottles), amount: -line.amount, margin: null }
    case 1:
      return { ...line, amount: 0, margin: null }
    case 2:
      return { ...line, day: null }
    case 3:
      return { ...line, quantity: '0' }
    case 4:
      return { ...line, label: ' *** ' }
    default:
      return { ...line, document: '' }
  }
}

/** As the old program exports: decimal comma, day before month. */
export function writtenInFrench({ customer, day, document, type, label, quantity, amount, margin }: SaleLine): (string | null)[] {
  const [year, month, date] = isoDay(day).split('-')
  const money = (cents: number): string => (cents / 100).toFixed(2).replace('.', ',')
  return [
    ...[customer, `${date ?? ''}/${month ?? ''}/${year ?? ''}`, document, type, label, quantity],
    ...[money(amount), amount >= 0 ? money(Math.round(amount * 1.2)) : null, margin === null ? null : money(margin)],
  ]
}

/** As the new program exports: decimal point, ISO dates. */
export function writtenIso({ customer, day, document, type, label, quantity, amount, margin }: SaleLine): (string | null)[] {
  const money = (cents: number): string => (cents / 100).toFixed(2)
  return [
    ...[customer, isoDay(day), document, type, label, quantity],
    ...[money(amount), amount >= 0 ? money(Math.round(amount * 1.2)) : null, margin === null ? null : money(margin)],
  ]
}

/** YYYY-MM-DD; the last day of a February that has fewer for none. */
export function isoDay(day: number | null): string {
  return day === null ? '2026-02-31' : new Date(day * DAY).toISOString().slice(0, 10)
}
