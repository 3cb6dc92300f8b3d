import { describe, expect, it } from 'vitest'
import { standInBands } from '../../../renderer/pipelines/graph-bands.ts'
import { JOB_HEIGHT, JOB_WIDTH, layOutGraph, type GraphLayout } from '../../../renderer/pipelines/graph-layout.ts'
import { settle } from '../../../renderer/pipelines/graph-place.ts'
import { needsOf, neededBy, stepTo } from '../../../renderer/pipelines/graph-walk.ts'

const job = (name: string, group: string, ...needs: string[]) => ({ job: name, group, needs })
/** The little shop: near and far dimensions, facts that need them, analytics that need the facts. */
const SHOP = [
  job('dim_date', 'dimensions'),
  job('dim_geography', 'dimensions'),
  job('dim_customers', 'dimensions', 'dim_geography'),
  job('dim_products', 'dimensions'),
  job('fact_sales', 'facts', 'dim_date', 'dim_geography', 'dim_customers', 'dim_products'),
  job('fact_returns', 'facts', 'fact_sales', 'dim_date'),
  job('rfm_analysis', 'analytics', 'fact_sales', 'dim_customers'),
  job('product_performance', 'analytics', 'fact_sales', 'fact_returns'),
]
const GROUPS = ['dimensions', 'facts', 'analytics']

function overlaps({ jobs }: GraphLayout): string[] {
  return jobs.flatMap((one, at) =>
    jobs
      .slice(at + 1)
      .filter((other) => Math.abs(one.x - other.x) < JOB_WIDTH && Math.abs(one.y - other.y) < JOB_HEIGHT)
      .map((other) => `${one.job} on ${other.job}`),
  )
}

/** Crossings of straight lines between the columns, as the eye counts them. */
function crossed({ jobs, edges }: GraphLayout): number {
  const at = new Map(jobs.map((one) => [one.job, one]))
  const lines = edges.flatMap(({ from, to }) => {
    const [a, b] = [at.get(from), at.get(to)]
    return a === undefined || b === undefined || b.column !== a.column + 1 ? [] : [{ column: a.column, from: a.y, to: b.y }]
  })
  return lines.flatMap((one, index) =>
    lines.slice(index + 1).filter((other) => one.column === other.column && (one.from - other.from) * (one.to - other.to) < 0),
  ).length
}

describe('columns of the graph', () => {
  it('put every job to the right of all that it needs', () => {
    const { columnOf } = standInBands(SHOP, GROUPS)
    for (const { job: name, needs } of SHOP) for (const need of needs) expect(columnOf.get(need)).toBeLessThan(columnOf.get(name) ?? 0)
  })

  it('give each group its own band, in the order in which the groups need each other', () => {
    const { bands } = standInBands(SHOP, ['analytics', 'facts', 'dimensions'])
    expect(
      bands.toSorted((a, b) => a.firstColumn - b.firstColumn).map(({ groups, firstColumn, columns }) => [groups, firstColumn, columns]),
    ).toEqual([
      [['dimensions'], 0, 2],
      [['facts'], 2, 2],
      [['analytics'], 4, 1],
    ])
  })

  it('let groups that need each other share one band, and groups that do not stand above each other', () => {
    const ring = [job('a', 'red'), job('b', 'blue', 'a'), job('c', 'red', 'b'), job('d', 'green')]
    const { bands, columnOf } = standInBands(ring, ['red', 'blue', 'green'])
    expect(bands.map(({ groups, firstColumn, stack }) => [groups, firstColumn, stack])).toEqual([
      [['red', 'blue'], 0, 0],
      [['green'], 0, 1],
    ])
    expect([columnOf.get('a'), columnOf.get('b'), columnOf.get('c')]).toEqual([0, 1, 2])
  })

  it('are drawn even for a graph with a cycle, a need outside it and a group that nobody named', () => {
    const odd = [job('a', 'x', 'b'), job('b', 'x', 'a'), job('c', 'new', 'elsewhere')]
    const layout = layOutGraph(odd, ['x', 'empty'])
    expect(layout.jobs).toHaveLength(3)
    expect(layout.bands.map(({ groups }) => groups)).toEqual([['x'], ['new']])
  })
})

