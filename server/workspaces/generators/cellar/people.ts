/** Customers: people in towns, households that share an address or an e-mail, and people who stand in the list twice. */
import type { Dice } from '../dice.ts'
import { drawPerson, mailAddress, type Names } from '../names.ts'

export const CUSTOMER_COLUMNS = [
  ...['customer_code', 'last_name', 'first_name', 'email', 'phone', 'address', 'postal_code', 'city', 'country', 'is_optout'],
] as const
export type CustomerRow = (string | null)[]

const COUNTRIES = ['France', 'Germany', 'Belgium', 'Switzerland', 'Luxembourg'] as const

interface Person {
  last: string
  first: string
  email: string | null
  phone: string | null
  address: string
  postal: string
  city: string
  country: string
}

/** Code of the customer with this number, counted from 1. */
export function codeOf(number: number): string {
  return `C${String(number).padStart(6, '0')}`
}

/** All customers, lines with mistakes among them; the mistakes lie behind the first third, so that small lists have some too. */
export function* drawCustomers(dice: Dice, names: Names, count: number): Generator<CustomerRow> {
  const recent: Person[] = []
  for (let number = 1; number <= count; number += 1) {
    const person = drawMember(dice, names, { recent, number })
    if (recent.length === 64) recent.shift()
    recent.push(person)
    yield toRow(codeOf(number), person, dice)
    if (number % 400 === 137) yield toRow(codeOf(number), { ...person, city: person.city.toUpperCase() }, dice)
    if (number % 900 === 413) yield toRow('', person, dice)
  }
}

/** Somebody new, or related to somebody just before: the same person again, a partner, or a stranger with the same mailbox. */
function drawMember(dice: Dice, names: Names, { recent, number }: { recent: readonly Person[]; number: number }): Person {
  const fresh = drawStranger(dice, names, number)
  if (recent.length === 0) return fresh
  const other = dice.pick(recent)
  switch (dice.weighted([90, 4, 4, 1.5, 0.5])) {
    case 1: // The same person twice: once written otherwise.
      return {
        ...other,
        last: other.last.toUpperCase(),
        address: fresh.address,
        postal: fresh.postal,
        phone: dice.chance(0.5) ? other.phone : null,
      }
    case 2: // A partner at the same address with a mailbox of their own.
      return { ...fresh, last: other.last, address: other.address, postal: other.postal, city: other.city, country: other.country }
    case 3: // Another household that shares the mailbox.
      return { ...fresh, email: other.email }
    case 4: // A slip in the mail address or the postal code.
      return dice.chance(0.5)
        ? { ...fresh, email: (fresh.email ?? 'nobody@example.com').replace('@', ' at ') }
        : { ...fresh, postal: `${fresh.postal} ?` }
    default:
      return fresh
  }
}

/** Somebody who is related to nobody. */
export function drawStranger(dice: Dice, names: Names, number: number): Person {
  const { first_name: first, last_name: last } = drawPerson(dice, names)
  return {
    ...{ last, first },
    email: dice.chance(0.88) ? mailAddress(`${first} ${last} ${String(number)}`) : null,
    phone: dice.chance(0.75) ? `+33 6 ${[0, 0, 0, 0].map(() => String(dice.int(10, 99))).join(' ')}` : null,
    address: `${String(dice.int(1, 240))} ${dice.pick(names.streets)}`,
    postal: String(dice.int(10_000, 95_999)),
    city: dice.pick(names.cities),
    country: COUNTRIES[dice.weighted([80, 9, 5, 4, 2])] ?? 'France',
  }
}

/** The person as a line of the file. */
export function toRow(code: string, { last, first, email, phone, address, postal, city, country }: Person, dice: Dice): CustomerRow {
  return [code, last, first, email, phone, address, postal, city, country, dice.chance(0.03) ? 'oui' : null]
}
