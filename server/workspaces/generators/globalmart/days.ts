/** The visits of the filled time, day by day: growth, weekdays, hours, the weeks before Christmas, and a drop every Friday. */
import { openDice, type Dice } from '../dice.ts'
import { drawVisit, KINDS, VISITS_PER_EVENT, type Kind, type Visit } from './session.ts'
import { DAY, type Shop } from './shop.ts'

const HOUR = 3_600_000
/** Visits by hour of the day, UTC. */
const HOURS = [2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 9, 9, 10, 9, 9, 9, 10, 11, 12, 13, 12, 9, 6, 3]
/** Sunday to Saturday. */
const WEEKDAYS = [1.15, 0.9, 0.9, 0.95, 1, 1.1, 1.2]
/** Share of the events that come in Friday's drops: many people look at one product within ten minutes. */
const DROPS = 0.03
/** Of a drop: what its visits are, and how many events one has. */
const DROP_BUYERS = 0.18

const KIND_WEIGHTS = KINDS.map((kind) => VISITS_PER_EVENT[kind])
const VISITS = KIND_WEIGHTS.reduce((sum, weight) => sum + weight, 0)

/** All visits in order of their beginnings. They can be gone through again and again: the same ones come. */
export function* visitsOfTime(shop: Shop, seed: number): Generator<Visit> {
  const { days, events } = shop.sizes
  const weights = Array.from({ length: days }, (_, day) => weightOf(shop.from + day * DAY, day / days))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const fridays = weights.filter((_, day) => isFriday(shop.from + day * DAY)).length
  for (const [day, weight] of weights.entries()) {
    const begins = shop.from + day * DAY
    const dice = openDice(seed, `day/${String(day)}`)
    const visits = roundByChance(dice, (weight / all) * events * VISITS * (1 - DROPS))
    // A view each, and for the buyers a transaction of 1.56 lines and a view of each.
    const drop = isFriday(begins) ? roundByChance(dice, (events * DROPS) / Math.max(fridays, 1) / (1 + DROP_BUYERS * 2.2)) : 0
    yield* visitsOfDay({ shop, dice, begins, visits, drop })
  }
}

const isFriday = (moment: number): boolean => new Date(moment).getUTCDay() === 5

/** 2.4 visits are 2, or sometimes 3. */
function roundByChance(dice: Dice, count: number): number {
  return Math.floor(count) + Number(dice.chance(count % 1))
}

function weightOf(moment: number, progress: number): number {
  const date = new Date(moment)
  const season = [11, 12].includes(date.getUTCMonth() + 1) ? 1.5 : 1
  return (0.6 + 0.8 * progress) * season * (WEEKDAYS[date.getUTCDay()] ?? 1)
}

interface Opening {
  at: number
  kind: Kind
  dropped: boolean
}

function* visitsOfDay({
  shop,
  dice,
  begins,
  visits,
  drop,
}: {
  shop: Shop
  dice: Dice
  begins: number
  visits: number
  drop: number
}): Generator<Visit> {
  // The last hour of the demo has no new visits: what began would end behind it.
  const last = shop.until - HOUR
  const openings: Opening[] = Array.from({ length: visits }, () => ({
    at: Math.min(begins + dice.weighted(HOURS) * HOUR + dice.int(0, HOUR - 1), last),
    kind: KINDS[dice.weighted(KIND_WEIGHTS)] ?? 'browse',
    dropped: false,
  }))
  for (let count = 0; count < drop; count += 1)
    openings.push({ at: begins + 18 * HOUR + dice.int(0, 9 * 60_000), kind: dice.chance(DROP_BUYERS) ? 'direct' : 'browse', dropped: true })
  openings.sort((a, b) => a.at - b.at)
  const product = shop.drawProduct(dice, begins)
  const date = new Date(begins).toISOString().slice(2, 10).replaceAll('-', '')
  for (const [index, { at, kind, dropped }] of openings.entries())
    yield drawVisit(shop, dice, { id: `S${date}-${String(index + 1)}`, kind, at, ...(dropped ? { product } : {}) })
}
