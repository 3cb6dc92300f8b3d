/** Who holds a job, and who takes it over from the dead. */
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { openWarehouse } from '../../server/warehouse/index.ts'
import { lostReason, newHolder, withLeases } from './held.ts'
import { withPeople } from './people.ts'

const people = withPeople()
const leases = withLeases()

describe('a holder that lives', () => {
  test('keeps others out, whatever of its jobs they want, and gives all back', async () => {
    const lease = await leases.hold(['a', 'b', 'b'], newHolder('one'))
    await expect(leases.hold(['b', 'c'], newHolder('two'))).rejects.toMatchObject({
      code: 'lease.held',
      kind: 'retry',
      details: { job: 'b', machine: 'one' },
    })
    expect(await leases.rows()).toEqual([
      { job: 'a', machine: 'one' },
      { job: 'b', machine: 'one' },
    ])
    await lease.release()
    expect(await leases.rows()).toEqual([])
    expect((await leases.hold(['b', 'c'], newHolder('two'))).takenOver).toEqual([])
    expect(lease.lost.aborted).toBe(false)
  })

  test('beats, also while a step of its own is about to commit', async () => {
    const holder = newHolder('one', { beat: 20 })
    const lease = await leases.hold(['a'], holder)
    const age = async (): Promise<number> =>
      (
        await leases.query<{ age: number }>(
          'SELECT extract(epoch FROM clock_timestamp() - heartbeat_at)::float8 AS age FROM quintile.leases',
        )
      )[0]!.age
    await leases.grow(holder.run_id, 3600)
    await leases.until(async () => (await age()) < 60)
    await leases.warehouse.withTransaction(async (session) => {
      await lease.assertHeld(session)
      await leases.until(async () => (await age()) > 0.2)
      expect(lease.lost.aborted).toBe(false)
    })
    await leases.until(async () => (await age()) < 0.2)
  })

  test('takes its jobs up again, unnoticed, when its connection drops and nobody came in between', async () => {
    const holder = newHolder('one', { beat: 20 })
    const lease = await leases.hold(['a', 'b'], holder)
    const before = await leases.backendOf(holder.run_id)
    await leases.cut(holder.run_id)
    await leases.until(
      async () =>
        (await leases.query('SELECT 1 FROM pg_locks WHERE locktype = $1 AND granted AND pid <> $2', ['advisory', before])).length === 2,
    )
    await expect(leases.hold(['b'], newHolder('two'))).rejects.toMatchObject({ code: 'lease.held' })
    await leases.warehouse.withTransaction((session) => lease.assertHeld(session))
    expect(lease.lost.aborted).toBe(false)
  })

  test('ends a connection of its own that the server still keeps, to take its jobs up again', async () => {
    const holder = newHolder('one')
    const kept = new pg.Client({ ...leases.connection, application_name: `quintile lease ${holder.run_id}` })
    const ended = new Promise((resolve) => kept.once('end', resolve).on('error', () => undefined))
    await kept.connect()
    await kept.query(`SELECT pg_advisory_lock(${String(0x51_55_49_4e)}, hashtext('a'))`)
    await leases.query(`INSERT INTO quintile.leases VALUES ('a', 'one', 'ana', 7, $1, now(), now())`, [holder.run_id])
    const again = await leases.hold(['a'], holder)
    await ended
    expect(again.takenOver).toEqual([])
    await leases.warehouse.withTransaction((session) => again.assertHeld(session))
  })
})

describe('a holder that died', () => {
  test('has lost its jobs with its connection; the next one is told whose they were', async () => {
    const dead = newHolder('one', { retake: 0, beat: 3_600_000 })
    await leases.query(
      `INSERT INTO quintile.leases VALUES ('a', 'one', 'ana', 7, $1, now(), now() - interval '5 s'), ('x', 'one', 'ana', 7, $1, now(), now())`,
      [dead.run_id],
    )
    const lease = await leases.hold(['a', 'b'], newHolder('two'))
    expect(lease.takenOver).toEqual([
      { job: 'a', machine: 'one', user: 'ana', pid: 7, run_id: dead.run_id, last_heartbeat_seconds: 5, terminated: false },
    ])
    // What else the dead run held is struck out with it.
    expect((await leases.rows()).map((row) => row.job)).toEqual(['a', 'b'])
  })

  test('is ended when its connection stands but has not beaten for a minute, and all its jobs with it', async () => {
    const silent = newHolder('one', { beat: 3_600_000 })
    const lease = await leases.hold(['a', 'b', 'run x'], silent)
    await leases.grow(silent.run_id, 59)
    await expect(leases.hold(['b'], newHolder('two'))).rejects.toMatchObject({ code: 'lease.held' })
    await leases.grow(silent.run_id, 61)
    const next = await leases.hold(['b'], newHolder('two'))
    expect(next.takenOver).toMatchObject([{ job: 'b', machine: 'one', last_heartbeat_seconds: 61, terminated: true }])
    expect(await lostReason(lease)).toMatchObject({ code: 'lease.lost', kind: 'stop' })
    await lease.release()
    expect((await leases.rows()).map((row) => row.job)).toEqual(['b'])
  })

  test('two who want its jobs at once: one has them', async () => {
    const silent = newHolder('one', { beat: 3_600_000 })
    await leases.hold(['a'], silent)
    await leases.grow(silent.run_id, 120)
    const both = await Promise.allSettled([leases.hold(['a'], newHolder('two')), leases.hold(['a'], newHolder('three'))])
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'lease.held' })
  })

  test('is left alone by a login that may not end its connection, which says what an administrator may do', async () => {
    const silent = newHolder('one', { beat: 3_600_000 })
    await leases.hold(['a'], silent)
    await leases.grow(silent.run_id, 120)
    const ana = await people.login(leases.connection)
    await leases.query(`GRANT USAGE ON SCHEMA quintile TO ${ana.user}; GRANT ALL ON quintile.leases TO ${ana.user}`)
    const backend = String(await leases.backendOf(silent.run_id))
    await expect(leases.hold(['a'], newHolder('two'), ana)).rejects.toMatchObject({
      code: 'lease.held',
      hint: expect.stringContaining(`pg_terminate_backend(${backend})`) as string,
    })
    // Nothing was touched: whoever may end it takes over.
    expect((await leases.hold(['a'], newHolder('three'))).takenOver).toMatchObject([{ machine: 'one', terminated: true }])
    await people.leave(ana)
  })

  test('a lock of somebody who has not yet written its name is not taken for that of a dead one', async () => {
    const dead = crypto.randomUUID()
    await leases.query(`INSERT INTO quintile.leases VALUES ('a', 'one', 'ana', 7, $1, now(), now() - interval '1 day')`, [dead])
    const starting = openWarehouse({ label: 'test', locate: () => Promise.resolve(leases.connection) })
    await starting.withSession(async (session) => {
      await session.query(`SELECT pg_advisory_lock(${String(0x51_55_49_4e)}, hashtext('a'))`)
      await expect(leases.hold(['a'], newHolder('two'))).rejects.toMatchObject({
        code: 'lease.held',
        message: '“a” is in use by another process',
      })
    })
    await starting.close()
  })
})
