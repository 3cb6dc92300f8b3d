import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeTime, type FakeTime } from './fake-time.ts'
import { ENGINE_TEMPLATE, openShop, type Shop } from './shop.ts'
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

const file = (cron: string, more = ''): string => `title: Load\ncron: "${cron}"\njobs: [all]\n${more}`
const grow = (): Promise<unknown> => shop.sql(`UPDATE quintile.schedule_ticks SET decided_at = now() - interval '6 minutes'`)

test('of two machines that look at the same moment exactly one runs each tick, twenty times over', async () => {
  await shop.write('daily', file('0 * * * *'))
  const machines = [shop.machine('near'), shop.machine('far')]
  for (const { room } of machines) await room.start()
  for (let turn = 1; turn <= 20; turn += 1) {
    time.jump(HOUR)
    await Promise.all(machines.map(({ room }) => room.look()))
    await expect.poll(() => shop.runs.length).toBe(turn)
    await shop.runs[turn - 1]?.end('succeeded')
    await Promise.all(machines.map(({ room }) => room.settled()))
    expect(shop.runs).toHaveLength(turn)
  }
  const ticks = await shop.ledger()
  expect(ticks.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 20 }, () => 'ran'))
})

test('a machine that wakes up makes nothing up that another machine ran', async () => {
  await shop.write('daily', file('0 * * * *'))
  const near = shop.machine('near')
  const far = shop.machine('far')
  await near.room.start()
  await far.room.start()
  for (let turn = 0; turn < 3; turn += 1) {
    time.jump(HOUR)
    await near.room.look()
    await expect.poll(() => shop.runs.length).toBe(turn + 1)
    await shop.runs[turn]?.end('succeeded')
    await near.room.settled()
  }
  await far.room.settled()
  expect(shop.runs.map(({ machine }) => machine)).toEqual(['near', 'near', 'near'])
})

test('a claimed tick whose machine vanished before its run is taken over after five minutes, not earlier', async () => {
  await shop.write('daily', file('0 * * * *'))
  const far = shop.machine('far')
  await far.room.start()
  time.jump(HOUR)
  await shop.sql(
    `INSERT INTO quintile.schedule_ticks (schedule, due_at, outcome, machine, decided_at) VALUES ('daily', '2026-11-20T11:00Z', 'claimed', 'near', now() - interval '4 minutes')`,
  )
  await far.room.look()
  expect(shop.runs).toHaveLength(0)
  await grow()
  await far.room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  expect(shop.runs[0]?.machine).toBe('far')
  await shop.runs[0]?.end('succeeded')
  await far.room.settled()
  expect(await shop.ledger()).toMatchObject([{ outcome: 'ran', machine: 'far', note: 'taken over from near' }])
})

test('of two machines that find a vanished one’s tick exactly one takes it over', async () => {
  await shop.write('daily', file('0 * * * *'))
  const machines = [shop.machine('far'), shop.machine('hidden')]
  for (const { room } of machines) await room.start()
  time.jump(HOUR)
  await shop.sql(
    `INSERT INTO quintile.schedule_ticks (schedule, due_at, outcome, machine, decided_at) VALUES ('daily', '2026-11-20T11:00Z', 'claimed', 'near', now())`,
  )
  await grow()
  await Promise.all(machines.map(({ room }) => room.look()))
  await expect.poll(() => shop.runs.length).toBe(1)
  await Promise.all(machines.map(({ room }) => room.look()))
  expect(shop.runs).toHaveLength(1)
})

test('a vanished machine’s tick whose run ended all the same is written down as it ended', async () => {
  await shop.write('daily', file('0 * * * *'))
  const near = shop.machine('near')
  await near.room.start()
  time.jump(HOUR)
  await near.room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  const far = shop.machine('far')
  await shop.sql(`UPDATE quintile.runs SET status = 'succeeded', ended_at = now() WHERE run_id = '${shop.runs[0]?.runId ?? ''}'`)
  await grow()
  await far.room.look()
  expect(await shop.ledger()).toMatchObject([{ outcome: 'ran', machine: 'near', note: 'near vanished after the run' }])
  expect(shop.runs).toHaveLength(1)
})

