// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { groupByCause, placesOf, timesWords } from '../../renderer/inbox/entries.ts'
import InboxBell from '../../renderer/inbox/InboxBell.vue'
import InboxPage from '../../renderer/inbox/InboxPage.vue'
import { formatIn } from '../../renderer/kit/format.ts'
import { useLive } from '../../renderer/live.ts'
import type { ChannelSummary, Delivery, Notification } from '../../shared/notification.ts'
import { mounted, refusal, WORKSPACE, type Answers, type Mounted } from './mounted.ts'

const entry = (id: string, more: Partial<Notification> = {}): Notification => ({
  ...{ notification_id: id, cause: `cause ${id}`, kind: 'failure', severity: 'error', title: `Title ${id}`, body: '' },
  ...{ run_id: null, schedule: null, job: null, check: null, count: 1, read_at: null, recovered_at: null, deliveries: [] },
  ...{ first_at: '2026-11-20T02:00:00Z', last_at: '2026-11-21T02:00:00Z' },
  ...more,
})
const delivery = (channel: string, state: Delivery['state'], reason: string | null = null): Delivery => ({
  ...{ channel, state, at: '2026-11-21T08:00:00Z', attempts: 5, reason },
})

describe('entries of the inbox', () => {
  it('are grouped by cause, the newest first, with what is unread of each', () => {
    const groups = groupByCause([
      entry('3', { cause: 'b' }),
      entry('2', { cause: 'a', last_at: '2026-11-19T00:00:00Z', read_at: '2026-11-19T01:00:00Z' }),
      entry('1', { cause: 'a', kind: 'recovery', last_at: '2026-11-20T00:00:00Z' }),
    ])
    expect(groups.map(({ cause, head, earlier, unread }) => [cause, head.notification_id, earlier.length, unread])).toEqual([
      ['b', '3', 0, ['3']],
      ['a', '1', 1, ['1']],
    ])
  })

  it('say how often they came, unless it was once', () => {
    const say = (stamp: string): string => stamp.slice(0, 10)
    expect(timesWords({ count: 3, first_at: '2026-11-20T02:00:00Z' }, say)).toBe('3 times since 2026-11-20')
    expect(timesWords({ count: 1, first_at: '2026-11-20T02:00:00Z' }, say)).toBeNull()
  })

  it('lead to the check in its run, the run, the job and the schedule that they are about', () => {
    expect(placesOf({ run_id: 'r1', job: 'facts', check: 'not null', schedule: 'nightly' }).map(({ to }) => to)).toEqual([
      '/runs/r1?tab=checks',
      '/runs/r1',
      '/pipelines/facts',
      '/schedules/nightly',
    ])
    expect(placesOf({ run_id: null, job: null, check: 'not null', schedule: null })).toEqual([])
  })
})

const FAILED = entry('1', {
  title: 'load_orders failed',
  body: 'Since 2026-11-21T02:00:00.000Z nothing answers.',
  ...{ count: 3, run_id: 'r1', job: 'load_orders' },
  deliveries: [delivery('mail', 'sent'), delivery('team', 'failed', 'the host answered 404'), delivery('desktop', 'elsewhere')],
})
const OVER = entry('2', { kind: 'recovery', severity: 'info', title: 'Recovered: dim_date', read_at: '2026-11-21T03:00:00Z' })
const CHANNELS: ChannelSummary[] = [
  { channel: 'mail', kind: 'smtp', severity: 'warning', to: 'data@example.com', missing: [], last: null },
  {
    channel: 'team',
    kind: 'webhook',
    severity: 'error',
    to: 'the address in TEAM_HOOK',
    missing: ['TEAM_HOOK'],
    last: delivery('team', 'failed', '404'),
  },
]

let page: Mounted
beforeEach(() => {
  formatIn({ locale: 'en-GB', timeZone: 'UTC' })
})
const ANSWERS: Answers = {
  'GET /api/notifications': { notifications: [FAILED, OVER], total: 2, unread: 1 },
  'GET /api/notifications/channels': { channels: CHANNELS },
  'POST /api/notifications/read': { read: 1 },
}
const open = async (answers: Answers = {}, component: object = InboxPage): Promise<void> => {
  page = await mounted(component, { answers: { ...ANSWERS, ...answers } })
}
const sent = (path: string): unknown[] => page.asked.filter((asked) => asked.path === path).map(({ body }) => body)

