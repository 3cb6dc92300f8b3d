/** What a person may mistype, and a warehouse that is not there: an exit code, the remedy, no stack and no secret. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCommandHome, type CommandHome } from '../tools/command.ts'

let home: CommandHome

beforeAll(async () => {
  home = await openCommandHome()
  await home.run('workspace', 'create', 'shop')
})
afterAll(() => home.remove())

describe('what was mistyped', () => {
  test.each([
    [['rn'], 2],
    [['run', '--threads', 'many'], 2],
    [['run', '--jobs', 'dimensoins'], 1],
    [['segments', 'count', 'activ_high_value'], 1],
    [['report', 'run', 'nothing'], 1],
    [['runs', 'show', 'x'], 1],
    [['workspace', 'create', 'Shop!'], 1],
    [['workspace', 'create', 'shop'], 1],
    [['workspace', 'create', 'other', '--warehouse', 'postgres://user:secret@host/db'], 1],
    [['features', 'get', 'nobody'], 1],
    [['run', '--workspace', 'shpo'], 1],
  ])('%j exits with %i and names the remedy', async (args, code) => {
    const result = await home.run(...args)
    expect(result.code).toBe(code)
    expect(result.stderr).not.toMatch(/\bat .*\(.*:\d+:\d+\)/)
    expect(result.stderr).not.toContain('secret')
  })

  test('help has examples for every verb', async () => {
    for (const verb of [
      [],
      ['run'],
      ['import'],
      ['segments', 'count'],
      ['segments', 'export'],
      ['features', 'get'],
      ['report', 'run'],
      ['serve'],
      ['start'],
      ['workspace', 'create'],
      ['warehouse', 'upgrade'],
      ['runs', 'show'],
    ]) {
      const { code, stdout } = await home.run(...verb, '--help')
      expect(code).toBe(0)
      expect(stdout).toMatch(/Examples?:/)
    }
  })
})

describe('a warehouse that is stopped', () => {
  test('is told with the remedy, exit code 1, and without secrets', async () => {
    const away = await openCommandHome({ SHOP_PASSWORD: 'very-secret-password' })
    const created = await away.run(
      'workspace',
      'create',
      'away',
      '--warehouse',
      'postgres://ana@127.0.0.1:9/shop',
      '--password-env',
      'SHOP_PASSWORD',
      '--format',
      'json',
    )
    expect(created).toMatchObject({ code: 1, json: { error: { code: 'warehouse.unreachable' } } })
    for (const args of [['run'], ['features', 'sync'], ['import', 'orders', join(home.folder, 'orders.csv')]]) {
      const result = await away.run(...args, '--format', 'json')
      expect(result).toMatchObject({ code: 1, json: { error: { code: 'warehouse.unreachable' } } })
      expect(result.stdout + result.stderr).not.toContain('very-secret-password')
    }
    await away.remove()
  })
})
