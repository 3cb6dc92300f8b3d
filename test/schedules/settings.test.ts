import { expect, test } from 'vitest'
import { parseSettings } from '../../server/schedules/notifications/settings.ts'
import { quietUntil } from '../../server/schedules/notifications/times.ts'

test.each([
  [
    'channels:\n  a: { desktop: true, smtp: { host: h, from: abc, to: [a@b.c] } }\n',
    'notifications.yaml:2: channel “a” wants exactly one of smtp, webhook and desktop',
  ],
  ['channels:\n  a:\n    webhook: { shape: slack }\n', 'notifications.yaml:3: a webhook wants url or url_env, and not both'],
  [
    'channels:\n  a:\n    desktop: true\n    digest: { zone: UTC }\n',
    'notifications.yaml:4: a digest comes either “every” so often or “daily_at” a time',
  ],
  [
    'channels:\n  a:\n    desktop: true\n    quiet_hours: { from: "22:00", to: "07:00", zone: Mars }\n',
    'notifications.yaml:4: “Mars” is no time zone',
  ],
  [
    'channels:\n  a:\n    smtp: { host: h, password: secret, from: abc, to: [a@b.c] }\n',
    'notifications.yaml:3: channels.a.smtp.password is not known',
  ],
])('the settings %j are refused with their place', (text, message) => {
  expect(() => parseSettings(text)).toThrow(expect.objectContaining({ message }) as Error)
})

test.each([
  ['2026-11-20T21:59:59Z', null],
  ['2026-11-20T22:00:00Z', '2026-11-21T07:00:00.000Z'],
  ['2026-11-21T06:59:59Z', '2026-11-21T07:00:00.000Z'],
  ['2026-11-21T07:00:00Z', null],
])('quiet hours from 22:00 to 07:00 hold %s until %s', (at, until) => {
  const channel = parseSettings('channels:\n  a: { desktop: true, quiet_hours: { from: "22:00", to: "07:00" } }\n').channels['a']!
  const end = quietUntil(channel, Date.parse(at))
  expect(end === null ? null : new Date(end).toISOString()).toBe(until)
})
