import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunDetail } from '../../shared/run.ts'
import { ENGINE_TEMPLATE } from './shop.ts'
import { failing, fine, inbox, TEAM, openTeam, step, type Team } from './telling.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase(ENGINE_TEMPLATE)
let team: Team

beforeEach(async () => {
  team = await openTeam(database.connection)
})
afterEach(() => team.close())

test('one cause is told once, counted while it lasts, and its recovery is told once', async () => {
  const machine = await team.open()
  const first = await team.tick(machine, 'failed', failing('load_orders'))
  await team.tick(machine, 'failed', failing('load_orders'))
  await team.tick(machine, 'failed', failing('load_orders'))
  expect(team.sent().map(({ title }) => title)).toEqual(['load_orders failed: load_orders broke'])
  expect(inbox(machine)).toMatchObject([
    {
      ...{ cause: 'job:load_orders:warehouse.unreachable', kind: 'failure', severity: 'error', job: 'load_orders', schedule: 'daily' },
      ...{ count: 3, first_at: '2026-11-20T11:00:30.000Z', last_at: '2026-11-20T13:00:30.000Z', recovered_at: null },
      deliveries: [{ channel: 'team', state: 'sent', attempts: 1 }],
    },
  ])
  expect(first.run_id).not.toBe(inbox(machine)[0]?.run_id)
  const last = await team.tick(machine, 'succeeded', fine('load_orders'))
  await team.tick(machine, 'succeeded', fine('load_orders'))
  expect(team.sent().map(({ title }) => title)).toEqual(['load_orders failed: load_orders broke', 'Recovered: load_orders succeeds again'])
  expect(inbox(machine)[0]).toMatchObject({
    ...{
      kind: 'recovery',
      run_id: last.run_id,
      body: 'Before: load_orders failed: load_orders broke\n3 times since 2026-11-20T11:00:30.000Z.',
    },
  })
})

test('after a recovery the same cause is told again, and after the stated period as well', async () => {
  const machine = await team.open(`${TEAM}repeat_after: 2 hours\n`)
  for (const status of ['failed', 'succeeded', 'failed', 'failed', 'failed'] as const)
    await team.tick(machine, status, status === 'failed' ? failing('load_orders') : fine('load_orders'))
  expect(team.sent().map(({ kind, count }) => [kind, count])).toEqual([
    ['failure', 1],
    ['recovery', 1],
    ['failure', 1],
    ['failure', 3],
  ])
})

test('another error code of the same job is another cause, and steps that fail for one reason are one', async () => {
  const machine = await team.open()
  const steps = [
    ...['load_orders', 'load_items', 'load_stock', 'load_people', 'load_gifts'].map((job, index) =>
      step(job, 'failed', 'warehouse.unreachable', index),
    ),
    step('rfm', 'failed', 'warehouse.bad-sql', 9),
  ]
  await team.tick(machine, 'failed', { steps })
  expect(
    team
      .sent()
      .map(({ title }) => title)
      .sort(),
  ).toEqual(['load_orders, load_items, load_stock and 2 more failed: load_orders broke', 'rfm failed: rfm broke'])
})

test('of two machines that hear of one run exactly one sends, and both inboxes have it', async () => {
  const near = await team.open()
  const far = team.other('far')
  const failed = await team.tick(near, 'failed', failing('load_orders'))
  await Promise.all([near.room.onRunEnded(failed), far.room.onRunEnded(failed)])
  expect(team.hook.calls).toHaveLength(1)
  expect(inbox(near)).toMatchObject([{ count: 1, deliveries: [{ state: 'sent' }] }])
  expect(inbox(far)).toMatchObject([{ count: 1, deliveries: [{ state: 'elsewhere', reason: 'near sends it' }] }])
  const mended = await team.tick(near, 'succeeded', fine('load_orders'))
  await Promise.all([near.room.onRunEnded(mended), far.room.onRunEnded(mended)])
  expect(team.sent().map(({ kind }) => kind)).toEqual(['failure', 'recovery'])
})

test('a machine that was away when the cause began does not tell it a second time', async () => {
  const near = await team.open()
  await team.tick(near, 'failed', failing('load_orders'))
  const far = team.other('far')
  const again = await team.tick(near, 'failed', failing('load_orders'))
  await far.room.onRunEnded(again)
  expect(team.hook.calls).toHaveLength(1)
  expect(inbox(far)[0]?.deliveries).toMatchObject([{ state: 'elsewhere', reason: 'near told it at 2026-11-20T11:00:30.000Z' }])
})

test('two runs that fail alike at the same moment on two machines are told once', async () => {
  const near = await team.open()
  const far = team.other('far')
  await near.room.runNow('daily', new AbortController().signal)
  await far.room.runNow('daily', new AbortController().signal)
  const [one, two] = await Promise.all(team.shop.runs.map((run) => run.end('failed', { ...failing('load_orders'), schedule: 'daily' })))
  await Promise.all([near.room.onRunEnded(one!), far.room.onRunEnded(two!)])
  expect(team.hook.calls).toHaveLength(1)
})

test('runs that a person started are in the inbox and go to no channel, unless the rules say “all”', async () => {
  const machine = await team.open()
  await machine.room.runNow('daily', new AbortController().signal)
  await machine.room.onRunEnded(await team.shop.runs[0]!.end('failed', failing('load_orders')))
  expect(inbox(machine)).toMatchObject([{ title: 'load_orders failed: load_orders broke', deliveries: [] }])
  await team.shop.notify(`${TEAM}rules: { runs: all }\n`)
  await machine.room.runNow('daily', new AbortController().signal)
  await machine.room.onRunEnded(await team.shop.runs[1]!.end('failed', failing('rfm')))
  expect(team.sent().map(({ title }) => title)).toEqual(['rfm failed: rfm broke'])
})

test('a run that a person cancelled tells nothing', async () => {
  const machine = await team.open()
  await machine.room.runNow('daily', new AbortController().signal)
  await machine.room.onRunEnded(await team.shop.runs[0]!.end('cancelled', { steps: [step('load_orders', 'skipped')] }))
  expect(inbox(machine)).toEqual([])
})

test('a check that fails is told with its check, instead of the step that it stopped, and recovers when it passes', async () => {
  const machine = await team.open()
  const check: Omit<RunDetail['checks'][number], 'status'> = {
    job: 'load_orders',
    check: 'not_null country',
    stage: 'staged',
    severity: 'error',
    bad_rows: 12,
    measured: null,
    expected: null,
    sample: [],
  }
  await team.tick(machine, 'failed', { steps: [step('load_orders', 'failed', 'check.failed')], checks: [{ ...check, status: 'fail' }] })
  expect(inbox(machine)).toMatchObject([
    {
      cause: 'check:load_orders:not_null country',
      kind: 'check_error',
      check: 'not_null country',
      title: 'Check “not_null country” of load_orders failed: 12 bad rows',
    },
  ])
  await team.tick(machine, 'succeeded', { ...fine('load_orders'), checks: [{ ...check, bad_rows: 0, status: 'pass' }] })
  expect(team.sent().map(({ kind }) => kind)).toEqual(['check_error', 'recovery'])
})
