/** `quintile demo` as a person calls it: sources, jobs and snapshot from nothing, again without a change, alive, and clean again. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCommandHome, type CommandHome } from '../tools/command.ts'

let home: CommandHome

beforeAll(async () => {
  home = await openCommandHome()
})
afterAll(() => home.remove())

const demo = (...more: string[]) => home.run('demo', '--pack', 'mafia', ...more, '--format', 'json')
const stepsOf = (json: Record<string, unknown>) => json['steps'] as { job: string; status: string; inserted: number; updated: number }[]

test('a demo is made from nothing, and asked for again it changes nothing', async () => {
  const first = await demo()
  expect(first, first.stderr).toMatchObject({ code: 0, json: { workspace: 'mafia', pack: 'mafia', scale: 'small', seed: 1 } })
  const rows = first.json['rows'] as Record<string, number>
  expect(Object.keys(rows).length).toBeGreaterThan(4)
  expect(Object.values(rows).every((count) => count > 0)).toBe(true)
  const again = await demo()
  expect(again, again.stderr).toMatchObject({ code: 0, json: { rows } })
  expect(again.stderr).toContain('Nothing changed')
})

test('another seed asks for a clean beginning instead of mixing two demos', async () => {
  const other = await demo('--seed', '2')
  expect(other).toMatchObject({ code: 1, json: { error: { code: 'demo.other-data' } } })
  expect(other.stdout).toContain('--clean')
})

test('the demo lives on, and the next run loads exactly that', async () => {
  const lived = await home.run('demo', 'live', '--minutes', '20', '--rate', '30', '--at-once', '--format', 'json')
  expect(lived, lived.stderr).toMatchObject({ code: 0 })
  expect(Object.values(lived.json['changes'] as Record<string, number>).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100)
  const run = await home.run('run', '--jobs', 'all', '--format', 'json')
  expect(run, run.stderr).toMatchObject({ code: 0, json: { status: 'succeeded' } })
  expect(stepsOf(run.json).some((step) => step.inserted > 0)).toBe(true)
  expect((await home.run('run', '--jobs', 'all', '--format', 'json')).json).toMatchObject({ nothing_changed: true })
})

test('the manual names every table and job, and one table’s columns', async () => {
  const manual = await home.run('manual', '--format', 'json')
  const tables = manual.json['tables'] as { table: string; comment: string | null; columns: { comment: string | null }[] }[]
  expect(tables.length).toBeGreaterThan(8)
  expect(tables.filter(({ comment, columns }) => comment === null || columns.some((column) => column.comment === null))).toEqual([])
  expect(manual.json['text']).toContain('quintile')
  expect((await home.run('manual', 'dim_users')).stdout).toMatch(/Column +Type +What it is/)
})

test('the doctor finds everything that the workspace needs', async () => {
  expect(await home.run('doctor', '--format', 'json')).toMatchObject({ code: 0, json: { ok: true, workspace: 'mafia' } })
})

test('a clean beginning takes everything away and makes the other demo', async () => {
  const clean = await demo('--seed', '2', '--clean')
  expect(clean, clean.stderr).toMatchObject({ code: 0, json: { seed: 2 } })
  expect(existsSync(join(home.folder, 'workspaces', 'mafia', 'demo.json'))).toBe(true)
})
