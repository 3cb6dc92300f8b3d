/** Which column each job stands in. Groups are bands side by side; inside a band, jobs stand by the depth of their needs. Pure. */
import type { GraphJob } from '../../shared/contract/pipelines.ts'

export type JobNode = Pick<GraphJob, 'job' | 'group' | 'needs'>

export interface Band {
  /** More than one where groups need each other in a ring and so cannot stand one after the other. */
  groups: string[]
  jobs: string[]
  firstColumn: number
  columns: number
  /** Place among the bands that share its columns, from the top. */
  stack: number
}

export interface BandLayout {
  bands: Band[]
  /** Column of each job, from the left. */
  columnOf: ReadonlyMap<string, number>
  bandOf: ReadonlyMap<string, Band>
}

type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** Steps on the longest way from a node without needs; a way back to where one comes from counts for nothing. */
function depths(graph: Graph): Map<string, number> {
  const known = new Map<string, number>()
  const walk = (node: string, trail: ReadonlySet<string>): number => {
    const before = known.get(node)
    if (before !== undefined) return before
    const inside = new Set([...trail, node])
    const ways = [...(graph.get(node) ?? [])].filter((need) => graph.has(need) && !inside.has(need)).map((need) => walk(need, inside) + 1)
    const depth = Math.max(0, ...ways)
    known.set(node, depth)
    return depth
  }
  for (const node of graph.keys()) walk(node, new Set())
  return known
}

/** Everything that can be reached, the start not included unless there is a way back to it. */
function reach(graph: Graph, from: string): Set<string> {
  const reached = new Set(graph.get(from))
  for (const node of reached) for (const next of graph.get(node) ?? []) reached.add(next)
  return reached
}

/** For each group the groups that its jobs need. */
function groupGraph(jobs: readonly JobNode[], groups: readonly string[]): Graph {
  const groupOf = new Map(jobs.map(({ job, group }) => [job, group]))
  const graph = new Map(groups.map((group) => [group, new Set<string>()]))
  for (const { group, needs } of jobs) {
    for (const need of needs) {
      const other = groupOf.get(need)
      if (other !== undefined && other !== group) graph.get(group)?.add(other)
    }
  }
  return graph
}

/** Groups that need each other stand together; the first of them names the band. */
function leaders(graph: Graph): Map<string, string> {
  const reached = new Map([...graph.keys()].map((group) => [group, reach(graph, group)]))
  const names = [...graph.keys()]
  return new Map(
    names.map((group) => [
      group,
      names.find((other) => other === group || (reached.get(group)?.has(other) && reached.get(other)?.has(group))) ?? group,
    ]),
  )
}

interface Drawn {
  groups: string[]
  jobs: JobNode[]
  depth: number
  local: Map<string, number>
}

function drawBands(jobs: readonly JobNode[], groups: readonly string[]): Drawn[] {
  const graph = groupGraph(jobs, groups)
  const leaderOf = leaders(graph)
  const leader = (group: string): string => leaderOf.get(group) ?? group
  const merged = new Map(groups.filter((group) => leader(group) === group).map((group) => [group, new Set<string>()]))
  for (const [group, needs] of graph)
    for (const need of needs) if (leader(need) !== leader(group)) merged.get(leader(group))?.add(leader(need))
  const depth = depths(merged)
  return [...merged.keys()].map((name) => {
    const mine = jobs.filter(({ group }) => leader(group) === name)
    const inside = new Set(mine.map(({ job }) => job))
    return {
      groups: groups.filter((group) => leader(group) === name),
      jobs: mine,
      depth: depth.get(name) ?? 0,
      local: depths(new Map(mine.map(({ job, needs }) => [job, new Set(needs.filter((need) => inside.has(need)))]))),
    }
  })
}

/** Jobs of unknown groups get a band of their own behind the known ones; groups without jobs get none. */
export function standInBands(jobs: readonly JobNode[], known: readonly string[]): BandLayout {
  const groups = [...new Set([...known, ...jobs.map(({ group }) => group)])].filter((group) => jobs.some((job) => job.group === group))
  const drawn = drawBands(jobs, groups)
  const widths: number[] = []
  for (const { depth, local } of drawn) widths[depth] = Math.max(widths[depth] ?? 1, ...[...local.values()].map((at) => at + 1))
  const firstColumn = (depth: number): number => widths.slice(0, depth).reduce((sum, width) => sum + width, 0)
  const bands = drawn.map((band, at): Band => ({
    groups: band.groups,
    jobs: band.jobs.map(({ job }) => job),
    firstColumn: firstColumn(band.depth),
    columns: widths[band.depth] ?? 1,
    stack: drawn.slice(0, at).filter(({ depth }) => depth === band.depth).length,
  }))
  const columnOf = new Map(
    drawn.flatMap(({ depth, local }) => [...local].map(([job, at]): [string, number] => [job, firstColumn(depth) + at])),
  )
  return { bands, columnOf, bandOf: new Map(bands.flatMap((band) => band.jobs.map((job): [string, Band] => [job, band]))) }
}
