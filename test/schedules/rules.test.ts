import { afterEach, beforeEach, expect, test } from 'vitest'

import { ENGINE_TEMPLATE } from './shop.ts'
import { failing, fine, HOUR, inbox, MINUTE, TEAM, openTeam, step, type Team } from './telling.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase(ENGINE_TEMPLATE)
let team: Team

beforeEach(async () => {
  team = await openTeam(database.connection)
})
afterEach(() => team.close())

test('what a channel’s severity, the rules or the schedule leave out is not sent', async () => {
  const machine = await team.open('channels:\n  team: { webhook: { url_env: TEAM_HOOK }, severity: error }\nrules: { recovery: false }\n')
  await team.shop.write('daily', 'title: Load\ncron: "0 * * * *"\njobs: [all]\nnotify: { channels: [nobody] }\n')
  await team.tick(machine, 'failed', failing('load_orders'))
  await team.shop.write('daily', 'title: Load\ncron: "0 * * * *"\njobs: [all]\nnotify: { on: [missed] }\n')
  await team.tick(machine, 'failed', failing('rfm'))
  expect(team.hook.calls).toHaveLength(0)
  await team.shop.write('daily', 'title: Load\ncron: "0 * * * *"\njobs: [all]\n')
  await team.tick(machine, 'failed', failing('facts'))
  await team.tick(machine, 'succeeded', fine('facts', 'rfm', 'load_orders'))
  expect(team.sent().map(({ title }) => title)).toEqual(['facts failed: facts broke'])
})

test('with grace a failure that mends itself in time is never sent, one that stays is', async () => {
  const machine = await team.open(`${TEAM}grace: 90 minutes\n`)
  await team.tick(machine, 'failed', failing('load_orders'))
  await team.tick(machine, 'succeeded', fine('load_orders'))
  expect(inbox(machine).find(({ kind }) => kind === 'failure')?.deliveries).toMatchObject([
    { state: 'withdrawn', reason: 'it recovered before it was to be sent' },
  ])
  await team.tick(machine, 'failed', failing('rfm'))
  expect(team.hook.calls).toHaveLength(0)
  await team.tick(machine, 'failed', failing('rfm'))
  expect(team.hook.calls).toHaveLength(0)
  team.time.jump(31 * MINUTE)
  await machine.room.notifications.sweep()
  expect(team.sent().map(({ title }) => title)).toEqual(['rfm failed: rfm broke'])
})

test('a channel with a digest collects, and sends one message at its time of day', async () => {
  const machine = await team.open(
    'channels:\n  team: { webhook: { url_env: TEAM_HOOK }, digest: { daily_at: "14:00", zone: Europe/Paris } }\n',
  )
  await team.tick(machine, 'failed', failing('load_orders'))
  await team.tick(machine, 'failed', failing('rfm'))
  expect(team.hook.calls).toHaveLength(0)
  expect(inbox(machine)[0]?.deliveries).toMatchObject([{ state: 'waiting', at: '2026-11-20T13:00:00.000Z' }])
  team.time.jump(59 * MINUTE)
  await machine.room.notifications.sweep()
  expect(team.hook.calls).toHaveLength(0)
  team.time.jump(MINUTE)
  await machine.room.notifications.sweep()
  expect(team.hook.calls).toHaveLength(1)
  expect(team.sent().map(({ title }) => title)).toEqual(['load_orders failed: load_orders broke', 'rfm failed: rfm broke'])
})

test('during quiet hours nothing is sent; it follows together when they end', async () => {
  const machine = await team.open('channels:\n  team: { webhook: { url_env: TEAM_HOOK }, quiet_hours: { from: "11:00", to: "13:30" } }\n')
  await team.tick(machine, 'failed', failing('load_orders'))
  await team.tick(machine, 'failed', failing('rfm'))
  expect(team.hook.calls).toHaveLength(0)
  expect(inbox(machine)[0]?.deliveries).toMatchObject([{ state: 'waiting', at: '2026-11-20T13:30:00.000Z', reason: 'quiet hours' }])
  team.time.jump(90 * MINUTE)
  await machine.room.notifications.sweep()
  expect(team.hook.calls).toHaveLength(1)
  expect(team.sent()).toHaveLength(2)
})

test('the desktop shows what is new, on the machine itself, with the place that a click opens', async () => {
  const machine = await team.open('')
  const run = await team.tick(machine, 'failed', failing('load_orders'))
  await team.tick(machine, 'failed', failing('load_orders'))
  expect(machine.desktop).toEqual([
    { title: 'load_orders failed: load_orders broke', body: 'load_orders broke.', path: `/runs/${run.run_id}` },
  ])
})

test('a broken notifications.yaml is told in the inbox, and runs and inbox go on', async () => {
  const machine = await team.open('chanels: {}\n')
  await team.tick(machine, 'failed', failing('load_orders'))
  expect(inbox(machine).map(({ title }) => title)).toEqual([
    'load_orders failed: load_orders broke',
    'No channel works: notifications.yaml is not valid',
  ])
  expect(inbox(machine)[1]?.body).toBe('notifications.yaml:1: chanels is not known\nDid you mean “channels”?')
})

test('the inbox counts what is unread, marks one or all as read, and forgets after 90 days', async () => {
  const machine = await team.open('')
  await team.tick(machine, 'failed', { steps: [step('load_orders', 'failed', 'a.b'), step('rfm', 'failed', 'c.d')] })
  const page = { offset: 0, limit: 1, unread: true }
  const { notifications, total, unread } = machine.room.notifications.list(page)
  expect([notifications.length, total, unread]).toEqual([1, 2, 2])
  expect(machine.room.notifications.read([notifications[0]!.notification_id])).toBe(1)
  expect(machine.room.notifications.list(page)).toMatchObject({ total: 1, unread: 1 })
  expect(machine.room.notifications.read(null)).toBe(1)
  expect(machine.room.notifications.list(page)).toMatchObject({ notifications: [], unread: 0 })
  team.time.jump(91 * 24 * HOUR)
  await machine.room.notifications.prune()
  expect(inbox(machine)).toEqual([])
})

test('two processes of one machine that hear of one run count it once, show it once and send it once', async () => {
  const window = await team.open('channels:\n  desktop: { desktop: true }\n  team: { webhook: { url_env: TEAM_HOOK } }\n')
  const served = team.other('near')
  await window.room.runNow('daily', new AbortController().signal)
  const run = await team.shop.runs[0]!.end('failed', { ...failing('load_orders'), schedule: 'daily' })
  await Promise.all([window.room.onRunEnded(run), served.room.onRunEnded(run)])
  await Promise.all([window.room.notifications.sweep(), served.room.notifications.sweep()])
  expect(inbox(window)).toMatchObject([
    {
      count: 1,
      deliveries: [
        { state: 'sent', attempts: 1 },
        { state: 'sent', attempts: 1 },
      ],
    },
  ])
  expect(window.desktop.length + served.desktop.length).toBe(1)
  expect(team.sent()).toHaveLength(1)
})
