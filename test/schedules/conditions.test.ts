import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseMacPower, parseWindowsPower, readLinuxPower } from '../../server/schedules/world.ts'
import { fakeTime, type FakeTime } from './fake-time.ts'
import { ENGINE_TEMPLATE, openShop, type Machine, type Shop } from './shop.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase(ENGINE_TEMPLATE)
let time: FakeTime
let shop: Shop

const MINUTE = 60_000
const HOUR = 60 * MINUTE

beforeEach(async () => {
  time = fakeTime('2026-11-20T10:00:30Z')
  shop = await openShop(database.connection, time)
  await shop.sql('TRUNCATE quintile.schedule_ticks, quintile.sent_notifications')
})
afterEach(() => shop.close())

async function due(more: string, change: (machine: Machine) => void): Promise<Machine> {
  await shop.write('daily', `title: Load\ncron: "0 * * * *"\njobs: [all]\n${more}`)
  const machine = shop.machine()
  await machine.room.start()
  change(machine)
  time.jump(HOUR)
  await machine.room.look()
  return machine
}

const titles = ({ room }: Machine): string[] =>
  room.notifications.list({ offset: 0, limit: 10, unread: true }).notifications.map(({ title }) => title)

test.each([
  ['only_on_power: true', { on_battery: true, battery: 90 }, 'the computer runs on battery'],
  ['only_on_power: { battery_above: 30 }', { on_battery: true, battery: 30 }, 'the battery is at 30 %, the schedule wants more than 30 %'],
  [
    'only_on_power: { battery_above: 30 }',
    { on_battery: true, battery: null },
    'the computer runs on battery, and its charge is not known',
  ],
  ['only_online: true', { online: false }, 'there is no network'],
])('with “%s” a tick waits under %j, says why, and runs when that has passed', async (rule, world, reason) => {
  const machine = await due(`${rule}\n`, (one) => (one.world = { ...one.world, ...world }))
  expect(shop.runs).toHaveLength(0)
  expect((await machine.room.list())[0]).toMatchObject({ state: 'waiting', waiting: reason })
  expect(await shop.ledger()).toEqual([])
  machine.world = { on_battery: false, battery: 90, online: true }
  await machine.room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  expect((await machine.room.list())[0]).toMatchObject({ state: 'running', waiting: null })
})

test('a battery above the limit is enough', async () => {
  await due('only_on_power: { battery_above: 30 }\n', (one) => (one.world = { on_battery: true, battery: 31, online: true }))
  await expect.poll(() => shop.runs.length).toBe(1)
})

test('what the desktop shell tells wakes the clockwork at once', async () => {
  const machine = await due('only_on_power: true\nonly_online: true\n', (one) => {
    one.room.tellShell({ type: 'power', on_battery: true })
    one.room.tellShell({ type: 'online', online: false })
  })
  expect(machine.room).toBeDefined()
  expect(shop.runs).toHaveLength(0)
  machine.room.tellShell({ type: 'online', online: true })
  machine.room.tellShell({ type: 'power', on_battery: false })
  await expect.poll(() => shop.runs.length).toBe(1)
})

test('while the computer falls asleep nothing begins; the tick runs after it woke', async () => {
  await shop.write('daily', 'title: Load\ncron: "0 * * * *"\njobs: [all]\n')
  const { room } = shop.machine()
  await room.start()
  time.jump(HOUR - 35_000)
  room.tellShell({ type: 'suspend' })
  time.jump(10_000)
  await room.look()
  expect(shop.runs).toHaveLength(0)
  time.jump(2 * HOUR)
  room.tellShell({ type: 'resume' })
  time.pass(4_000)
  expect(shop.runs).toHaveLength(0)
  time.pass(2_000)
  await expect.poll(() => shop.runs.length).toBe(1)
})

test('ticks that waited are made up by one run, and the ledger says what they waited for', async () => {
  const machine = await due('only_on_power: true\n', (one) => (one.world = { ...one.world, on_battery: true }))
  time.jump(2 * HOUR)
  await machine.room.look()
  machine.world = { ...machine.world, on_battery: false }
  await machine.room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  await shop.runs[0]?.end('succeeded')
  await machine.room.settled()
  expect((await shop.ledger()).map(({ outcome, note }) => [outcome, note])).toEqual([
    ['skipped', 'the computer runs on battery; one run, for the tick of 2026-11-20T13:00:00.000Z, makes up for it'],
    ['skipped', 'the computer runs on battery; one run, for the tick of 2026-11-20T13:00:00.000Z, makes up for it'],
    ['ran', null],
  ])
})

