/** Who needs whom, and which job lies in which direction. Pure. */
import type { PlacedJob } from './graph-layout.ts'

export interface Needing {
  job: string
  needs: readonly string[]
}

function reach(start: readonly string[], next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set(start)
  // A set is walked in the order in which it was filled, what is added on the way too.
  for (const job of reached) for (const other of next.get(job) ?? []) reached.add(other)
  return reached
}

/** All that these jobs need, near and far, themselves included. */
export function needsOf(jobs: readonly Needing[], start: readonly string[]): Set<string> {
  return reach(start, new Map(jobs.map(({ job, needs }) => [job, needs.filter((need) => jobs.some((other) => other.job === need))])))
}

/** All that need these jobs, near and far, themselves included. */
export function neededBy(jobs: readonly Needing[], start: readonly string[]): Set<string> {
  return reach(start, new Map(jobs.map(({ job }) => [job, directlyNeededBy(jobs, job)])))
}

/** The jobs that name this one among their needs. */
export function directlyNeededBy(jobs: readonly Needing[], name: string): string[] {
  return jobs.filter(({ needs }) => needs.includes(name)).map(({ job }) => job)
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The job that an arrow key leads to; itself where there is none. Sideways, jobs on an edge with it come first. */
export function stepTo(
  from: string,
  direction: Direction,
  { placed, jobs }: { placed: readonly PlacedJob[]; jobs: readonly Needing[] },
): string {
  const here = placed.find(({ job }) => job === from)
  if (here === undefined) return placed[0]?.job ?? from
  if (direction === 'up' || direction === 'down') {
    const column = placed.filter(({ column: other }) => other === here.column).sort((a, b) => a.y - b.y)
    return column[column.indexOf(here) + (direction === 'down' ? 1 : -1)]?.job ?? from
  }
  const beside = direction === 'right' ? directlyNeededBy(jobs, from) : (jobs.find(({ job }) => job === from)?.needs ?? [])
  const onThatSide = placed.filter(({ column }) => (direction === 'right' ? column > here.column : column < here.column))
  const far = (one: PlacedJob): number =>
    (beside.includes(one.job) ? 0 : 1e6) + Math.abs(one.column - here.column) * 1e3 + Math.abs(one.y - here.y)
  return [...onThatSide].sort((a, b) => far(a) - far(b))[0]?.job ?? from
}
