import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCatalogue, trackedColumns } from '../../server/pipelines/catalogue.ts'
import { describePlan, planRun, type LoadedJob, type Plan } from '../../server/pipelines/plan.ts'
import { runOptionsSchema, type RunOptionsInput } from '../../shared/plan.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quintile-jobs-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(group: string, name: string, header: string, sql = 'SELECT 1 AS id'): Promise<void> {
  await mkdir(join(folder, group), { recursive: true })
  await writeFile(join(folder, group, `${name}.sql`), `/*\n${header}\n*/\n${sql}\n`)
}

const merge = (target: string, more = ''): string => `kind: merge\ntarget: ${target}\nkey: [id]\n${more}`

describe('a catalogue', () => {
  test('names file, line and key of a mistake, with the nearest word', async () => {
    await write('facts', 'sales', 'kind: merge\ntarget: sales\nkey: [id]\nwatermrak: id')
    await expect(readCatalogue(folder)).rejects.toMatchObject({
      code: 'job.bad-declaration',
      message: 'jobs/facts/sales.sql:5: watermrak is not known',
      hint: 'Did you mean “watermark”?',
    })
  })

  test('refuses an unknown kind', async () => {
    await write('facts', 'sales', 'kind: merg\ntarget: sales\nkey: [id]')
    await expect(readCatalogue(folder)).rejects.toMatchObject({ code: 'job.bad-declaration' })
  })

  test('refuses a file without a header', async () => {
    await mkdir(join(folder, 'facts'))
    await writeFile(join(folder, 'facts', 'sales.sql'), 'SELECT 1')
    await expect(readCatalogue(folder)).rejects.toMatchObject({ code: 'job.no-header' })
  })

  test('refuses a target that would carry SQL', async () => {
    await write('facts', 'sales', merge('"sales; DROP TABLE x"'))
    await expect(readCatalogue(folder)).rejects.toMatchObject({ code: 'job.bad-declaration' })
  })

  test('names the exact cycle', async () => {
    await write('a', 'one', merge('one', 'needs: [two]'))
    await write('a', 'two', merge('two', 'needs: [three]'))
    await write('a', 'three', merge('three', 'needs: [one]'))
    await expect(readCatalogue(folder)).rejects.toMatchObject({
      code: 'job.cycle',
      message: expect.stringMatching(/one → two → three → one|three → one → two → three|two → three → one → two/) as string,
    })
  })

  test('refuses a need that does not exist, with the nearest name', async () => {
    await write('a', 'customers', merge('customers'))
    await write('b', 'sales', merge('sales', 'needs: [customer]'))
    await expect(readCatalogue(folder)).rejects.toMatchObject({ code: 'job.unknown-need', hint: 'Did you mean “customers”?' })
  })

  test('refuses a circle of needs and jobs that only go first', async () => {
    await write('a', 'one', merge('one', 'needs: [two]'))
    await write('a', 'two', merge('two', 'after: [one]'))
    await expect(readCatalogue(folder)).rejects.toMatchObject({ code: 'job.cycle' })
  })

  test('knows all columns that make a version, over all jobs that feed the table', async () => {
    await write('dimensions', 'people', 'kind: history\ntarget: people\nkey: [id]\ntrack: [country]')
    await write(
      'analytics',
      'scores',
      'kind: rfm\ntarget: scores\nkey: [id]\nsegments: [{min: 0, name: All}]\ndimension: {target: people, key: id, set: {segment: rfm_segment}, track: [segment], effective: at}',
    )
    expect(trackedColumns((await readCatalogue(folder)).jobs.values(), 'people')).toEqual(['country', 'segment'])
  })
})

const NEVER: ReadonlyMap<string, LoadedJob> = new Map()
const loaded = (...jobs: string[]): Map<string, LoadedJob> =>
  new Map(jobs.map((job) => [job, { succeeded_at: '2026-01-01T00:00:00.000Z', watermark: '42' }]))

async function planOf(options: RunOptionsInput, before: ReadonlyMap<string, LoadedJob> = NEVER): Promise<Plan> {
  return planRun(await readCatalogue(folder), runOptionsSchema.parse(options), before)
}
const namesOf = async (options: RunOptionsInput, before: ReadonlyMap<string, LoadedJob> = NEVER): Promise<string[]> =>
  (await planOf(options, before)).steps.map((step) => step.job.name)

