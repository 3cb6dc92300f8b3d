/** Users with their devices, coins and logins: everything of one user comes from streams of their own, in any order. */
import { openDice, type Dice } from '../dice.ts'
import { drawPerson, mailAddress, type Names } from '../names.ts'
import { stamp, type TableRow } from './tables.ts'

/** What the rest of the demo must know of a user. */
export interface User {
  id: string
  createdAt: number
}

/** The demo's time, milliseconds since 1970. */
export interface Span {
  from: number
  until: number
}

const HOUR = 3_600_000
const PLATFORMS = ['WEB', 'ANDROID', 'IOS', 'DESKTOP'] as const
const COUNTRIES = ['US', 'DE', 'FR', 'GB', 'MD', 'RO', 'ES', 'IT', 'PL', 'JP'] as const
const EARNED_BY = ['DAILY_BONUS', 'GAME_REWARD', 'QUEST_COMPLETION', 'LOGIN_BONUS', 'GIFT'] as const
const SPENT_ON = ['PURCHASE', 'GIFT'] as const
/** Networks that are kept for documentation (RFC 5737): nobody lives there. */
const NETWORKS = ['192.0.2', '198.51.100', '203.0.113'] as const

/** So many are there from the start, or the first lobbies could not fill. */
const FIRST_USERS = 10
const SHARE_WHO_CHANGED = 0.2
const SHARE_WHO_LAPSED = 0.25

/** Users in the order in which they came: the first at the start, the last two thirds of the span later. */
export function drawUsers(seed: number, { count, span }: { count: number; span: Span }): User[] {
  const dice = openDice(seed, 'users')
  const late = Math.max(count - FIRST_USERS, 1)
  const room = ((span.until - span.from) * 2) / 3
  return Array.from({ length: count }, (_, index) => ({
    id: dice.uuid(),
    createdAt: Math.floor(
      span.from + (index < FIRST_USERS ? index * HOUR : FIRST_USERS * HOUR + ((index - FIRST_USERS + dice.float()) / late) * room),
    ),
  }))
}

/** Rows of “User”. A fifth have changed their name or mail address since. */
export function* userRows(users: readonly User[], { seed, names, span }: { seed: number; names: Names; span: Span }): Generator<TableRow> {
  const dice = openDice(seed, 'names')
  for (const [index, { id, createdAt }] of users.entries()) {
    const changedAt = dice.chance(SHARE_WHO_CHANGED) ? createdAt + Math.floor(dice.float() * (span.until - createdAt)) : createdAt
    yield userRow({ id, createdAt, changedAt }, nameOf(dice, names, String(index)))
  }
}

/** One row of “User”. */
export function userRow({ id, createdAt, changedAt }: User & { changedAt: number }, username: string): TableRow {
  return [id, username, mailAddress(username), stamp(createdAt), stamp(changedAt)]
}

/** A name that nobody else has, by its end. */
export function nameOf(dice: Dice, names: Names, end: string): string {
  const { first_name, last_name } = drawPerson(dice, names)
  return `${first_name}${last_name}${end}`
}

export interface DrawnDevice {
  id: string
  platform: string
}

/** One to three devices of a user. */
export function drawDevices(seed: number, user: User): DrawnDevice[] {
  const dice = openDice(seed, `devices/${user.id}`)
  return Array.from({ length: dice.int(1, 3) }, () => ({ id: dice.uuid(), platform: dice.pick(PLATFORMS) }))
}

/** Rows of “Device”. */
export function* deviceRows(users: readonly User[], seed: number): Generator<TableRow> {
  for (const user of users)
    for (const { id, platform } of drawDevices(seed, user)) yield deviceRow({ id, platform }, user.id, user.createdAt)
}

/** One row of “Device”. */
export function deviceRow({ id, platform }: DrawnDevice, userId: string, at: number): TableRow {
  return [id, userId, platform, stamp(at)]
}

/** A device for somebody who is already there. */
export function drawDevice(dice: Dice): DrawnDevice {
  return { id: dice.uuid(), platform: dice.pick(PLATFORMS) }
}

/** Moments at which a user did something: who has lapsed did it early on. */
function openMoments(dice: Dice, user: User, { until }: Span): () => number {
  const end = dice.chance(SHARE_WHO_LAPSED) ? user.createdAt + (until - user.createdAt) * 0.4 : until
  return () => Math.floor(user.createdAt + dice.float() * (end - user.createdAt))
}

/** Rows of “CurrencyTransaction”: three to eight per user, seven of ten add 10 to 500, the others subtract 5 to 100. */
export function* transactionRows(users: readonly User[], { seed, span }: { seed: number; span: Span }): Generator<TableRow> {
  for (const user of users) {
    const dice = openDice(seed, `coins/${user.id}`)
    const moment = openMoments(dice, user, span)
    for (let left = dice.int(3, 8); left > 0; left -= 1) yield transactionRow(dice, user.id, moment())
  }
}

/** One row of “CurrencyTransaction”. */
export function transactionRow(dice: Dice, userId: string, at: number): TableRow {
  const adds = dice.chance(0.7)
  const amount = adds ? dice.int(10, 500) : dice.int(5, 100)
  return [dice.uuid(), userId, adds ? 'ADD' : 'SUBTRACT', amount, adds ? dice.pick(EARNED_BY) : dice.pick(SPENT_ON), stamp(at)]
}

/** Rows of “AccessEvent”: five to fifteen per user, mostly from one country. */
export function* accessRows(users: readonly User[], { seed, span }: { seed: number; span: Span }): Generator<TableRow> {
  for (const user of users) {
    const dice = openDice(seed, `access/${user.id}`)
    const moment = openMoments(dice, user, span)
    const devices = drawDevices(seed, user)
    const home = dice.pick(COUNTRIES)
    for (let left = dice.int(5, 15); left > 0; left -= 1) {
      const device = dice.chance(0.05) ? null : dice.pick(devices).id
      yield accessRow(dice, { userId: user.id, device, country: dice.chance(0.9) ? home : dice.pick(COUNTRIES), at: moment() })
    }
  }
}

/** One row of “AccessEvent”; without a country one is drawn. */
export function accessRow(
  dice: Dice,
  { userId, device, country, at }: { userId: string; device: string | null; country?: string; at: number },
): TableRow {
  const ip = `${dice.pick(NETWORKS)}.${String(dice.int(1, 254))}`
  return [dice.uuid(), userId, device, ip, country ?? dice.pick(COUNTRIES), stamp(at)]
}
