import { afterEach, beforeEach, expect, test } from 'vitest'
import { Failure, mistake } from '../../shared/failure.ts'
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

test.each([
  ['skip', ['ran', 'skipped', 'skipped', 'ran'], 2],
  ['queue', ['ran', 'skipped', 'ran', 'ran'], 3],
])('under the overlap policy “%s” ticks during a long run end as %j', async (overlap, outcomes, runs) => {
  await shop.write('daily', file('*/10 * * * *', `overlap: ${overlap}\n`))
  const { room } = shop.machine()
  await room.start()
  time.pass(10 * MINUTE)
  await expect.poll(() => shop.runs.length).toBe(1)
  for (let turn = 0; turn < 2; turn += 1) {
    time.jump(10 * MINUTE)
    await room.look()
  }
  expect(shop.runs).toHaveLength(1)
  const [summary] = await room.list()
  expect(summary?.state).toBe('running')
  await shop.runs[0]?.end('succeeded')
  await expect.poll(() => shop.runs.length).toBe(overlap === 'queue' ? 2 : 1)
  await shop.runs[1]?.end('succeeded')
  await room.settled()
  time.jump(10 * MINUTE)
  await room.look()
  await expect.poll(() => shop.runs.length).toBe(runs)
  await shop.runs[runs - 1]?.end('succeeded')
  await room.settled()
  const ticks = await shop.ledger()
  expect(ticks.map(({ outcome }) => outcome)).toEqual(outcomes)
  expect(ticks[1]?.note).toContain('the run for the tick of 2026-11-20T10:10:00.000Z still goes on')
})

test('under the overlap policy “allow” the next tick begins while the run before goes on', async () => {
  await shop.write('daily', file('*/10 * * * *', 'overlap: allow\n'))
  const { room } = shop.machine()
  await room.start()
  for (let turn = 1; turn <= 2; turn += 1) {
    time.pass(10 * MINUTE)
    await expect.poll(() => shop.runs.length).toBe(turn)
  }
  expect((await shop.ledger()).map(({ outcome }) => outcome)).toEqual(['claimed', 'claimed'])
})

test('a tick whose jobs another run holds is tried again each minute, and runs when they are free', async () => {
  await shop.write('daily', file('0 * * * *'))
  let held: Failure | undefined = new Failure({ kind: 'retry', code: 'lease.held', message: '“rfm” is in use by anna on far' })
  const { room } = shop.machine('near', { refuse: () => held })
  await room.start()
  time.jump(HOUR)
  await room.look()
  await room.settled()
  expect((await room.list())[0]).toMatchObject({ state: 'waiting', waiting: '“rfm” is in use by anna on far' })
  expect(await shop.ledger()).toEqual([])
  held = undefined
  time.pass(MINUTE)
  await expect.poll(() => shop.runs.length).toBe(1)
})

test('a run that cannot be planned makes its tick fail, and the inbox says why', async () => {
  await shop.write('daily', file('0 * * * *'))
  const { room } = shop.machine('near', {
    refuse: () => mistake('plan.unknown-job', 'There is no job or group “al”', 'Did you mean “all”?'),
  })
  await room.start()
  time.jump(HOUR)
  await room.look()
  await room.settled()
  expect(await shop.ledger()).toMatchObject([{ outcome: 'failed', run_id: null, note: 'plan.unknown-job: There is no job or group “al”' }])
  const { notifications } = room.notifications.list({ offset: 0, limit: 5, unread: true })
  expect(notifications).toMatchObject([{ kind: 'failure', schedule: 'daily', title: '“Load” did not run: There is no job or group “al”' }])
})

test('a schedule whose jobs cannot be planned fails its tick at once, without patience for connections', async () => {
  await shop.write('daily', file('0 * * * *'))
  const machine = shop.machine('near', { plan: mistake('plan.unknown-job', 'There is no job or group “al”') })
  await machine.room.start()
  time.jump(HOUR)
  await machine.room.look()
  await machine.room.settled()
  expect(shop.runs).toHaveLength(0)
  expect(await shop.ledger()).toMatchObject([{ outcome: 'failed', note: 'plan.unknown-job: There is no job or group “al”' }])
})
