/**
 * Sending one message over one channel. Errors are `notification.*` failures whose kind says whether another try could
 * help; no secret stands in them: whatever a server answers is searched for the channel’s own secrets first.
 */
import { createHmac } from 'node:crypto'
import { Failure, mistake } from '../../../shared/failure.ts'
import type { Channel } from '../../../shared/notification.ts'
import { secretOf, variablesOf } from './settings.ts'
import type { Message } from './message.ts'

export interface DesktopNotification {
  title: string
  body: string
  /** Place on the screen that a click opens. */
  path: string
}

export interface SendNeeds {
  environment: NodeJS.ProcessEnv
  /** Null where there is no desktop shell. */
  showDesktop: ((notification: DesktopNotification) => void) | null
}

const LIMIT_MILLISECONDS = 15_000
/** Answers that may be different next time. */
const TRY_AGAIN = new Set([408, 425, 429])

/** Sends. Errors: `notification.not-sent` (retry or stop), `notification.no-secret`, `notification.no-desktop`. */
export async function sendMessage(channel: Channel, message: Message, needs: SendNeeds): Promise<void> {
  const { smtp, webhook } = channel
  try {
    if (smtp !== undefined) await sendMail(smtp, message, needs.environment)
    else if (webhook !== undefined) await postWebhook(webhook, message, needs.environment)
    else if (needs.showDesktop === null)
      throw mistake('notification.no-desktop', 'There is no desktop to show it on', 'Only the window shows desktop notifications.')
    else needs.showDesktop({ title: message.subject.replace(/^\[.*?\] /, ''), body: message.text.split('\n')[0] ?? '', path: message.path })
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown
    throw notSent(thrown, channel, needs.environment)
  }
}

/** Without whatever the channel’s variables hold, nor its address. */
function withoutSecrets(text: string, channel: Channel, environment: NodeJS.ProcessEnv): string {
  const secrets = [...variablesOf(channel).map((name) => environment[name] ?? ''), channel.webhook?.url ?? '']
  return secrets.filter((secret) => secret !== '').reduce((cleaned, secret) => cleaned.replaceAll(secret, '•••'), text)
}

function notSent(thrown: unknown, channel: Channel, environment: NodeJS.ProcessEnv): Failure {
  const error = thrown as Error & { code?: string; responseCode?: number; cause?: { code?: string; message?: string } }
  const refused = error.code === 'EAUTH' || error.code === 'EENVELOPE' || (error.responseCode ?? 0) >= 500
  const reason = error.cause?.code ?? error.cause?.message
  const message = reason === undefined ? error.message : `${error.message} (${reason})`
  return new Failure({
    kind: refused ? 'stop' : 'retry',
    code: 'notification.not-sent',
    message: withoutSecrets(message, channel, environment).slice(0, 300),
    hint: 'Check the channel in notifications.yaml; “quintile notifications test CHANNEL” tries it.',
  })
}

async function sendMail(smtp: NonNullable<Channel['smtp']>, message: Message, environment: NodeJS.ProcessEnv): Promise<void> {
  const { host, port, secure, user, password_env, from, to } = smtp
  const owners = message.owners.filter((owner) => /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(owner))
  const addresses = [...new Set(to.flatMap((address) => (address === 'owner' ? owners : address)))]
  if (addresses.length === 0)
    throw mistake(
      'notification.no-address',
      'The owner of the schedule has no mail address',
      'Add an address to “to”, or an owner to the schedule.',
    )
  // Loaded with the first mail: most processes send none.
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    host,
    port,
    secure,
    ...(user === undefined ? {} : { auth: { user, pass: password_env === undefined ? '' : secretOf(password_env, environment) } }),
    // A password goes over the network encrypted or not at all.
    requireTLS: user !== undefined && !secure && !['localhost', '127.0.0.1', '::1'].includes(host),
    connectionTimeout: LIMIT_MILLISECONDS,
    greetingTimeout: LIMIT_MILLISECONDS,
    socketTimeout: LIMIT_MILLISECONDS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    await transport.sendMail({ from, to: addresses, subject: message.subject, text: message.text })
  } finally {
    transport.close()
  }
}

const forSlack = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

async function postWebhook(webhook: NonNullable<Channel['webhook']>, message: Message, environment: NodeJS.ProcessEnv): Promise<void> {
  const { url, url_env, shape, secret_env } = webhook
  const text = `*${forSlack(message.subject)}*\n${forSlack(message.text)}`
  const body = JSON.stringify(
    shape === 'plain'
      ? message.json
      : { text: forSlack(message.subject), blocks: [{ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 3_000) } }] },
  )
  const stamp = message.sentAt
  const signature =
    secret_env === undefined
      ? {}
      : {
          'x-quintile-signature': `sha256=${createHmac('sha256', secretOf(secret_env, environment)).update(`${stamp}.${body}`).digest('hex')}`,
        }
  const answer = await fetch(url ?? secretOf(url_env ?? '', environment), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-quintile-timestamp': stamp, ...signature },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
  })
  await answer.body?.cancel()
  if (answer.ok) return
  throw new Failure({
    kind: answer.status >= 500 || TRY_AGAIN.has(answer.status) ? 'retry' : 'stop',
    code: 'notification.not-sent',
    message: `The webhook answered ${String(answer.status)}`,
    hint: 'Check the address and what the other side wants.',
  })
}
