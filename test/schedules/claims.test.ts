import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClaims, type Claimed, type Claims } from '../../server/schedules/notifications/claims.ts'
import { openWarehouse, type Warehouse } from '../../server/warehouse/index.ts'
import { ENGINE_TEMPLATE } from './shop.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase(ENGINE_TEMPLATE)
const HOUR = 3_600_000
let warehouses: Warehouse[]
let near: Claims
let far: Claims

beforeAll(() => {
  warehouses = [1, 2].map(() => openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) }))
  near = openClaims(warehouses[0]!, 'near')
  far = openClaims(warehouses[1]!, 'far')
})
afterAll(() => Promise.all(warehouses.map((warehouse) => warehouse.close())))

const about = (cause: string, occasion: string, kind: Claimed['kind'] = 'alarm'): Claimed => ({
  channel: 'shop/mail',
  cause,
  occasion,
  kind,
})
const at = (hours: number) => ({ now: Date.parse('2026-11-20T10:00:00Z') + hours * HOUR, repeatAfter: 24 * HOUR })

test('of two machines that ask at one moment about one cause, of one run or of two, exactly one may send', async () => {
  for (let round = 0; round < 20; round += 1) {
    const answers = await Promise.all([
      near.take(about(`cause ${String(round)}`, 'run 1'), at(0)),
      far.take(about(`cause ${String(round)}`, round % 2 === 0 ? 'run 1' : 'run 2'), at(0)),
    ])
    expect(answers.filter(({ ours }) => ours)).toHaveLength(1)
  }
})

test('a cause is told again after its period or its recovery, and a recovery once, only after an alarm', async () => {
  expect(await near.take(about('a', 'run 0', 'recovery'), at(0))).toMatchObject({ ours: false })
  expect(await near.take(about('a', 'run 1'), at(0))).toEqual({ ours: true })
  expect(await far.take(about('a', 'run 2'), at(23))).toMatchObject({
    ours: false,
    why: 'near told it at 2026-11-20T10:00:00.000Z',
    again: null,
  })
  expect(await far.take(about('a', 'run 3'), at(24))).toEqual({ ours: true })
  expect(await near.take(about('a', 'run 4', 'recovery'), at(25))).toEqual({ ours: true })
  expect(await far.take(about('a', 'run 5', 'recovery'), at(26))).toMatchObject({ ours: false })
  expect(await far.take(about('a', 'run 6'), at(27))).toEqual({ ours: true })
})

test('who took a message keeps it over its own tries; after an hour of silence another machine takes it', async () => {
  expect(await near.take(about('b', 'run 1'), at(0))).toEqual({ ours: true })
  expect(await near.take(about('b', 'run 1'), at(0.5))).toEqual({ ours: true })
  expect(await far.take(about('b', 'run 1'), at(1))).toMatchObject({ ours: false, why: 'near sends it' })
  expect(await far.take(about('b', 'run 1'), at(1.6))).toEqual({ ours: true })
  expect(await near.take(about('b', 'run 1'), at(1.7))).toMatchObject({ ours: false, why: 'far sends it' })
})

test('a message that one machine could not send is not tried by all the others, and does not silence the next one', async () => {
  await near.take(about('c', 'run 1'), at(0))
  await near.finish(about('c', 'run 1'), 'failed', 'refused')
  expect(await far.take(about('c', 'run 1'), at(0))).toMatchObject({ ours: false, why: 'near could not send it', again: null })
  expect(await far.take(about('c', 'run 2'), at(1))).toEqual({ ours: true })
})
