import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeTime, type FakeTime } from './fake-time.ts'
import { ENGINE_TEMPLATE, openShop, type Shop } from './shop.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase(ENGINE_TEMPLATE)
let time: FakeTime
let shop: Shop

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

beforeEach(async () => {
  time = fakeTime('2026-11-20T10:00:30Z')
  shop = await openShop(database.connection, time)
  await shop.sql('TRUNCATE quintile.schedule_ticks, quintile.sent_notifications')
})
afterEach(() => shop.close())

const file = (cron: string, more = ''): string => `title: Load\ncron: "${cron}"\njobs: [all]\n${more}`

test('a schedule runs its jobs with its arguments when it is due, and the ledger says so', async () => {
  await shop.write('daily', file('0 11 * * *', 'arguments: { threads: 2, full_reload: true }\n'))
  const { room } = shop.machine()
  await room.start()
  expect(shop.runs).toHaveLength(0)
  time.pass(HOUR)
  await room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  expect(shop.runs[0]).toMatchObject({ jobs: ['all'], schedule: 'daily', arguments: { threads: 2, full_reload: true } })
  expect(await shop.ledger()).toMatchObject([{ due: '2026-11-20T11:00Z', outcome: 'claimed' }])
  await shop.runs[0]?.end('succeeded')
  await room.settled()
  expect(await shop.ledger()).toMatchObject([{ due: '2026-11-20T11:00Z', outcome: 'ran', run_id: shop.runs[0]?.runId, note: null }])
})

test('three days of sleep under a schedule of every five minutes end in one run, and the ledger names all that were missed', async () => {
  await shop.write('daily', file('*/5 * * * *'))
  const { room } = shop.machine()
  await room.start()
  time.jump(3 * DAY)
  room.tellShell({ type: 'resume' })
  time.pass(5_000)
  await expect.poll(() => shop.runs.length).toBe(1)
  await shop.runs[0]?.end('succeeded')
  await room.settled()
  time.pass(30_000)
  await room.settled()
  expect(shop.runs).toHaveLength(1)
  const ticks = await shop.ledger()
  expect(ticks).toHaveLength(864)
  expect(ticks.filter(({ outcome }) => outcome === 'missed')).toHaveLength(863)
  expect(ticks.at(-1)).toMatchObject({ due: '2026-11-23T10:00Z', outcome: 'ran' })
  expect(ticks[0]?.note).toBe('one run, for the tick of 2026-11-23T10:00:00.000Z, makes up for it')
  expect(room.notifications.list({ offset: 0, limit: 10, unread: true }).notifications).toMatchObject([
    { kind: 'missed', severity: 'info', title: '863 ticks of “Load” were missed; one run makes up for it now' },
  ])
})

test('ticks that came while the app was closed are made up once at the next start', async () => {
  await shop.write('daily', file('0 2 * * *'))
  const first = shop.machine()
  await first.room.start()
  await first.close()
  time.jump(2 * DAY)
  const second = shop.machine()
  await second.room.start()
  await expect.poll(() => shop.runs.length).toBe(1)
  await shop.runs[0]?.end('succeeded')
  await second.room.settled()
  const ticks = await shop.ledger()
  expect(ticks.map(({ due, outcome }) => `${due} ${outcome}`)).toEqual(['2026-11-21T02:00Z missed', '2026-11-22T02:00Z ran'])
  expect(ticks[1]?.note).toBe('8 hours late: no machine was awake and could reach the warehouse')
})

test('a schedule that is seen for the first time makes nothing up, not even an earlier tick of today', async () => {
  await shop.write('daily', file('0 2 * * *'))
  const { room } = shop.machine()
  await room.start()
  await room.settled()
  expect(shop.runs).toHaveLength(0)
  expect(await shop.ledger()).toEqual([])
})

test('ticks of the time in which a schedule was off are not missed', async () => {
  await shop.write('daily', file('0 * * * *', 'enabled: false\n'))
  const { room } = shop.machine()
  await room.start()
  time.jump(2 * DAY)
  await room.look()
  await room.enable('daily', true)
  await room.settled()
  expect(await shop.ledger()).toEqual([])
  time.pass(HOUR)
  await expect.poll(() => shop.runs.length).toBe(1)
  expect(await shop.ledger()).toMatchObject([{ due: '2026-11-22T11:00Z', outcome: 'claimed' }])
})

test('a new cron line or zone starts anew: what it would have meant before is not missed', async () => {
  await shop.write('daily', file('0 23 * * *'))
  const { room } = shop.machine()
  await room.start()
  time.jump(DAY)
  await shop.write('daily', file('0 * * * *'))
  await room.look()
  await room.settled()
  expect(shop.runs).toHaveLength(0)
})

