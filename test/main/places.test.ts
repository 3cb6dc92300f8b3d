import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { findPlaces, makeSocketPlace, requestedWorkspace } from '../../main/places.ts'
import { resolveHome } from '../../server/workspaces/index.ts'

test('without QUINTILE_HOME the shell and the command share one home, and the browser keeps its own default folder', () => {
  const places = findPlaces('/dist', {}, [])
  expect(places.home).toBe(resolveHome({}))
  expect(places.browserData).toBeNull()
})

test('QUINTILE_HOME may be relative', () => {
  const places = findPlaces('/dist', { QUINTILE_HOME: 'here' }, [])
  expect(places).toMatchObject({ home: resolveHome({ QUINTILE_HOME: 'here' }), browserData: resolve('here', 'window') })
})

test.each([
  [['quintile', '--workspace', 'cellar'], {}, 'cellar'],
  [['quintile', '--workspace=cellar'], { QUINTILE_WORKSPACE: 'mafia' }, 'cellar'],
  [['quintile'], { QUINTILE_WORKSPACE: 'mafia' }, 'mafia'],
  [['quintile', '--workspace'], {}, null],
  [['quintile', '--workspaces=x'], {}, null],
])('%j with %j asks for the workspace %j', (argv, env, workspace) => {
  expect(requestedWorkspace(env, argv)).toBe(workspace)
})

test.skipIf(process.platform === 'win32')('a socket lies in a new folder that only its owner may enter, until it is removed', () => {
  const parent = mkdtempSync(join(tmpdir(), 'q-'))
  const [one, two] = [makeSocketPlace('linux', { XDG_RUNTIME_DIR: parent }), makeSocketPlace('linux', { XDG_RUNTIME_DIR: parent })]
  expect(dirname(dirname(one.path))).toBe(parent)
  expect(one.path).not.toBe(two.path)
  expect(statSync(dirname(one.path)).mode & 0o777).toBe(0o700)
  for (const place of [one, two]) place.remove()
  expect(existsSync(dirname(one.path))).toBe(false)
  rmSync(parent, { recursive: true })
})

test.skipIf(process.platform === 'win32')('a socket’s path is never longer than the system allows', () => {
  const place = makeSocketPlace('linux', { XDG_RUNTIME_DIR: `/${'long/'.repeat(20)}` })
  expect(Buffer.byteLength(place.path)).toBeLessThan(104)
  place.remove()
})

test('on Windows it is a pipe with a name that cannot be guessed', () => {
  expect(makeSocketPlace('win32', {}).path).toMatch(/^\\\\\.\\pipe\\quintile-[0-9a-f]{32}$/)
})
