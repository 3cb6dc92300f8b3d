import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeTime, type FakeTime } from './fake-time.ts'
import { openHook, openMailServer, type Hook, type MailServer } from './post-office.ts'
import { ENGINE_TEMPLATE, openShop, type Machine, type Shop } from './shop.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase(ENGINE_TEMPLATE)
const PASSWORD = 'mail-passw0rd'
const SIGNING = 'signing-key'
let time: FakeTime
let shop: Shop
let hook: Hook
let mail: MailServer

const MINUTE = 60_000

beforeEach(async () => {
  time = fakeTime('2026-11-20T10:00:30Z')
  shop = await openShop(database.connection, time)
  hook = await openHook()
  mail = await openMailServer(PASSWORD)
  await shop.sql('TRUNCATE quintile.schedule_ticks, quintile.sent_notifications')
  await shop.write('daily', 'title: Load\ncron: "0 * * * *"\njobs: [all]\nowner: anna@shop.example\n')
  await shop.notify(
    `channels:
  mail:
    smtp: { host: 127.0.0.1, port: ${String(mail.port)}, user: quintile, password_env: MAIL_PASSWORD, from: quintile@shop.example, to: [team@shop.example, owner] }
  slack: { webhook: { url_env: SLACK_HOOK, shape: slack } }
  plain: { webhook: { url: "${hook.url}", secret_env: SIGNING_KEY } }
`,
  )
})
afterEach(async () => {
  await shop.close()
  await hook.close()
  await mail.close()
})

const open = (environment: NodeJS.ProcessEnv = {}): Machine =>
  shop.machine('near', { environment: { MAIL_PASSWORD: PASSWORD, SLACK_HOOK: hook.url, SIGNING_KEY: SIGNING, ...environment } })

async function failOnce(machine: Machine, message = 'the <disk> & its *friends* are full'): Promise<string> {
  await machine.room.start()
  time.jump(60 * MINUTE)
  await machine.room.look()
  await expect.poll(() => shop.runs.length).toBe(1)
  const { run_id } = await shop.runs[0]!.end('failed', {
    error: { code: 'warehouse.disk-full', message, hint: 'Free space.', details: {} },
  })
  await machine.room.settled()
  return run_id
}

const deliveries = ({ room }: Machine) => room.notifications.list({ offset: 0, limit: 1, unread: false }).notifications[0]?.deliveries ?? []

test('a failure goes out as a mail to the team and the owner, with the run behind it', async () => {
  const machine = open()
  const runId = await failOnce(machine)
  expect(mail.mails).toHaveLength(1)
  const [{ to, user, content }] = mail.mails as [MailServer['mails'][0]]
  expect(to).toEqual(['team@shop.example', 'anna@shop.example'])
  expect(user).toBe('quintile')
  expect(content).toContain('the <disk> & its *friends* are full')
  expect(content).toContain(`quintile runs show ${runId} --workspace shop`)
  expect(deliveries(machine).map(({ channel, state }) => [channel, state])).toEqual([
    ['mail', 'sent'],
    ['slack', 'sent'],
    ['plain', 'sent'],
  ])
})

test('Slack gets text in its own escaping, a plain webhook gets facts with a signature', async () => {
  const runId = await failOnce(open())
  const [slack, plain] = hook.calls.toSorted((a, b) => a.body.localeCompare(b.body)).reverse()
  const message = JSON.parse(slack?.body ?? '') as { text: string; blocks: { text: { text: string } }[] }
  expect(message.text).toBe('[Quintile shop] The run of “daily” failed: the &lt;disk&gt; &amp; its *friends* are full')
  expect(message.blocks[0]?.text.text).toContain('Free space.')
  const body = JSON.parse(plain?.body ?? '') as Record<string, unknown>
  expect(body).toMatchObject({ product: 'quintile', workspace: 'shop', machine: 'near', sent_at: '2026-11-20T11:00:30.000Z' })
  expect(body['notifications']).toMatchObject([
    {
      kind: 'failure',
      severity: 'error',
      cause: 'schedule:daily:warehouse.disk-full',
      run_id: runId,
      schedule: 'daily',
      path: `/runs/${runId}`,
    },
  ])
  const signature = createHmac('sha256', SIGNING)
    .update(`2026-11-20T11:00:30.000Z.${plain?.body ?? ''}`)
    .digest('hex')
  expect(plain?.headers).toMatchObject({
    'x-quintile-signature': `sha256=${signature}`,
    'x-quintile-timestamp': '2026-11-20T11:00:30.000Z',
  })
  expect(slack?.headers['x-quintile-signature']).toBeUndefined()
})