test('the policy “skip” runs what is on time and writes the rest down as missed', async () => {
  await shop.write('daily', file('*/5 * * * *', 'missed: skip\n'))
  const { room } = shop.machine()
  await room.start()
  time.jump(28 * MINUTE)
  await room.look()
  await room.settled()
  expect(shop.runs).toHaveLength(0)
  const ticks = await shop.ledger()
  expect(ticks).toHaveLength(5)
  expect(ticks.every(({ outcome }) => outcome === 'missed')).toBe(true)
  expect(room.notifications.list({ offset: 0, limit: 10, unread: true }).notifications).toMatchObject([
    { kind: 'missed', severity: 'warning', title: '5 ticks of “Load” were missed; no run makes up for it, as the schedule says' },
  ])
  time.pass(2 * MINUTE)
  await room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  expect((await shop.ledger()).at(-1)).toMatchObject({ due: '2026-11-20T10:30Z', outcome: 'claimed' })
})

test('the policy “each_up_to” runs the newest so many one after the other, oldest first', async () => {
  await shop.write('daily', file('0 * * * *', 'missed: { each_up_to: 3 }\n'))
  const { room } = shop.machine()
  await room.start()
  time.jump(6 * HOUR)
  await room.look()
  for (let turn = 0; turn < 3; turn += 1) {
    await expect.poll(() => shop.runs.length).toBe(turn + 1)
    await shop.runs[turn]?.end('succeeded')
  }
  await room.settled()
  expect(shop.runs.map(({ request }) => request)).toEqual([
    'schedule daily, due 2026-11-20T14:00:00.000Z',
    'schedule daily, due 2026-11-20T15:00:00.000Z',
    'schedule daily, due 2026-11-20T16:00:00.000Z',
  ])
  expect((await shop.ledger()).map(({ outcome }) => outcome)).toEqual(['missed', 'missed', 'missed', 'ran', 'ran', 'ran'])
})

test('what a person ran successfully after the due time is not run again', async () => {
  await shop.write('daily', file('0 2 * * *'))
  const machine = shop.machine()
  await machine.room.start()
  time.jump(DAY)
  machine.success = { run_id: 'by-hand', started_at: '2026-11-21T07:00:00.000Z' }
  await machine.room.look()
  await machine.room.settled()
  expect(shop.runs).toHaveLength(0)
  expect(await shop.ledger()).toMatchObject([{ outcome: 'skipped', note: 'the same jobs succeeded since, in run by-hand' }])
})

test('what a person ran before the due time does not count as made up', async () => {
  await shop.write('daily', file('0 2 * * *'))
  const machine = shop.machine()
  await machine.room.start()
  time.jump(DAY)
  machine.success = { run_id: 'by-hand', started_at: '2026-11-21T01:59:59.000Z' }
  await machine.room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
})

test('a clock that is set back by an hour runs no tick a second time', async () => {
  await shop.write('daily', file('*/30 * * * *'))
  const { room } = shop.machine()
  await room.start()
  time.pass(30 * MINUTE)
  await expect.poll(() => shop.runs.length).toBe(1)
  await shop.runs[0]?.end('succeeded')
  await room.settled()
  time.jump(-HOUR)
  await room.look()
  time.pass(61 * MINUTE)
  await room.settled()
  // Of the repeated hour, 10:30 ran before; 10:00 had passed before the schedule was there.
  expect((await shop.ledger()).filter(({ outcome }) => outcome === 'ran').map(({ due }) => due)).toEqual(['2026-11-20T10:30Z'])
  expect(shop.runs.map(({ request }) => request.slice(-24))).not.toContain('2026-11-20T09:30:00.000Z')
})

test('a clock that jumped ahead by three days and was mended makes up once and then goes on as usual', async () => {
  await shop.write('daily', file('*/30 * * * *'))
  const { room } = shop.machine()
  await room.start()
  time.jump(3 * DAY)
  await room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  await shop.runs[0]?.end('succeeded')
  await room.settled()
  time.jump(-3 * DAY)
  await room.look()
  expect(shop.runs).toHaveLength(1)
  time.pass(30 * MINUTE)
  await expect.poll(() => shop.runs.length).toBe(2)
  expect(shop.runs[1]?.request).toBe('schedule daily, due 2026-11-20T10:30:00.000Z')
})

test('a tick waits for this machine’s part of the jitter, the same each time', async () => {
  await shop.write('daily', file('0 * * * *', 'jitter: 20 minutes\n'))
  const { room } = shop.machine('far')
  await room.start()
  const begun: number[] = []
  for (let hour = 0; hour < 2; hour += 1) {
    // A look ends with the claim; the run begins behind it.
    while ((await shop.ledger()).length === hour) {
      time.pass(MINUTE)
      await room.look()
    }
    begun.push(time.now)
    await expect.poll(() => shop.runs.length).toBe(hour + 1)
    await shop.runs[hour]?.end('succeeded')
    await room.settled()
  }
  expect((begun[1] ?? 0) - (begun[0] ?? 0)).toBe(HOUR)
  expect((begun[0] ?? 0) % HOUR).toBeGreaterThan(MINUTE)
  expect((await shop.ledger()).map(({ note }) => note)).toEqual([null, null])
})
