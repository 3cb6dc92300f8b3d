import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCatalogue, trackedColumns } from '../../server/pipelines/catalogue.ts'
import { planRun } from '../../server/pipelines/plan.ts'

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

describe('a plan', () => {
  beforeEach(async () => {
    await write('dimensions', 'customers', merge('customers'))
    await write('dimensions', 'products', merge('products'))
    await write('facts', 'sales', merge('sales', 'needs: [customers, products]'))
    await write('analytics', 'scores', merge('scores', 'needs: [sales]'))
  })

  test('of all jobs puts each after what it needs, the same way every time', async () => {
    const plan = planRun(await readCatalogue(folder), { jobs: ['all'] }, new Set())
    expect(plan.steps.map((step) => step.job.name)).toEqual(['customers', 'products', 'sales', 'scores'])
  })

  test('mixes groups and names and takes each job once', async () => {
    const plan = planRun(await readCatalogue(folder), { jobs: ['dimensions', 'customers', 'sales'] }, new Set())
    expect(plan.steps.map((step) => step.job.name)).toEqual(['customers', 'products', 'sales'])
  })

  test('accepts a need that was loaded before', async () => {
    const plan = planRun(await readCatalogue(folder), { jobs: ['scores'] }, new Set(['sales']))
    expect(plan.steps.map((step) => step.after)).toEqual([[]])
  })

  test('refuses a need that is neither requested nor loaded, and says what to add', async () => {
    const catalogue = await readCatalogue(folder)
    expect(() => planRun(catalogue, { jobs: ['scores'] }, new Set())).toThrow(
      expect.objectContaining({ code: 'plan.missing-need', hint: 'Add it: --jobs sales scores' }) as Error,
    )
  })

  test('refuses an unknown name with the nearest', async () => {
    const catalogue = await readCatalogue(folder)
    expect(() => planRun(catalogue, { jobs: ['dimension'] }, new Set())).toThrow(
      expect.objectContaining({ code: 'plan.unknown-job', hint: 'Did you mean “dimensions”?' }) as Error,
    )
  })
})
