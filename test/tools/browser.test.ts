import { afterEach, expect, test, vi } from 'vitest'
import { findBrowser, openBrowser } from './browser.ts'

afterEach(() => vi.unstubAllEnvs())

test('the browser named by QUINTILE_CHROMIUM is taken, and a wrong name is told and not passed over', () => {
  vi.stubEnv('QUINTILE_CHROMIUM', process.execPath)
  expect(findBrowser()).toBe(process.execPath)
  vi.stubEnv('QUINTILE_CHROMIUM', '/nowhere/chromium')
  expect(findBrowser).toThrow('QUINTILE_CHROMIUM is /nowhere/chromium')
})

test('the browser of this machine opens a page and closes', async () => {
  const browser = await openBrowser()
  const page = await browser.newPage()
  await page.setContent('<title>Quintile</title>')
  expect(await page.title()).toBe('Quintile')
  await browser.close()
})
