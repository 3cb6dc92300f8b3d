/** Killed with -9 in the middle: nothing is lost, nothing doubled, nothing left running, and the run book tells the truth. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openCommandHome, waitForText, type CommandHome } from '../tools/command.ts'

let home: CommandHome

const HEADER = 'document_number,product_id,product_name,quantity,unit_price,ordered_at,customer_id,country'
const LINES = 60_000

beforeAll(async () => {
  home = await openCommandHome()
  const lines = Array.from(
    { length: LINES },
    (_, index) =>
      `${String(Math.floor(index / 4))},P${String(index % 500)},Thing ${String(index % 500)},${String(1 + (index % 3))},1.25,2026-01-${String(1 + (index % 28)).padStart(2, '0')} 10:00:00,${String(index % 3000)},France`,
  )
  writeFileSync(join(home.folder, 'orders.csv'), [HEADER, ...lines].join('\n'))
  await home.run('workspace', 'create', 'shop')
})
afterAll(() => home.remove())

const processes = (): string[] =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home.folder) && line.includes('postgres'))

test('an import killed in the middle leaves nothing of itself, and the next one brings everything once', async () => {
  const child = home.start('import', 'orders', join(home.folder, 'orders.csv'))
  await vi.waitFor(() => expect(processes().length).toBeGreaterThan(0), { timeout: 60_000, interval: 5 })
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(processes()).toEqual([]), { timeout: 60_000 })
  const again = await home.run('import', 'orders', join(home.folder, 'orders.csv'), '--format', 'json')
  expect(again).toMatchObject({ code: 0, json: { lines: LINES, rejected: 0 } })
  const profile = (await home.run('report', 'run', 'order_lines_profile', '--format', 'json')).json['rows'] as {
    figure: string
    value: string
  }[]
  expect(profile.find((row) => row.figure === 'Lines')?.value).toBe(String(LINES))
})

test('a run killed in mid-step is closed as interrupted, and the next run completes with the right totals', async () => {
  const child = home.start('run', '--jobs', 'all')
  // The dimensions are done and the facts are under way.
  await waitForText(child, /11 of 17/)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(processes()).toEqual([]), { timeout: 60_000 })
  const run = await home.run('run', '--jobs', 'all', '--format', 'json')
  expect(run).toMatchObject({ code: 0, json: { status: 'succeeded' } })
  const report = await home.run('report', 'run', 'monthly_revenue_by_country', '--format', 'json')
  expect(report.json).toMatchObject({ reconciliation: { ok: true, lines: [{ reported: '150000.0000', expected: '150000.0000' }] } })
  const runs = (await home.run('runs', 'list', '--format', 'json')).json['runs'] as {
    status: string
    kind: string
    error: { code: string } | null
  }[]
  expect(runs.filter((one) => one.kind === 'pipeline').map((one) => [one.status, one.error?.code ?? null])).toEqual([
    ['succeeded', null],
    ['failed', 'run.interrupted'],
  ])
})
