import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const expose = vi.fn()
const { argv, platform } = process

beforeEach(() => {
  vi.resetModules()
  expose.mockReset()
  vi.doMock('electron/renderer', () => ({ contextBridge: { exposeInMainWorld: expose } }))
})

afterEach(() => {
  process.argv = argv
  Object.defineProperty(process, 'platform', { value: platform })
  vi.doUnmock('electron/renderer')
})

test.each([
  ['linux', 'linux'],
  ['darwin', 'mac'],
  ['win32', 'windows'],
])('on %s the page learns two facts and gets no function', async (system, name) => {
  process.argv = ['electron', '--quintile-version=1.2.3']
  Object.defineProperty(process, 'platform', { value: system })
  await import('../../main/preload.ts')
  expect(expose).toHaveBeenCalledExactlyOnceWith('quintile', { platform: name, version: '1.2.3' })
})