describe('the inbox', () => {
  afterEach(() => {
    page.unmount()
  })

  it('tells of each cause in words how bad it is, of what kind, how often, and who was told', async () => {
    await open()
    const [first] = document.querySelectorAll('article')
    for (const words of ['Error', 'Failure', '3 times since 20 Nov 2026, 02:00', 'Since 21 Nov 2026, 02:00 nothing answers.'])
      expect(first?.textContent).toContain(words)
    expect(first?.textContent).toMatch(/team\s*failed 21 Nov 2026, 08:00, 5 attempts\s*the host answered 404/)
    expect(first?.querySelector('a[href="/runs/r1"]')).not.toBeNull()
  })

  it('marks one cause as read, or all, and reads itself again', async () => {
    await open()
    page.button('Mark as read: load_orders failed').click()
    await page.settled()
    page.button('Mark all as read').click()
    await page.settled()
    expect(sent('POST /api/notifications/read')).toEqual([{ ids: ['1'] }, { ids: null }])
    expect(sent('GET /api/notifications')).toHaveLength(3)
  })

  it('can be narrowed to what is unread, and is content where there is nothing', async () => {
    await open({ 'GET /api/notifications': { notifications: [], total: 0, unread: 0 } })
    expect(document.body.textContent).toContain('Nothing has gone wrong yet')
    expect(page.button('Mark all as read').getAttribute('aria-disabled')).toBe('true')
    page.button('Unread').click()
    await page.settled()
    expect(page.router.currentRoute.value.query).toEqual({ show: 'unread' })
    expect(document.body.textContent).toContain('Everything is read')
  })

  it('is read again when the server tells that it changed', async () => {
    await open()
    useLive(page.pinia).apply({ type: 'changed', what: 'notifications' })
    await page.settled()
    expect([sent('GET /api/notifications'), sent('GET /api/notifications/channels')].map(({ length }) => length)).toEqual([2, 2])
  })

  it('can be read and tested where the warehouse is read-only, for it lies on this machine', async () => {
    await open({ 'GET /api/workspace': { ...WORKSPACE, read_only: 'newer' } })
    expect(page.button('Mark all as read').getAttribute('aria-disabled')).toBe('false')
    expect(page.button('Send a test to mail').getAttribute('aria-disabled')).toBe('false')
  })

  it('keeps what it showed beside a later error', async () => {
    let times = 0
    await open({
      'GET /api/notifications': () =>
        (times += 1) === 1 ? ANSWERS['GET /api/notifications'] : refusal(500, { code: 'local.broken', message: 'The file is broken.' }),
    })
    useLive(page.pinia).apply({ type: 'changed', what: 'notifications' })
    await page.settled()
    expect(document.body.textContent).toContain('The file is broken.')
    expect(document.body.textContent).toContain('load_orders failed')
  })
})

describe('a channel', () => {
  afterEach(() => {
    page.unmount()
  })

  it('names what is not set, and is not tested before it is', async () => {
    await open()
    expect(document.body.textContent).toMatch(/Not set:\s*TEAM_HOOK/)
    page.button('Send a test to team').click()
    await page.settled()
    expect(sent('POST /api/notifications/channels/team/test')).toEqual([])
  })

  it('is tested at once, and what went wrong stands beside it', async () => {
    let times = 0
    await open({
      'POST /api/notifications/channels/mail/test': () =>
        (times += 1) === 1
          ? refusal(502, { code: 'notification.not-sent', message: 'mail.example.com refused the password.', hint: 'Check SMTP_PASSWORD.' })
          : { channel: 'mail', to: 'data@example.com' },
    })
    page.button('Send a test to mail').click()
    await page.settled()
    expect(document.body.textContent).toContain('mail.example.com refused the password.')
    page.button('Send a test to mail').click()
    await page.settled()
    expect(document.body.textContent).toContain('A test was sent to data@example.com.')
    expect(document.body.textContent).not.toContain('refused the password')
  })
})

describe('the bell', () => {
  afterEach(() => {
    page.unmount()
  })

  it('says how many are unread, shows the newest, and closes when a link is followed', async () => {
    await open({}, InboxBell)
    expect(page.button('Inbox, 1 unread').textContent).toContain('1')
    page.button('Inbox').click()
    await page.settled()
    expect(page.find('[aria-label="Newest of the inbox"]').textContent).toContain('load_orders failed')
    page.button('Open the inbox').click()
    await page.settled()
    expect(page.router.currentRoute.value.path).toBe('/inbox')
    expect(document.querySelector('[aria-label="Newest of the inbox"]')).toBeNull()
  })
})
