/** Chance that can be repeated: the same seed and stream give the same draws, on every machine. */
import { createHash } from 'node:crypto'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Draws of one stream, in order. */
export interface Dice {
  /** From 0 (inclusive) to 1 (exclusive), in steps of 2^-32. */
  float(): number
  /** A whole number, both ends included. */
  int(low: number, high: number): number
  /** True in this share of draws, 0 to 1. */
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
  /** The place in the list of weights; weights need not add up to 1. */
  weighted(weights: readonly number[]): number
  /** Normal distribution (Box and Muller). */
  gauss(mean: number, deviation: number): number
  /** UUID of version 4. */
  uuid(): string
}

/**
 * A stream of its own for each table or subject, so that more rows of one do not change another's.
 * @param stream any text
 */
export function openDice(seed: number, stream: string): Dice {
  const generator = xoroshiro128plus(
    createHash('sha256')
      .update(`${String(seed)}/${stream}`)
      .digest()
      .readInt32LE(0),
  )
  const word = (): number => generator.next() >>> 0
  const float = (): number => word() / 4_294_967_296
  const hex = (): string => word().toString(16).padStart(8, '0')
  const dice: Dice = {
    float,
    int: (low, high) => low + Math.floor(float() * (high - low + 1)),
    chance: (share) => float() < share,
    pick: (list) => {
      const found = list[Math.floor(float() * list.length)]
      if (found === undefined) throw new RangeError('There is nothing to pick from')
      return found
    },
    weighted: (weights) => {
      let left = float() * weights.reduce((sum, weight) => sum + weight, 0)
      const found = weights.findIndex((weight) => (left -= weight) < 0)
      return found === -1 ? weights.length - 1 : found
    },
    // 1 - float(): the logarithm of 0 is not a number to go on with.
    gauss: (mean, deviation) => mean + deviation * Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float()),
    uuid: () => {
      const [a, b, c, d] = [hex(), hex(), hex(), hex()]
      const variant = ((Number.parseInt(c.charAt(0), 16) & 3) | 8).toString(16)
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`
    },
  }
  return dice
}
