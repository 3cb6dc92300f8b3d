/** How high each item stands: near the middle of its neighbours, never closer to the next than there is room. Pure. */
import type { Item, Ordered } from './graph-order.ts'

export interface Room {
  /** Height of a job. */
  job: number
  /** Height of a passing edge. */
  edge: number
  gap: number
  /** Between bands that stand above each other, for the title of the lower one. */
  bandGap: number
}

const PASSES = 12

/** Least distance between the middles of two items that follow each other. */
function apart(above: Item, below: Item, room: Room): number {
  const half = (item: Item): number => (item.job === null ? room.edge : room.job) / 2
  const between = above.stack === below.stack ? room.gap : room.bandGap
  return half(above) + half(below) + (above.job === null && below.job === null ? 2 : between)
}

/**
 * Heights that keep the order and the distances and differ least (in squares) from what is wanted: neighbours that want to
 * overlap are put together as one block at the mean of their wishes (pool adjacent violators).
 */
export function settle(wanted: readonly number[], distances: readonly number[]): number[] {
  const offsets: number[] = []
  let sum = 0
  wanted.forEach((_, at) => {
    sum += at === 0 ? 0 : (distances[at - 1] ?? 0)
    offsets.push(sum)
  })
  const blocks: { mean: number; size: number }[] = []
  wanted.forEach((wish, at) => {
    let block = { mean: wish - (offsets[at] ?? 0), size: 1 }
    for (let before = blocks.at(-1); before !== undefined && before.mean > block.mean; before = blocks.at(-1)) {
      const size = before.size + block.size
      block = { mean: (before.mean * before.size + block.mean * block.size) / size, size }
      blocks.pop()
    }
    blocks.push(block)
  })
  return blocks.flatMap(({ mean, size }) => Array.from({ length: size }, () => mean)).map((base, at) => base + (offsets[at] ?? 0))
}

/** The middle of each item, in pixels from the top; the topmost job begins at 0. */
export function placeItems({ columns, links }: Pick<Ordered, 'columns' | 'links'>, room: Room): Map<string, number> {
  const middles = new Map<string, number>()
  const distances = columns.map((column) => column.slice(1).map((item, at) => apart(column[at] ?? item, item, room)))
  const put = (at: number, wanted: readonly number[]): void => {
    settle(wanted, distances[at] ?? []).forEach((middle, index) => middles.set(columns[at]?.[index]?.id ?? '', middle))
  }
  columns.forEach((column, at) => {
    put(
      at,
      column.map(() => 0),
    )
  })
  for (let pass = 0; pass < PASSES; pass += 1) {
    const order = pass % 2 === 0 ? columns.map((_, at) => at) : columns.map((_, at) => columns.length - 1 - at)
    for (const at of order) {
      const wishes = (columns[at] ?? []).map(({ id }) => {
        const near = links.flatMap(({ from, to }) => (from === id ? (middles.get(to) ?? []) : to === id ? (middles.get(from) ?? []) : []))
        return near.length === 0 ? (middles.get(id) ?? 0) : near.reduce((sum, one) => sum + one, 0) / near.length
      })
      put(at, wishes)
    }
  }
  const top = Math.min(...columns.flat().map(({ id, job }) => (middles.get(id) ?? 0) - (job === null ? room.edge : room.job) / 2))
  for (const [id, middle] of middles) middles.set(id, middle - top)
  return middles
}
