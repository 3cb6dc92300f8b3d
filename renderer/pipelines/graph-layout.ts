/** The picture of the job graph: where every job, edge and band stands, in pixels before zooming. Pure. */
import { standInBands, type Band, type JobNode } from './graph-bands.ts'
import { orderColumns, type Ordered } from './graph-order.ts'
import { placeItems } from './graph-place.ts'

export const JOB_WIDTH = 212
export const JOB_HEIGHT = 80
const COLUMN_GAP = 54
const ROW_GAP = 16
const EDGE_ROOM = 10
/** Around the jobs of a band, and above them for its title. */
const PADDING = 16
const TITLE = 30

export interface PlacedJob {
  job: string
  column: number
  x: number
  y: number
}

export interface PlacedEdge {
  from: string
  to: string
  /** SVG path. */
  path: string
}

export interface PlacedBand {
  groups: string[]
  x: number
  y: number
  width: number
  height: number
}

export interface GraphLayout {
  jobs: PlacedJob[]
  edges: PlacedEdge[]
  bands: PlacedBand[]
  width: number
  height: number
}

const columnX = (column: number): number => PADDING + column * (JOB_WIDTH + COLUMN_GAP)

/** From the right side of the need to the left side of the job, level where it passes other columns. */
function pathOf(chain: readonly string[], columnOf: (id: string) => number, middles: ReadonlyMap<string, number>): string {
  const height = (id: string): number => (middles.get(id) ?? 0) + TITLE + PADDING
  return chain
    .slice(1)
    .map((id, at) => {
      const before = chain[at] ?? id
      const [x1, y1] = [columnX(columnOf(before)) + JOB_WIDTH, height(before)]
      const [x2, y2] = [columnX(columnOf(id)), height(id)]
      const half = (x1 + x2) / 2
      const begin = at === 0 ? `M${x1} ${round(y1)}` : `H${x1}`
      return `${begin}C${half} ${round(y1)} ${half} ${round(y2)} ${x2} ${round(y2)}`
    })
    .join('')
}

const round = (value: number): number => Math.round(value * 10) / 10

function bandBox(band: Band, jobs: readonly PlacedJob[], whole: { alone: boolean; height: number }): PlacedBand {
  const mine = jobs.filter(({ job }) => band.jobs.includes(job))
  const top = whole.alone ? 0 : Math.min(...mine.map(({ y }) => y)) - PADDING - TITLE
  const bottom = whole.alone ? whole.height : Math.max(...mine.map(({ y }) => y)) + JOB_HEIGHT + PADDING
  return {
    groups: band.groups,
    x: columnX(band.firstColumn) - PADDING,
    y: top,
    width: band.columns * (JOB_WIDTH + COLUMN_GAP) - COLUMN_GAP + 2 * PADDING,
    height: bottom - top,
  }
}

function edgesOf({ chains, columns }: Ordered, middles: ReadonlyMap<string, number>): PlacedEdge[] {
  const places = new Map(columns.flat().map(({ id, column }) => [id, column]))
  return chains.map(({ from, to, items }) => ({ from, to, path: pathOf(items, (id) => places.get(id) ?? 0, middles) }))
}

/** Bands that share columns of several jobs: the lower one moves down as a whole until it is clear of the upper one. */
function separate(bands: readonly Band[], middles: Map<string, number>): void {
  const distance = JOB_HEIGHT + 2 * PADDING + TITLE + ROW_GAP
  for (const lower of bands.filter(({ stack }) => stack > 0)) {
    const above = bands.filter(({ firstColumn, stack }) => firstColumn === lower.firstColumn && stack < lower.stack)
    const floor = Math.max(...above.flatMap(({ jobs }) => jobs).map((job) => middles.get(job) ?? 0)) + distance
    const by = floor - Math.min(...lower.jobs.map((job) => middles.get(job) ?? 0))
    if (by > 0) for (const job of lower.jobs) middles.set(job, (middles.get(job) ?? 0) + by)
  }
}

/** Left to right by depth, one band per group; `groups` gives the order of bands that stand above each other. */
export function layOutGraph(jobs: readonly JobNode[], groups: readonly string[]): GraphLayout {
  if (jobs.length === 0) return { jobs: [], edges: [], bands: [], width: 0, height: 0 }
  const standing = standInBands(jobs, groups)
  const ordered = orderColumns(jobs, standing)
  const middles = placeItems(ordered, { job: JOB_HEIGHT, edge: EDGE_ROOM, gap: ROW_GAP, bandGap: 2 * PADDING + TITLE + ROW_GAP })
  separate(standing.bands, middles)
  const placed = ordered.columns.flatMap((column) =>
    column.flatMap((item): PlacedJob[] =>
      item.job === null
        ? []
        : [
            {
              job: item.job,
              column: item.column,
              x: columnX(item.column),
              y: round((middles.get(item.id) ?? 0) - JOB_HEIGHT / 2 + TITLE + PADDING),
            },
          ],
    ),
  )
  const height = Math.max(...[...middles.values()].map((middle) => middle + JOB_HEIGHT / 2)) + TITLE + 2 * PADDING
  const alone = (band: Band): boolean => standing.bands.filter(({ firstColumn }) => firstColumn === band.firstColumn).length === 1
  const bands = standing.bands.map((band) => bandBox(band, placed, { alone: alone(band), height }))
  return {
    jobs: placed,
    edges: edgesOf(ordered, middles),
    bands,
    width: Math.max(...bands.map(({ x, width }) => x + width)),
    height: Math.max(height, ...bands.map((band) => band.y + band.height)),
  }
}
