/** Chooses wines by their weights, in all or within a family; a lookup, not a walk over the catalogue. */
import type { Dice } from '../dice.ts'
import type { Wine } from './wines.ts'

export interface Cellar {
  drawFamily(dice: Dice): string
  /** Of the family, or of all. */
  draw(dice: Dice, family: string | null): Wine
}

/** The wines must not be empty. */
export function openCellar(wines: readonly Wine[]): Cellar {
  const all = new Shelf(wines)
  const families = new Map([...Map.groupBy(wines, ({ family }) => family)].map(([family, some]) => [family, new Shelf(some)]))
  return {
    drawFamily: (dice) => all.draw(dice).family,
    draw: (dice, family) => (families.get(family ?? '') ?? all).draw(dice),
  }
}

class Shelf {
  private readonly wines: readonly Wine[]
  private readonly sums: Float64Array

  constructor(wines: readonly Wine[]) {
    this.wines = wines
    let sum = 0
    this.sums = Float64Array.from(wines, ({ weight }) => (sum += weight))
  }

  draw(dice: Dice): Wine {
    const point = dice.float() * (this.sums.at(-1) ?? 0)
    let [low, high] = [0, this.sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.sums[middle] ?? 0) > point) high = middle
      else low = middle + 1
    }
    return this.wines[low] as Wine
  }
}
