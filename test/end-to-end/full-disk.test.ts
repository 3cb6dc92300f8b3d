/** The disk of the data folder is full: told in words, nothing half done, and everything once as soon as there is room again. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCommandHome, type CommandHome } from '../tools/command.ts'

const MEGABYTE = 1024 * 1024
/** The embedded server with its write-ahead log takes about 110 MB of them before an import. */
const DISK_MEGABYTES = 400
/** What is left for an import of 60,000 lines, which takes about 40 MB with its log. */
const LEFT_MEGABYTES = 6
const LINES = 60_000

/** A disk of its own needs a mount, and that a system that lets us. */
const mayMount = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'quintile-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0
  if (mounted) execFileSync('umount', [folder])
  rmSync(folder, { recursive: true })
  return mounted
})()

describe.skipIf(!mayMount)('a full disk', () => {
  let home: CommandHome

  beforeAll(async () => {
    home = await openCommandHome()
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(DISK_MEGABYTES)}m,mode=711`, 'tmpfs', home.folder])
  })
  afterAll(async () => {
    execFileSync('umount', ['--lazy', home.folder])
    await home.remove()
  })

  test('an import into a full disk says so and leaves nothing, and comes through once there is room', async () => {
    const lines = Array.from(
      { length: LINES },
      (_, index) => `${String(index)},P${String(index % 500)},Thing,1,1.25,2026-01-01 10:00:00,${String(index % 3000)},France`,
    )
    const orders = join(tmpdir(), `quintile-full-disk-${String(process.pid)}.csv`)
    const header = 'document_number,product_id,product_name,quantity,unit_price,ordered_at,customer_id,country'
    writeFileSync(orders, [header, ...lines].join('\n'))
    expect(await home.run('workspace', 'create', 'shop')).toMatchObject({ code: 0 })
    const ballast = join(home.folder, 'ballast')
    const disk = statfsSync(home.folder)
    writeFileSync(ballast, Buffer.alloc(disk.bavail * disk.bsize - LEFT_MEGABYTES * MEGABYTE, 1))
    const full = await home.run('import', 'orders', orders)
    expect(full.code, full.stderr).toBe(1)
    // A table that cannot grow is told at once; where the log itself cannot, PostgreSQL stops and the next call says why.
    expect(full.stderr).toMatch(/warehouse\.disk-full|warehouse\.connection-lost/)
    const next = await home.run('import', 'orders', orders)
    expect(next.code, next.stderr).toBe(1)
    expect(next.stderr).toMatch(/(warehouse|embedded)\.disk-full/)
    rmSync(ballast)
    const again = await home.run('import', 'orders', orders, '--format', 'json')
    expect(again, again.stderr).toMatchObject({ code: 0, json: { lines: LINES, rejected: 0 } })
    rmSync(orders)
  })
})
