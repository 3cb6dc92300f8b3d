/** How a holder that was taken over learns of it, and why it can do no harm. */
import { expect, test } from 'vitest'
import type { Lease } from '../../server/warehouse/index.ts'
import { lostReason, newHolder, withLeases } from './held.ts'
import { withPeople } from './people.ts'

const people = withPeople()
const leases = withLeases()

test('a former holder learns of it at its next beat, when its rows are another’s', async () => {
  const holder = newHolder('one', { beat: 20 })
  const lease = await leases.hold(['a'], holder)
  await leases.query(`UPDATE quintile.leases SET run_id = $1`, [crypto.randomUUID()])
  expect(await lostReason(lease)).toMatchObject({ code: 'lease.lost' })
  expect(await leases.query('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [`quintile lease ${holder.run_id}`])).toEqual([])
})

test('a former holder cannot take its jobs up again when somebody had them in between, even if they are free', async () => {
  const lease = await leases.hold(['a', 'b'], newHolder('one', { beat: 3_600_000 }))
  // The other came and went: its release has struck the row out.
  await leases.query(`DELETE FROM quintile.leases WHERE job = 'a'`)
  const [row] = await leases.query<{ run_id: string }>('SELECT run_id FROM quintile.leases')
  await leases.cut(row!.run_id)
  expect(await lostReason(lease)).toMatchObject({ code: 'lease.lost' })
})

test('a lease is lost when there is no way back to the warehouse in time', async () => {
  const ana = await people.login(leases.connection)
  await leases.query(`GRANT USAGE ON SCHEMA quintile TO ${ana.user}; GRANT ALL ON quintile.leases TO ${ana.user}`)
  const holder = newHolder('one', { retake: 50 })
  const lease = await leases.hold(['a'], holder, ana)
  await leases.query(`ALTER ROLE ${ana.user} NOLOGIN`)
  await leases.cut(holder.run_id)
  expect(await lostReason(lease)).toMatchObject({
    code: 'lease.lost',
    message: expect.stringContaining('cannot be made again') as string,
  })
  await people.leave(ana)
})

test('a former holder cannot commit a step any more', async () => {
  const lease = await leases.hold(['a'], newHolder('one', { beat: 3_600_000 }))
  await leases.query('CREATE TABLE result (id integer)')
  await expect(
    leases.warehouse.withTransaction(async (session) => {
      await session.query('INSERT INTO result VALUES (1)')
      await leases.query(`UPDATE quintile.leases SET run_id = $1`, [crypto.randomUUID()])
      await lease.assertHeld(session)
    }),
  ).rejects.toMatchObject({ code: 'lease.lost', kind: 'stop' })
  expect(await leases.query('SELECT count(*)::int AS count FROM result')).toEqual([{ count: 0 }])
})

test('a step that has asked in time commits before the next holder begins', async () => {
  const silent = newHolder('one', { beat: 3_600_000 })
  const lease = await leases.hold(['a'], silent)
  let taking: Promise<Lease> | undefined
  const order: string[] = []
  await leases.grow(silent.run_id, 120)
  await leases.warehouse.withTransaction(async (session) => {
    await lease.assertHeld(session)
    taking = leases.hold(['a'], newHolder('two')).then((next) => {
      order.push('taken')
      return next
    })
    await leases.until(
      async () =>
        (await leases.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'quintile lease%'`))
          .length === 1,
    )
    order.push('committing')
  })
  await taking
  expect(order).toEqual(['committing', 'taken'])
  expect(await lostReason(lease)).toMatchObject({ code: 'lease.lost' })
})
