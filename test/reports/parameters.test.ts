/** Parameters of reports: bound, checked, kept per value, and the workspace's filter over segments. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRooms } from '../../server/assemble.ts'
import { openTestWorkspace, runJobs, addOrderLines, TEST_PASSWORD_VARIABLE, type TestWorkspace } from '../tools/open-workspace.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestWorkspace

const REPORT = `/*
title: Lines
description: Lines of a customer since a day
parameters:
  - { name: customer, label: Customer, values: "SELECT DISTINCT user_id FROM fact_sales WHERE user_id IS NOT NULL" }
  - { name: since, label: Since, type: date }
  - { name: least, label: Least, type: integer, default: 1 }
columns:
  - { name: lines, label: Lines, format: integer }
reconciliation:
  - { label: all lines, sum_of: lines, equals: "SELECT count(*) FROM fact_sales WHERE (:customer IS NULL OR user_id = :customer) AND (:since IS NULL OR transaction_timestamp >= :since)" }
*/
SELECT count(*) AS lines, ':customer' AS quoted -- :customer
FROM fact_sales WHERE (:customer IS NULL OR user_id = :customer) AND (:since IS NULL OR transaction_timestamp >= :since) AND quantity >= :least`

beforeAll(async () => {
  shop = await openTestWorkspace(database.connection)
  await mkdir(join(shop.folder, 'reports'), { recursive: true })
  await writeFile(join(shop.folder, 'reports', 'lines.sql'), REPORT)
  const pack = join(shop.folder, 'pack.yaml')
  await writeFile(pack, `${await readFile(pack, 'utf8')}\nfilter: { name: customer, label: Country, feature: country }\n`)
  await shop.rooms.close()
  const environment = { ...process.env, [TEST_PASSWORD_VARIABLE]: database.connection.password ?? '' }
  shop.rooms = await openRooms({ home: shop.home, workspace: shop.name, clock: Date.now, environment, log: () => undefined })
  await addOrderLines(shop.rooms, [
    { document: 'a', at: '2026-01-01T10:00:00Z', customer: 'ann' },
    { document: 'b', at: '2026-02-01T10:00:00Z', customer: 'ann', quantity: 2 },
    { document: 'c', at: '2026-02-02T10:00:00Z', customer: "o'neil", country: 'France' },
  ])
  await runJobs(shop.rooms)
  await shop.rooms.sync({ request: 'test' })
})
afterAll(() => shop.close())

const linesOf = async (given: Record<string, string>) => {
  const { rows, reconciliation } = await shop.rooms.reports.run('lines', given)
  return { lines: rows[0]?.['lines'], ok: reconciliation.ok }
}

test('a parameter narrows the rows and the proof, and none means all', async () => {
  expect(await linesOf({})).toEqual({ lines: 3, ok: true })
  expect(await linesOf({ customer: 'ann' })).toEqual({ lines: 2, ok: true })
  expect(await linesOf({ customer: "o'neil" })).toEqual({ lines: 1, ok: true })
  expect(await linesOf({ customer: 'ann', since: '2026-01-15' })).toEqual({ lines: 1, ok: true })
  expect(await linesOf({ customer: "x' OR true --" })).toEqual({ lines: 0, ok: true })
})

test('choices are read from the warehouse, and the values asked for come back with the rows', async () => {
  const { parameters } = await shop.rooms.reports.run('lines', { customer: 'ann' })
  expect(parameters[0]).toMatchObject({ name: 'customer', label: 'Customer', value: 'ann' })
  expect(parameters[0]?.choices?.sort()).toEqual(['ann', "o'neil"])
  expect(parameters.slice(1).map(({ value, choices }) => [value, choices])).toEqual([
    [null, null],
    ['1', null],
  ])
})

test.each([
  [{ custommer: 'ann' }, 'report.unknown-parameter', /customer/],
  [{ since: 'yesterday' }, 'report.bad-parameter', /2026-01-31/],
  [{ least: '1.5' }, 'report.bad-parameter', /whole number/],
])('values that no report can have are refused with the remedy: %j', async (given, code, hint) => {
  await expect(shop.rooms.reports.run('lines', given as unknown as Record<string, string>)).rejects.toMatchObject({
    code,
    hint: expect.stringMatching(hint) as unknown,
  })
})

test('each choice of values is kept by itself for when the warehouse is away', async () => {
  await linesOf({ customer: 'ann' })
  expect(shop.rooms.local.report('lines')?.rows[0]?.['lines']).toBe(3)
  expect(shop.rooms.local.report('lines [["customer","ann"]]')?.rows[0]?.['lines']).toBe(2)
})

test('the workspace’s filter narrows segments, whom they are counted of, their members and their file alike', async () => {
  const rule = { '>': [{ var: 'transaction_count' }, 0] }
  expect(await shop.rooms.segments.countRule(rule, 'cache')).toMatchObject({ count: 2, of: 2 })
  for (const source of ['cache', 'warehouse'] as const)
    expect(await shop.rooms.segments.countRule(rule, source, 'France')).toMatchObject({ count: 1, of: 1, rule })
  await writeFile(join(shop.folder, 'segments', 'buyers.json'), JSON.stringify({ title: 'Buyers', rule }))
  const page = await shop.rooms.segments.members('buyers', { offset: 0, limit: 9, sort: 'customer_id', descending: false, only: 'France' })
  expect(page).toMatchObject({ total: 1, rows: [{ customer_id: "o'neil" }] })
  expect((await shop.rooms.segments.exportMembers('buyers', 'France')).count).toBe(1)
})
