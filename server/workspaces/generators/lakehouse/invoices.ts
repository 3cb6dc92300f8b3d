/** Invoices of the subscriptions: every thirty days from the start, up to now and never beyond. */
import type { Cell } from '../copy-rows.ts'
import { openDice, type Dice } from '../dice.ts'
import { drawId } from './ids.ts'
import { DAY, toDate } from './calendar.ts'
import type { Subscription } from './subscriptions.ts'

/** Days between two invoices, and until one is due. */
export const PERIOD = 30
const MOST = 12
/** Days after its issue by which an invoice is paid. */
const PAID_WITHIN = 25

type Status = 'draft' | 'sent' | 'paid' | 'overdue' | 'cancelled'

/** What becomes of the invoices of a subscription: the document's shares. */
const FATES: Record<Subscription['status'], readonly (readonly [Status, number])[]> = {
  active: [
    ['paid', 85],
    ['sent', 10],
    ['overdue', 5],
  ],
  cancelled: [
    ['paid', 85],
    ['cancelled', 15],
  ],
  trial: [
    ['paid', 90],
    ['overdue', 10],
  ],
  expired: [
    ['paid', 90],
    ['overdue', 10],
  ],
}

/** Rows of core_invoice in the order of its columns. */
export function* invoiceRows(
  { seed, until }: { seed: number; until: number },
  list: readonly Subscription[],
  tenantIds: readonly string[],
): Generator<readonly Cell[]> {
  const dice = openDice(seed, 'lakehouse/invoices')
  const today = Math.floor((until - 1) / DAY)
  let number = 0
  for (const { id, tenant, customer, status, start, end, amount, since } of list) {
    for (let nth = 0; nth < MOST; nth += 1) {
      const issued = start + nth * PERIOD
      if (issued > Math.min(end, today)) break
      number += 1
      const fate = settle(dice, { fates: FATES[status], issued, today })
      const written = Math.min(until - 1, Math.max(since, issued * DAY + dice.int(6 * 3_600_000, 9 * 3_600_000)))
      const changed = Math.max(written, Math.min(until - 1, (fate.paid ?? fate.changed) * DAY + 12 * 3_600_000))
      yield [
        ...[drawId(dice), tenantIds[tenant] ?? null, customer, id, `INV-${String(number).padStart(10, '0')}`, amount, fate.status],
        ...[toDate(issued * DAY), toDate((issued + PERIOD) * DAY), fate.paid === null ? null : toDate(fate.paid * DAY)],
        ...[new Date(written), new Date(changed)],
      ]
    }
  }
}

interface Fate {
  status: Status
  /** Days since 1970. */
  paid: number | null
  changed: number
}

/** The drawn fate as far as it can have come by today: nothing is paid tomorrow, nor overdue before it is due. */
function settle(
  dice: Dice,
  { fates, issued, today }: { fates: readonly (readonly [Status, number])[]; issued: number; today: number },
): Fate {
  const drawn = fates[dice.weighted(fates.map(([, weight]) => weight))]?.[0] ?? 'paid'
  const paid = issued + dice.int(1, PAID_WITHIN)
  const [isDue, isPaid] = [issued + PERIOD < today, paid <= today]
  if (drawn === 'cancelled') return { status: 'cancelled', paid: null, changed: Math.min(issued + 1, today) }
  if (drawn === 'overdue' && isDue) return { status: 'overdue', paid: null, changed: issued + PERIOD + 1 }
  // What nobody had paid when it was due would not be called sent any more.
  if ((drawn === 'paid' && isPaid) || (drawn === 'sent' && isDue)) return { status: 'paid', paid, changed: paid }
  return { status: today - issued < 1 ? 'draft' : 'sent', paid: null, changed: issued }
}