describe('the picture of the graph', () => {
  it('has no job on another one and every job inside its band', () => {
    const layout = layOutGraph(SHOP, GROUPS)
    expect(overlaps(layout)).toEqual([])
    for (const { job: name, x, y } of layout.jobs) {
      const group = SHOP.find((one) => one.job === name)!.group
      const band = layout.bands.find(({ groups }) => groups.includes(group))!
      expect(x >= band.x && x + JOB_WIDTH <= band.x + band.width && y >= band.y && y + JOB_HEIGHT <= band.y + band.height).toBe(true)
    }
    expect(layout.jobs.every(({ x, y }) => x >= 0 && y >= 0 && x + JOB_WIDTH <= layout.width && y + JOB_HEIGHT <= layout.height)).toBe(true)
  })

  it('untangles edges that cross in the order of the names', () => {
    const tangled = [job('a', 'x'), job('b', 'x'), job('c', 'x'), job('p', 'y', 'c'), job('q', 'y', 'b'), job('r', 'y', 'a')]
    expect(crossed(layOutGraph(tangled, ['x', 'y']))).toBe(0)
  })

  it('draws one edge per need, from the right side of the need to the left side of the job', () => {
    const { edges, jobs } = layOutGraph(SHOP, GROUPS)
    expect(edges).toHaveLength(SHOP.reduce((sum, { needs }) => sum + needs.length, 0))
    const place = new Map(jobs.map((one) => [one.job, one]))
    const edge = edges.find(({ from, to }) => from === 'dim_customers' && to === 'rfm_analysis')!
    const [from, to] = [place.get('dim_customers')!, place.get('rfm_analysis')!]
    expect(edge.path.startsWith(`M${from.x + JOB_WIDTH} ${from.y + JOB_HEIGHT / 2}`)).toBe(true)
    expect(edge.path.endsWith(`${to.x} ${to.y + JOB_HEIGHT / 2}`)).toBe(true)
  })

  it('keeps bands apart that stand above each other, wide ones too', () => {
    const wide = [
      ...['a1', 'a2', 'a3'].map((name) => job(name, 'upper')),
      ...['a4', 'a5', 'a6', 'a7'].map((name) => job(name, 'upper', 'a1')),
      job('b1', 'lower'),
      job('b2', 'lower', 'b1'),
      job('b3', 'lower', 'b1'),
    ]
    const { bands } = layOutGraph(wide, ['upper', 'lower'])
    const [upper, lower] = bands
    expect(lower!.y).toBeGreaterThanOrEqual(upper!.y + upper!.height)
  })

  it('is the same for the same graph, and lays out 60 jobs without one on another', () => {
    const many = Array.from({ length: 60 }, (_, at) =>
      job(`job_${at}`, GROUPS[Math.floor(at / 20)] ?? '', ...[at - 7, at - 13].filter((need) => need >= 0).map((need) => `job_${need}`)),
    )
    const layout = layOutGraph(many, GROUPS)
    expect(layOutGraph(many, GROUPS)).toEqual(layout)
    expect(overlaps(layout)).toEqual([])
  })

  it('is empty for no jobs', () => {
    expect(layOutGraph([], GROUPS)).toEqual({ jobs: [], edges: [], bands: [], width: 0, height: 0 })
  })
})

it('heights settle where they are wanted, and share the way where two want the same place', () => {
  expect(settle([0, 100], [10])).toEqual([0, 100])
  expect(settle([50, 50], [10])).toEqual([45, 55])
  expect(settle([100, 0, 40], [10, 10])).toEqual([110 / 3, 110 / 3 + 10, 110 / 3 + 20])
})

describe('walking the graph', () => {
  it('finds all that a job needs and all that need it, near and far', () => {
    expect([...needsOf(SHOP, ['fact_sales'])].sort()).toEqual(['dim_customers', 'dim_date', 'dim_geography', 'dim_products', 'fact_sales'])
    expect([...neededBy(SHOP, ['dim_products'])].sort()).toEqual([
      'dim_products',
      'fact_returns',
      'fact_sales',
      'product_performance',
      'rfm_analysis',
    ])
  })

  it('arrow keys go along edges sideways and within the column up and down', () => {
    const { jobs: placed } = layOutGraph(SHOP, GROUPS)
    const walk = { placed, jobs: SHOP }
    expect(stepTo('fact_returns', 'left', walk)).toBe('fact_sales')
    expect(stepTo('fact_returns', 'right', walk)).toBe('product_performance')
    expect(stepTo('rfm_analysis', 'right', walk)).toBe('rfm_analysis')
    const first = placed.filter(({ column }) => column === 0).sort((a, b) => a.y - b.y)
    expect(stepTo(first[0]!.job, 'down', walk)).toBe(first[1]!.job)
    expect(stepTo(first[0]!.job, 'up', walk)).toBe(first[0]!.job)
  })
})
