import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeElectron } from './fake-electron.ts'

beforeEach(() => {
  vi.resetModules()
  vi.doMock('electron/main', () => makeElectron().main)
})
afterEach(() => vi.doUnmock('electron/main'))

async function roles(platform: NodeJS.Platform, packaged: boolean): Promise<string[]> {
  const { menuTemplate } = await import('../../main/menu.ts')
  const flat = menuTemplate(platform, packaged).flatMap((item) => [item, ...(Array.isArray(item.submenu) ? item.submenu : [])])
  return flat.flatMap(({ role }) => role ?? [])
}

test('the person can copy, zoom and read about the app on every system', async () => {
  for (const platform of ['linux', 'win32', 'darwin'] as const) {
    const found = await roles(platform, true)
    expect(found).toEqual(expect.arrayContaining(['fileMenu', 'editMenu', 'zoomIn', 'windowMenu']))
    expect(found).toContain(platform === 'darwin' ? 'appMenu' : 'about')
  }
})

test('the developer tools are in the menu only while developing', async () => {
  expect(await roles('linux', true)).not.toContain('toggleDevTools')
  expect(await roles('linux', false)).toContain('toggleDevTools')
})
