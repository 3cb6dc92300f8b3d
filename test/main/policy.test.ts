import { expect, test } from 'vitest'
import { serverEnvironment } from '../../main/environment.ts'
import { isAllowedPermission, isAppUrl, isSafeExternal } from '../../main/policy.ts'

test.each(['app://quintile', 'app://quintile/', 'app://quintile/segments?rule=1#top'])('%s is ours', (address) => {
  expect(isAppUrl(address)).toBe(true)
})

test.each([
  'app://quintile.example/',
  'app://other/',
  'app://quintile:8080/',
  'app:quintile',
  'apps://quintile/',
  'https://quintile/',
  'http://127.0.0.1/app://quintile/',
  'javascript:location="app://quintile/"',
  'blob:app://quintile/1',
  'about:blank',
  'null',
  '',
])('%s is not ours', (address) => {
  expect(isAppUrl(address)).toBe(false)
})

test('only web pages over TLS and mail go to other programs', () => {
  expect(['https://example.com/', 'mailto:a@example.com'].map(isSafeExternal)).toEqual([true, true])
  const refused = [
    'http://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://host/share',
    'app://quintile/',
    'httpsx://a',
    '',
  ]
  expect(refused.filter(isSafeExternal)).toEqual([])
})

test('a permission that nobody named is refused', () => {
  expect(['notifications', 'clipboard-sanitized-write', 'clipboard-read', 'toString', ''].filter(isAllowedPermission)).toEqual([
    'notifications',
    'clipboard-sanitized-write',
  ])
})

test('the server’s environment keeps what it needs, whatever its case, and drops the rest', () => {
  const given = {
    Path: 'p',
    HOME: 'h',
    LC_ALL: 'C',
    PGPASSFILE: 'f',
    QUINTILE_X: '1',
    NODE_OPTIONS: '-r x',
    LD_PRELOAD: 'x',
    GITHUB_TOKEN: 't',
    TZ: undefined,
  }
  expect(serverEnvironment(given)).toEqual({ NODE_ENV: 'production', Path: 'p', HOME: 'h', LC_ALL: 'C', PGPASSFILE: 'f', QUINTILE_X: '1' })
})