describe('a plan', () => {
  beforeEach(async () => {
    await write('dimensions', 'customers', merge('customers', 'source: shop'))
    await write('dimensions', 'products', merge('products'))
    await write('facts', 'sales', merge('sales', 'needs: [customers, products]\nsource: shop'), 'SELECT 1 AS id WHERE 1 > :since')
    await write('analytics', 'scores', merge('scores', 'needs: [sales]'))
    await write('analytics', 'ranks', merge('ranks', 'needs: [products]'))
  })

  test('of all jobs puts each after what it needs, the same way every time', async () => {
    expect(await namesOf({ jobs: ['all'] })).toEqual(['customers', 'products', 'ranks', 'sales', 'scores'])
  })

  test('mixes groups and names and takes each job once', async () => {
    expect(await namesOf({ jobs: ['dimensions', 'customers', 'sales'] })).toEqual(['customers', 'products', 'sales'])
  })

  test('adds with a plus before the name all that it needs, with a plus behind it all that needs it', async () => {
    expect(await namesOf({ jobs: ['+scores'] })).toEqual(['customers', 'products', 'sales', 'scores'])
    expect(await namesOf({ jobs: ['sales+'] }, loaded('customers', 'products'))).toEqual(['sales', 'scores'])
    expect(await namesOf({ jobs: ['+sales+'] })).toEqual(['customers', 'products', 'sales', 'scores'])
    expect(await namesOf({ jobs: ['+analytics'] })).toEqual(['customers', 'products', 'ranks', 'sales', 'scores'])
  })

  test('leaves excluded jobs and jobs of other sources out of the steps', async () => {
    expect(await namesOf({ jobs: ['all'], exclude: ['sales+'] })).toEqual(['customers', 'products', 'ranks'])
    expect(await namesOf({ jobs: ['all'], source: 'shop' }, loaded('products'))).toEqual(['customers', 'sales'])
    await expect(planOf({ jobs: ['all'], source: 'shup' })).rejects.toMatchObject({
      code: 'plan.unknown-source',
      hint: 'Did you mean “shop”?',
    })
    await expect(planOf({ jobs: ['sales'], exclude: ['facts'] })).rejects.toMatchObject({ code: 'plan.nothing-chosen' })
  })

  test('accepts a need that was loaded before, and says when', async () => {
    const plan = await planOf({ jobs: ['scores'] }, loaded('sales'))
    expect(plan.steps.map((step) => step.after)).toEqual([[]])
    expect(plan.satisfied).toEqual([{ job: 'sales', succeeded_at: '2026-01-01T00:00:00.000Z' }])
  })

  test('refuses needs that are neither requested nor loaded, all at once, and says what to add', async () => {
    await expect(planOf({ jobs: ['sales'] })).rejects.toMatchObject({
      code: 'plan.missing-need',
      message: '“sales” needs “customers”, “products”, which has never been loaded and is not in this run',
      hint: 'Add it: --jobs customers products sales, or everything that it needs: --jobs +sales',
      details: { job: 'sales', missing: ['customers', 'products'] },
    })
  })

  test('refuses an unknown name with the nearest, behind a plus too', async () => {
    await expect(planOf({ jobs: ['+dimension'] })).rejects.toMatchObject({ code: 'plan.unknown-job', hint: 'Did you mean “dimensions”?' })
  })

  test('refuses options that contradict each other', async () => {
    await expect(planOf({ jobs: ['all'], rebuild_history: true })).rejects.toMatchObject({ code: 'plan.contradiction' })
    await expect(planOf({ jobs: ['all'], full_reload: true, since: '3' })).rejects.toMatchObject({ code: 'plan.contradiction' })
  })

  test('says what each step will read and why it is there, and draws itself', async () => {
    const answer = describePlan(await planOf({ jobs: ['+sales'] }, loaded('sales')))
    expect(answer.steps.map(({ job, reads, because }) => [job, reads, because])).toEqual([
      ['customers', 'everything', '+sales'],
      ['products', 'everything', '+sales'],
      ['sales', 'since the watermark', '+sales'],
    ])
    expect(answer.mermaid).toBe(
      [
        'flowchart LR',
        '  subgraph dimensions',
        '    customers["customers (merge)"]',
        '    products["products (merge)"]',
        '  end',
        '  subgraph facts',
        '    sales["sales (merge)"]',
        '  end',
        '  customers --> sales',
        '  products --> sales',
      ].join('\n'),
    )
  })
})