test('a channel that fails is tried again after 1, 5 and 25 minutes, breaks nothing, and its end is kept', async () => {
  hook.status = 503
  const machine = open()
  await failOnce(machine)
  expect(shop.runs).toHaveLength(1)
  expect((await shop.ledger())[0]?.outcome).toBe('failed')
  expect(mail.mails).toHaveLength(1)
  for (const [minutes, calls] of [
    [1, 4],
    [4, 4],
    [1, 6],
    [24, 6],
    [1, 8],
    [600, 8],
  ] as const) {
    time.jump(minutes * MINUTE)
    await machine.room.notifications.sweep()
    expect(hook.calls).toHaveLength(calls)
  }
  expect(deliveries(machine).map(({ channel, state, attempts, reason }) => [channel, state, attempts, reason])).toEqual([
    ['mail', 'sent', 1, null],
    ['slack', 'failed', 4, 'The webhook answered 503'],
    ['plain', 'failed', 4, 'The webhook answered 503'],
  ])
  expect(await shop.sql(`SELECT outcome, reason FROM quintile.sent_notifications WHERE channel = 'shop/slack'`)).toEqual([
    { outcome: 'failed', reason: 'The webhook answered 503' },
  ])
})

test('a channel that works again within its tries delivers after all', async () => {
  mail.refuse = 451
  const machine = open()
  await failOnce(machine)
  expect(deliveries(machine)[0]).toMatchObject({ channel: 'mail', state: 'waiting', attempts: 1 })
  mail.refuse = null
  time.jump(MINUTE)
  await machine.room.notifications.sweep()
  expect(mail.mails).toHaveLength(1)
  expect(deliveries(machine)[0]).toMatchObject({ state: 'sent', attempts: 2 })
})

test('what another try cannot help fails at once: a wrong password, an answer 404, a redirect', async () => {
  hook.status = 404
  const machine = open({ MAIL_PASSWORD: 'wrong-secret' })
  await failOnce(machine)
  const found = deliveries(machine)
  expect(found.map(({ state, attempts }) => [state, attempts])).toEqual([
    ['failed', 1],
    ['failed', 1],
    ['failed', 1],
  ])
  // The mail server repeats the password in its answer; neither the row here nor the shared one does.
  const kept = JSON.stringify([found, machine.logged, await shop.sql('SELECT * FROM quintile.sent_notifications')])
  expect(kept).toContain('Invalid password •••')
  for (const secret of ['wrong-secret', SIGNING, 'SECRET-PATH']) expect(kept).not.toContain(secret)
  hook.status = 302
  await expect(machine.room.notifications.test('slack')).rejects.toMatchObject({ code: 'notification.not-sent' })
})

test('a variable that is not set is named, in the list of channels and in the test', async () => {
  const machine = open({ SLACK_HOOK: '' })
  expect(await machine.room.notifications.channels()).toMatchObject([
    { channel: 'mail', kind: 'smtp', to: 'team@shop.example, owner', missing: [], last: null },
    { channel: 'slack', kind: 'webhook', to: 'the address in SLACK_HOOK', missing: ['SLACK_HOOK'] },
    { channel: 'plain', kind: 'webhook', to: new URL(hook.url).host, missing: [] },
  ])
  await expect(machine.room.notifications.test('slack')).rejects.toMatchObject({
    code: 'notification.no-secret',
    message: 'The environment variable SLACK_HOOK, which notifications.yaml names, is not set',
  })
  await expect(machine.room.notifications.test('plaine')).rejects.toMatchObject({
    code: 'notification.unknown-channel',
    hint: 'Did you mean “plain”?',
  })
})

test('a test message goes out at once and is in no inbox', async () => {
  const machine = open()
  expect(await machine.room.notifications.test('mail')).toEqual({ channel: 'mail', to: 'team@shop.example, owner' })
  expect(mail.mails[0]?.content).toContain('If you read this, the channel works.')
  expect(machine.room.notifications.list({ offset: 0, limit: 5, unread: false }).total).toBe(0)
})

test('a subject keeps to one line, whatever an error message holds', async () => {
  await failOnce(open(), 'first line\r\nBcc: stranger@evil.example\r\n\r\nsecond')
  expect(mail.mails[0]?.to).toEqual(['team@shop.example', 'anna@shop.example'])
  expect(mail.mails[0]?.content.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m)
})

test('where the warehouse cannot be asked who sends, a message is sent all the same', async () => {
  const place = { ...database.connection }
  const machine = shop.machine('near', {
    environment: { MAIL_PASSWORD: PASSWORD, SLACK_HOOK: hook.url, SIGNING_KEY: SIGNING },
    connection: place,
  })
  await machine.room.start()
  place.port = 9
  const occurrence = {
    cause: 'missed:daily:waiting',
    kind: 'missed',
    severity: 'warning',
    title: 'Waiting',
    body: 'Still.',
    occasion: 'x',
  } as const
  await machine.room.notifications.tell({
    ...occurrence,
    run_id: null,
    schedule: 'daily',
    job: null,
    check: null,
    notify: null,
    owner: null,
  })
  place.port = database.connection.port
  expect(mail.mails).toHaveLength(1)
  expect(hook.calls).toHaveLength(2)
})