test('a vanished machine’s run that still looks as if it went on is closed first, and its tick is then taken over', async () => {
  await shop.write('daily', file('0 * * * *'))
  const near = shop.machine('near')
  await near.room.start()
  time.jump(HOUR)
  await near.room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  const far = shop.machine('far')
  await grow()
  await far.room.look()
  expect(shop.runs).toHaveLength(1)
  await far.room.look()
  await expect.poll(() => shop.runs.length).toBe(2)
  await shop.runs[1]?.end('succeeded')
  await far.room.settled()
  // The first machine comes back and ends its run after all: the tick is no longer its own.
  await shop.runs[0]?.end('failed')
  await near.room.settled()
  expect(await shop.ledger()).toMatchObject([{ outcome: 'ran', machine: 'far', run_id: shop.runs[1]?.runId, note: 'taken over from near' }])
})

test('a tick that killed three machines is given up', async () => {
  await shop.write('daily', file('0 * * * *'))
  const far = shop.machine('far')
  await far.room.start()
  time.jump(HOUR)
  await shop.sql(
    `INSERT INTO quintile.schedule_ticks (schedule, due_at, outcome, machine, decided_at, attempts) VALUES ('daily', '2026-11-20T11:00Z', 'claimed', 'near', now() - interval '1 hour', 3)`,
  )
  await far.room.look()
  expect(shop.runs).toHaveLength(0)
  expect(await shop.ledger()).toMatchObject([{ outcome: 'failed', note: 'given up: 3 machines vanished with it, the last was near' }])
})

test('the guard renews the claim of a long run, so that nobody takes it over', async () => {
  await shop.write('daily', file('0 * * * *'))
  const near = shop.machine('near')
  await near.room.start()
  time.pass(HOUR)
  await expect.poll(() => shop.runs.length).toBe(1)
  await grow()
  time.pass(MINUTE)
  await expect
    .poll(async () => shop.sql(`SELECT decided_at > now() - interval '1 minute' AS fresh FROM quintile.schedule_ticks`))
    .toEqual([{ fresh: true }])
})

test('a server that stops during a run gives the tick back, and its next start runs it', async () => {
  await shop.write('daily', file('0 * * * *'))
  const first = shop.machine()
  await first.room.start()
  time.jump(HOUR)
  await first.room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  await first.close()
  expect(shop.runs[0]?.signal.aborted).toBe(true)
  expect(await shop.ledger()).toEqual([])
  const second = shop.machine()
  await second.room.start()
  await expect.poll(() => shop.runs.length).toBe(2)
  expect(shop.runs[1]?.request).toBe('schedule daily, due 2026-11-20T11:00:00.000Z')
})

test('a run that a person cancels is a failed tick and is not started again', async () => {
  await shop.write('daily', file('0 * * * *'))
  const { room } = shop.machine()
  await room.start()
  time.jump(HOUR)
  await room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  await shop.runs[0]?.end('cancelled')
  await room.settled()
  expect(await shop.ledger()).toMatchObject([{ outcome: 'failed', note: 'the run was cancelled' }])
  expect(shop.runs).toHaveLength(1)
})

test('“run now” starts the schedule’s jobs as a person’s run and writes no tick', async () => {
  await shop.write('daily', file('0 2 * * *', 'arguments: { exclude: [rfm] }\n'))
  const { room } = shop.machine()
  const started = await room.runNow('daily', new AbortController().signal)
  expect(shop.runs).toMatchObject([
    { runId: started.runId, jobs: ['all'], arguments: { exclude: ['rfm'] }, schedule: null, request: 'schedule daily, run now' },
  ])
  expect(await shop.ledger()).toEqual([])
})
