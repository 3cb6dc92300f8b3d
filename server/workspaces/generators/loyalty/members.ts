/** Who the demo's customers are: each is drawn from the seed and a number alone, so that the database and the Xiva API agree. */
import { openDice, type Dice } from '../dice.ts'
import { drawPerson, mailAddress, type Names } from '../names.ts'
import { drawNumber, drawWhole, PROFILES, round, type Profile } from './profiles.ts'

export const DAY = 86_400_000

export interface Member {
  /** From 1. */
  number: number
  id: string
  profile: Profile['name']
  status: string
  tier: string
  first_name: string
  last_name: string
  gender: 'female' | 'male'
  nationality: string
  city: string
  email: string
  phone: string
  /** ISO date. */
  birthDate: string
  /** Midnight UTC, milliseconds since 1970. */
  openedOn: number
  lastTransactionAt: number
  accountAgeDays: number
  recencyDays: number
  revenue: number
  transactions: number
  lifetimeValue: number
  churnScore: number
  products: number
  dataMegabytes: number
  creditUtilization: number
}

/** The day that a demo which ends at `until` calls today, as its midnight UTC: the last one that has data. */
export function todayOf(until: number): number {
  return Math.floor((until - 1) / DAY) * DAY
}

/** The date of a moment, UTC. */
export function isoDate(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10)
}

export interface MemberRequest {
  seed: number
  names: Names
  /** Midnight UTC of the demo's last day. */
  today: number
}

const NATIONALITIES = ['GB', 'IE', 'FR', 'DE', 'ES', 'IT', 'NL', 'PL', 'PT', 'SE']

/** The customer of a number; the profile by chance unless one is given. */
export function drawMember({ seed, names, today }: MemberRequest, number: number, kind?: Profile['name']): Member {
  const dice = openDice(seed, `member/${String(number)}`)
  const id = dice.uuid()
  const drawn = dice.pick(PROFILES)
  const profile = PROFILES.find(({ name }) => name === kind) ?? drawn
  const accountAgeDays = drawWhole(dice, profile.age)
  // Nobody bought before the account was opened.
  const recencyDays = drawWhole(dice, profile.recency, accountAgeDays)
  const revenue = drawNumber(dice, profile.revenue, 2)
  const lifetimeValue = round(revenue * drawNumber(dice, profile.lifetime, 4), 2)
  return {
    ...{ number, id, profile: profile.name, accountAgeDays, recencyDays, revenue, lifetimeValue },
    transactions: drawWhole(dice, profile.transactions),
    churnScore: drawNumber(dice, profile.churn, 4),
    status: dice.pick(profile.statuses),
    products: drawWhole(dice, profile.products),
    dataMegabytes: drawNumber(dice, profile.data, 2),
    creditUtilization: drawNumber(dice, profile.credit, 4),
    tier: tierOf(lifetimeValue),
    openedOn: today - accountAgeDays * DAY,
    lastTransactionAt: today - recencyDays * DAY + dice.int(0, DAY - 1),
    ...drawContact(dice, { names, today, number }),
  }
}

function drawContact(dice: Dice, { names, today, number }: { names: Names; today: number; number: number }) {
  const person = drawPerson(dice, names)
  return {
    ...person,
    gender: dice.pick(['female', 'male'] as const),
    nationality: dice.pick(NATIONALITIES),
    city: dice.pick(names.cities),
    email: mailAddress(`${person.first_name} ${person.last_name} ${String(number)}`),
    // 01632 960000 to 960999 are kept free for fiction by the British regulator.
    phone: `+44 1632 960${String(dice.int(0, 999)).padStart(3, '0')}`,
    birthDate: isoDate(today - Math.floor((18 + dice.float() * 67) * 365.25) * DAY),
  }
}

/** The loyalty tier that a lifetime value earns. */
export function tierOf(lifetimeValue: number): string {
  if (lifetimeValue >= 10_000) return 'platinum'
  if (lifetimeValue >= 5_000) return 'gold'
  return lifetimeValue >= 1_000 ? 'silver' : 'bronze'
}

/** Features as they were some days ago: grown evenly over the account's life. */
export function featuresThen(member: Member, daysAgo: number): { revenue: number; transactions: number; lifetimeValue: number } {
  const share = member.accountAgeDays <= 0 ? 1 : Math.min(1, Math.max(0, 1 - daysAgo / (member.accountAgeDays + 1)))
  return {
    revenue: round(member.revenue * share, 2),
    transactions: Math.max(1, Math.round(member.transactions * share)),
    lifetimeValue: round(member.lifetimeValue * share, 2),
  }
}