test('under “skip” a tick waits two minutes for its condition and is then skipped with the reason', async () => {
  const machine = await due('only_online: true\nmissed: skip\n', (one) => (one.world = { ...one.world, online: false }))
  expect((await machine.room.list())[0]?.state).toBe('waiting')
  time.jump(3 * MINUTE)
  await machine.room.look()
  expect((await shop.ledger()).at(-1)).toMatchObject({
    outcome: 'skipped',
    note: 'there is no network; the schedule skips what could not run in time',
  })
  expect((await machine.room.list())[0]?.state).toBe('idle')
})

test('a tick that has waited for half an hour is told, once', async () => {
  const machine = await due('only_online: true\n', (one) => (one.world = { ...one.world, online: false }))
  for (let turn = 0; turn < 4; turn += 1) {
    time.jump(10 * MINUTE)
    await machine.room.settled()
  }
  expect(titles(machine)).toEqual(['“Load” has been waiting for 30 minutes: there is no network'])
})

test('connections that fail are looked at four times in 100 seconds, then the tick has failed and is told', async () => {
  const machine = await due('', (one) => {
    one.health = [
      { name: 'warehouse', ok: true, message: 'reached' },
      { name: 'source realtime', ok: false, message: 'connection refused' },
    ]
  })
  time.pass(99_000)
  await machine.room.look()
  expect(await shop.ledger()).toMatchObject([{ outcome: 'claimed' }])
  // Each look at the connections arms the next wait only after it has answered.
  await expect.poll(async () => (time.pass(10_000), (await shop.ledger())[0]?.outcome)).toBe('failed')
  await machine.room.settled()
  expect(shop.runs).toHaveLength(0)
  expect(await shop.ledger()).toMatchObject([{ outcome: 'failed', note: 'source realtime: connection refused' }])
  expect(titles(machine)).toEqual(['“Load” did not run: source realtime cannot be used'])
})

test('connections that recover within their patience start the run', async () => {
  const machine = await due('', (one) => (one.health = [{ name: 'warehouse', ok: false, message: 'starting' }]))
  machine.health = []
  await expect.poll(() => (time.pass(10_000), shop.runs.length)).toBe(1)
})

test('with “health_check: false” nobody looks at the connections', async () => {
  await due('health_check: false\n', (one) => (one.health = [{ name: 'warehouse', ok: false, message: 'starting' }]))
  await expect.poll(() => shop.runs.length).toBe(1)
})

test('without the warehouse a tick waits, the last known ticks are shown, and it runs when the warehouse is back', async () => {
  await shop.write('daily', 'title: Load\ncron: "0 * * * *"\njobs: [all]\n')
  const place = { ...database.connection }
  const machine = shop.machine('near', { connection: place })
  await machine.room.start()
  time.pass(HOUR)
  await expect.poll(() => shop.runs.length).toBe(1)
  await shop.runs[0]?.end('succeeded')
  await machine.room.settled()
  expect((await machine.room.list())[0]).toMatchObject({ ticks_source: 'warehouse', ticks: [{ outcome: 'ran' }] })
  place.port = 9
  time.jump(HOUR)
  await machine.room.look()
  expect((await machine.room.list())[0]).toMatchObject({
    state: 'waiting',
    waiting: 'the warehouse cannot be reached',
    ticks_source: 'cache',
    ticks: [{ due_at: '2026-11-20T11:00:00.000Z', outcome: 'ran' }],
  })
  place.port = database.connection.port
  await machine.room.look()
  await expect.poll(() => shop.runs.length).toBe(2)
  expect(shop.runs[1]?.request).toBe('schedule daily, due 2026-11-20T12:00:00.000Z')
})

test('power is read as each system writes it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quintile-power-'))
  const supply = async (name: string, files: Record<string, string>): Promise<void> => {
    await mkdir(join(folder, name))
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), `${text}\n`)
  }
  expect(await readLinuxPower(folder)).toEqual({ on_battery: false, battery: null })
  await supply('AC', { type: 'Mains', online: '0' })
  await supply('hidpp_battery_0', { type: 'Battery', scope: 'Device', status: 'Discharging', capacity: '5' })
  await supply('BAT0', { type: 'Battery', status: 'Discharging', capacity: '42' })
  expect(await readLinuxPower(folder)).toEqual({ on_battery: true, battery: 42 })
  await writeFile(join(folder, 'BAT0', 'status'), 'Charging\n')
  expect(await readLinuxPower(folder)).toEqual({ on_battery: false, battery: 42 })
  await rm(folder, { recursive: true })
  expect(parseMacPower("Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t83%; discharging; 4:10 remaining")).toEqual({
    on_battery: true,
    battery: 83,
  })
  expect(parseMacPower("Now drawing from 'AC Power'\n")).toEqual({ on_battery: false, battery: null })
  expect(parseWindowsPower('1 57\r\n')).toEqual({ on_battery: true, battery: 57 })
  expect(parseWindowsPower('2 100')).toEqual({ on_battery: false, battery: 100 })
  expect(parseWindowsPower('')).toEqual({ on_battery: false, battery: null })
})
