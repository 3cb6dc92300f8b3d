/** What the Xiva API knows of its customers: made from the same seed as the programme's database, at a moment of the demo. */
import { openDice } from '../../dice.ts'
import { openNames } from '../../names.ts'
import { DAY, drawMember, isoDate, todayOf, type Member } from '../members.ts'
import { stamp } from '../offers.ts'
import { round } from '../profiles.ts'

type Json = Readonly<Record<string, unknown>>

/** One customer of the API, in the shapes in which it answers. */
export interface XivaCustomer {
  id: string
  status: string
  /** For `search`: name and addresses in small letters. */
  searched: string
  customer: Json
  account: Json
  products: readonly Json[]
  usage: readonly Json[]
}

export interface XivaWorld {
  seed: number
  /** The demo's end, as it was made. */
  until: number
  /** The moment up to which it has lived on. */
  now: number
  customers: number
}

const HOUR = 3_600_000

const PRODUCTS = [
  { name: 'Mobile Voice', service: 'voice', price: 12 },
  { name: 'Mobile Data', service: 'data', price: 18 },
  { name: 'Messages Plus', service: 'sms', price: 4 },
  { name: 'Home Fibre', service: 'data', price: 35 },
  { name: 'Home Phone', service: 'voice', price: 9 },
] as const

const KINDS = [
  { type: 'VOICE_LOCAL', service: 'voice', share: 0.05, price: 0.002 },
  { type: 'DATA', service: 'data', share: 1, price: 0.0015 },
  { type: 'SMS', service: 'sms', share: 0.004, price: 0.05 },
] as const

/** All customers, in the order of their numbers. Figures of the current month grow from hour to hour. */
export function drawXivaCustomers({ seed, until, now, customers }: XivaWorld): XivaCustomer[] {
  const names = openNames(seed)
  const today = todayOf(until)
  return Array.from({ length: customers }, (_, index) => toCustomer(drawMember({ seed, names, today }, index + 1), { seed, now }))
}

function toCustomer(member: Member, { seed, now }: { seed: number; now: number }): XivaCustomer {
  const dice = openDice(seed, `xiva/${String(member.number)}`)
  const hour = Math.floor(now / HOUR) * HOUR
  const month = monthOf(hour)
  const share = (hour - month.start) / (month.end - month.start)
  const first = dice.int(0, PRODUCTS.length - 1)
  const kinds = Array.from({ length: member.products }, (_, index) => PRODUCTS[(first + index) % PRODUCTS.length] ?? PRODUCTS[0])
  const fee = kinds.reduce((sum, { price }) => sum + price, 0)
  const drift = 0.95 + dice.float() / 10
  const spent = round(fee * share, 2)
  const bills = round(member.revenue * drift + spent, 2)
  const limit = dice.pick([500, 1_000, 2_000])
  // A share is owed, and every fifth customer owes nothing.
  const owed = dice.chance(0.2) ? 0 : round(Math.min(limit * member.creditUtilization, bills), 2)
  const paidOn = isoDate(hour - dice.int(1, 60) * DAY)
  const said = { lastUpdate: stamp(hour) }
  const { id, status, number } = member
  return {
    ...{ id, status },
    searched: `${member.first_name} ${member.last_name} ${member.email} ${member.phone} ${id}`.toLowerCase(),
    customer: {
      ...{ id, href: `customerManagement/v4/customer/${id}/`, name: `${member.first_name} ${member.last_name}`, status },
      ...{ customerType: dice.chance(0.9) ? 'Individual' : 'Business', ...contactOf(member), ...said },
    },
    account: {
      ...{ id: `A${String(number)}`, customer: { id }, total_bills: bills, total_payments: round(bills - owed, 2), current_balance: spent },
      ...{ outstanding_amount: owed, credit_limit: limit, last_payment_amount: round(fee, 2), last_payment_date: paidOn, ...said },
    },
    products: kinds.map(({ name, service }, index) => ({
      ...{ id: `P${String(number)}-${String(index + 1)}`, customer: { id }, name, service, status: index > 2 ? 'suspended' : 'active' },
      ...{ startDate: isoDate(member.openedOn + index * DAY), ...said },
    })),
    usage: usageOf(member, { services: new Set(kinds.map(({ service }) => service)), month, share }).map((one) => ({ ...one, ...said })),
  }
}

function contactOf({ first_name, last_name, gender, nationality, birthDate, email, phone }: Member): Json {
  return {
    engagedIndividual: { givenName: first_name, familyName: last_name, gender, nationality, birthDate },
    contactMedium: [
      { mediumType: 'email', characteristic: { emailAddress: email } },
      { mediumType: 'phone', characteristic: { phoneNumber: phone } },
    ],
  }
}

interface Month {
  start: number
  end: number
}

/** The calendar month, UTC. */
function monthOf(moment: number): Month {
  const date = new Date(moment)
  return { start: Date.UTC(date.getUTCFullYear(), date.getUTCMonth()), end: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) }
}

/** A record per month and kind: the last month whole, the current one so far. */
function usageOf(member: Member, { services, month, share }: { services: ReadonlySet<string>; month: Month; share: number }): Json[] {
  const months = [
    { start: monthOf(month.start - 1).start, part: 1 },
    { start: month.start, part: share },
  ]
  return KINDS.filter(({ service }) => services.has(service)).flatMap(({ type, share: kind, price }) =>
    months.map(({ start, part }) => {
      const quantity = round(member.dataMegabytes * kind * part, type === 'SMS' ? 0 : 2)
      const usageMonth = isoDate(start)
      const rated = round(quantity * price, 2)
      return {
        id: `U${String(member.number)}-${type}-${usageMonth}`,
        customer: { id: member.id },
        usageType: type,
        usageMonth,
        quantity,
        ratedAmount: rated,
      }
    }),
  )
}
