/** The order of the jobs in their columns, so that few edges cross. Pure; the same graph always gives the same picture. */
import type { BandLayout, JobNode } from './graph-bands.ts'

/** A job, or the place where a long edge passes through a column. */
export interface Item {
  id: string
  column: number
  stack: number
  /** Null where an edge only passes. */
  job: string | null
}

export interface Ordered {
  /** Items from top to bottom, column by column. */
  columns: Item[][]
  /** Items next to each other on an edge: always one column apart. */
  links: { from: string; to: string }[]
  /** The items of each edge from need to job, both ends included. */
  chains: { from: string; to: string; items: string[] }[]
}

/** Sweeps there and back; more than these change nothing in graphs of a few dozen jobs. */
const SWEEPS = 8

function chainsOf(jobs: readonly JobNode[], { columnOf, bandOf, bands }: BandLayout): { items: Item[]; chains: Ordered['chains'] } {
  const items: Item[] = jobs.map(({ job }) => ({ id: job, column: columnOf.get(job) ?? 0, stack: bandOf.get(job)?.stack ?? 0, job }))
  const lowest = (column: number): number =>
    Math.max(0, ...bands.filter((band) => band.firstColumn <= column && column < band.firstColumn + band.columns).map(({ stack }) => stack))
  const chains = jobs.flatMap(({ job: to, needs }) =>
    [...needs].sort().flatMap((from) => {
      const [first, last] = [columnOf.get(from), columnOf.get(to)]
      if (first === undefined || last === undefined) return []
      const passed: Item[] = []
      for (let column = first + 1; column < last; column += 1)
        passed.push({ id: `${from} ${to} ${column}`, column, stack: lowest(column), job: null })
      items.push(...passed)
      return [{ from, to, items: [from, ...passed.map(({ id }) => id), to] }]
    }),
  )
  return { items, chains }
}

/** Neighbours of each item in the column before (`-1`) or after it (`1`). */
function neighbours(links: Ordered['links'], side: -1 | 1): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { from, to } of links) {
    const [item, other] = side === -1 ? [to, from] : [from, to]
    found.set(item, [...(found.get(item) ?? []), other])
  }
  return found
}

function crossings(columns: readonly Item[][], links: Ordered['links']): number {
  const place = new Map(columns.flatMap((column) => column.map(({ id }, at): [string, number] => [id, at])))
  const columnOf = new Map(columns.flatMap((column, at) => column.map(({ id }): [string, number] => [id, at])))
  const ends = links.map(({ from, to }) => ({ column: columnOf.get(from), a: place.get(from) ?? 0, b: place.get(to) ?? 0 }))
  let count = 0
  ends.forEach((one, at) => {
    for (const other of ends.slice(at + 1)) if (one.column === other.column && (one.a - other.a) * (one.b - other.b) < 0) count += 1
  })
  return count
}

/** Each item as near as may be to the middle of its neighbours; bands keep their order from top to bottom. */
function sortColumn(column: Item[], beside: readonly Item[], near: ReadonlyMap<string, string[]>): Item[] {
  const place = new Map(beside.map(({ id }, at) => [id, at]))
  const middle = new Map(
    column.map(({ id }, at) => {
      const places = (near.get(id) ?? []).flatMap((other) => place.get(other) ?? [])
      // Without neighbours there it stays where it is, in proportion.
      return [id, places.length === 0 ? (at / column.length) * beside.length : places.reduce((sum, one) => sum + one, 0) / places.length]
    }),
  )
  return [...column].sort((a, b) => a.stack - b.stack || (middle.get(a.id) ?? 0) - (middle.get(b.id) ?? 0))
}

/** The best of some sweeps, by crossings. */
export function orderColumns(jobs: readonly JobNode[], bands: BandLayout): Ordered {
  const { items, chains } = chainsOf(jobs, bands)
  const links = chains.flatMap(({ items: chain }) => chain.slice(1).flatMap((to, at) => ({ from: chain[at] ?? to, to })))
  const last = Math.max(0, ...items.map(({ column }) => column))
  let columns = Array.from({ length: last + 1 }, (_, at) => items.filter(({ column }) => column === at).sort((a, b) => a.stack - b.stack))
  let best = { columns, count: crossings(columns, links) }
  for (let sweep = 0; sweep < SWEEPS && best.count > 0; sweep += 1) {
    const side = sweep % 2 === 0 ? -1 : 1
    const near = neighbours(links, side)
    const next = [...columns]
    for (let step = 1; step < next.length; step += 1) {
      const at = side === -1 ? step : next.length - 1 - step
      next[at] = sortColumn(next[at] ?? [], next[at + side] ?? [], near)
    }
    columns = next
    const count = crossings(columns, links)
    if (count < best.count) best = { columns, count }
  }
  return { columns: best.columns, links, chains }
}
