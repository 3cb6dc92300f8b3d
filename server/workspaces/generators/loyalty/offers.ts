/** The eight offers of the programme, and who was sent which of them. */
import type { Cell } from '../copy-rows.ts'
import { openDice, type Dice } from '../dice.ts'
import { DAY, featuresThen, type Member } from './members.ts'
import { clampShare, drawNumber, round } from './profiles.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
/** The programme's history goes back so far. */
export const HISTORY_DAYS = 180

export const OFFER_COLUMNS = ['offer_id', 'offer_name', 'offer_type', 'category', 'lifecycle_stage', 'value_segment']

export const OFFERS: readonly (readonly [number, string, string, string, string, string])[] = [
  [1, 'Double Points Weekend', 'points_bonus', 'points', 'retention', 'all'],
  [2, '20% Off Next Purchase', 'discount', 'discount', 'retention', 'all'],
  [3, 'Free 5GB Data', 'free_data', 'special', 'growth', 'medium_value'],
  [4, 'Upgrade to Premium', 'upgrade', 'tier', 'growth', 'high_value'],
  [5, 'Refer a Friend', 'referral', 'referral', 'growth', 'all'],
  [6, 'Birthday Bonus', 'birthday', 'special', 'retention', 'all'],
  [7, 'Anniversary Reward', 'anniversary', 'retention', 'retention', 'all'],
  [8, 'Come Back Offer', 'winback', 'sale', 'win_back', 'low_value'],
]

export const SEND_COLUMNS = [
  ...['customer_id', 'offer_id', 'sent_at', 'opened_at', 'clicked_at', 'converted_at', 'converted_offer_id', 'points_earned'],
  ...['total_revenue', 'transaction_count', 'days_since_last_transaction', 'avg_transaction_value', 'lifetime_value', 'churn_score'],
  ...['created_at', 'updated_at'],
]

export interface History {
  seed: number
  /** Milliseconds since 1970; nothing is later. */
  until: number
}

/** 30 to 80 offers of one customer, over the last 180 days or since the account was opened. */
export function* drawOffers(member: Member, { seed, until }: History): Generator<readonly Cell[]> {
  const dice = openDice(seed, `offers/${String(member.number)}`)
  const span = until - Math.max(until - HISTORY_DAYS * DAY, member.openedOn)
  const taken = new Set<number>()
  for (let left = dice.int(30, 80); left > 0; left -= 1) {
    let sent = until - 1 - Math.floor(dice.float() * span)
    while (taken.has(sent)) sent -= 1
    taken.add(sent)
    const offer = dice.int(1, 8)
    const response = drawResponse(dice, { member, offer, sent, until })
    const newest = response.converted ?? response.clicked ?? response.opened ?? sent
    const then = featuresThen(member, Math.floor((until - sent) / DAY))
    yield [
      ...[member.id, offer, stamp(sent), stamp(response.opened), stamp(response.clicked), stamp(response.converted)],
      ...[response.converted === null ? null : offer, response.points],
      ...[then.revenue, then.transactions, dice.int(1, 30), round(then.revenue / then.transactions, 2), then.lifetimeValue],
      ...[round(clampShare(member.churnScore + drawNumber(dice, [-0.05, 0.05], 4)), 4), stamp(sent), stamp(newest)],
    ]
  }
}

interface Response {
  opened: number | null
  clicked: number | null
  converted: number | null
  points: number
}

interface Sent {
  member: Member
  offer: number
  sent: number
  until: number
}

/** Who converts opened and clicked before. What would come after the demo's end has not happened yet. */
function drawResponse(dice: Dice, { member, offer, sent, until }: Sent): Response {
  if (!dice.chance(conversionChance(member.revenue))) return { opened: null, clicked: null, converted: null, points: 0 }
  const opened = sent + dice.int(HOUR, 48 * HOUR)
  const clicked = opened + dice.int(5 * MINUTE, 120 * MINUTE)
  const converted = clicked + dice.int(HOUR, 72 * HOUR)
  const points = drawPoints(dice, offer)
  const known = (moment: number): number | null => (moment < until ? moment : null)
  return { opened: known(opened), clicked: known(clicked), converted: known(converted), points: converted < until ? points : 0 }
}

/** Good customers take every third offer or so. */
export function conversionChance(revenue: number): number {
  return revenue > 5_000 ? 0.3 : 0.15
}

/** Points that a converted offer brings. */
export function drawPoints(dice: Dice, offer: number): number {
  return offer <= 4 ? dice.int(100, 1_000) : dice.int(50, 500)
}

/** ISO-8601 UTC; null stays null. */
export const stamp = <M extends number | null>(moment: M): M extends null ? null : string =>
  (moment === null ? null : new Date(moment).toISOString()) as M extends null ? null : string
