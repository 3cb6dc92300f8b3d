/** Contacts: a campaign every two months, most by e-mail, with what came of it. */
import type { Dice } from '../dice.ts'
import { codeOf } from './people.ts'
import { isoDay } from './sales.ts'

export const CONTACT_COLUMNS = ['customer_code', 'contact_date', 'channel', 'status', 'campaign_id'] as const
export type ContactRow = (string | null)[]

const DAY = 86_400_000
const CAMPAIGNS = 12
const DAYS_APART = 60
const CHANNELS = ['EMAIL', 'SMS', 'MAIL'] as const
/** One program writes the words of the other now and then. */
const STATUSES = ['SENT', 'OPENED', 'open', 'CLICKED', 'BOUNCED', 'bounce', 'unsubscribe', 'DELIVERED'] as const

/** Who was written to, campaign after campaign; the newest is some weeks old. */
export function* drawContacts(dice: Dice, { customers, until }: { customers: number; until: number }): Generator<ContactRow> {
  const today = Math.floor(until / DAY) - 1
  for (let campaign = 1; campaign <= CAMPAIGNS; campaign += 1) {
    const day = today - 25 - (CAMPAIGNS - campaign) * DAYS_APART
    const channel = CHANNELS[dice.weighted([70, 15, 15])] ?? 'EMAIL'
    const name = `CAMP-${isoDay(day).slice(0, 7)}-${String(campaign).padStart(2, '0')}`
    for (let number = 1; number <= customers; number += 1) {
      if (!dice.chance(0.25)) continue
      yield toContact(dice, {
        customer: dice.chance(0.001) ? `X${String(number)}` : codeOf(number),
        day: day + dice.int(0, 2),
        channel,
        campaign: name,
      })
    }
  }
}

/** One contact with its outcome. */
export function toContact(
  dice: Dice,
  { customer, day, channel, campaign }: { customer: string; day: number; channel: string; campaign: string },
): ContactRow {
  const status = channel === 'EMAIL' ? (STATUSES[dice.weighted([55, 24, 4, 7, 3, 1, 1, 5])] ?? 'SENT') : 'SENT'
  return [customer, isoDay(day), dice.chance(0.001) ? 'FAX' : channel, status, campaign]
}
