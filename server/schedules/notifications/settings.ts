/** `notifications.yaml` of a workspace. Without the file: the inbox and the desktop. Secrets are names of environment variables. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mistake, toFailure } from '../../../shared/failure.ts'
import { notificationSettingsSchema, type Channel, type NotificationSettings } from '../../../shared/notification.ts'
import { requireZone } from '../slots.ts'
import { readYamlFile } from '../yaml-file.ts'

const FILE = 'notifications.yaml'

function wrongWith(name: string, channel: Channel): { key: string; message: string } | undefined {
  const { smtp, webhook, desktop, digest } = channel
  const kinds = [smtp, webhook, desktop].filter((kind) => kind !== undefined).length
  if (kinds !== 1) return { key: '', message: `channel “${name}” wants exactly one of smtp, webhook and desktop` }
  if (webhook !== undefined && (webhook.url === undefined) === (webhook.url_env === undefined))
    return { key: 'webhook', message: 'a webhook wants url or url_env, and not both' }
  if (smtp?.password_env !== undefined && smtp.user === undefined) return { key: 'smtp', message: 'a password wants a user' }
  if (digest !== undefined && (digest.every === undefined) === (digest.daily_at === undefined))
    return { key: 'digest', message: 'a digest comes either “every” so often or “daily_at” a time' }
  return undefined
}

/** Errors: `notification.bad-yaml`, `notification.bad-file`, `schedule.bad-zone`; each with file and line. */
export function parseSettings(text: string): NotificationSettings {
  const { value, place } = readYamlFile({ file: FILE, text, area: 'notification' }, notificationSettingsSchema)
  for (const [name, channel] of Object.entries(value.channels)) {
    const wrong = wrongWith(name, channel)
    if (wrong !== undefined)
      throw mistake('notification.bad-file', `${place(['channels', name, wrong.key])}: ${wrong.message}`, 'Correct the channel.')
    for (const key of ['digest', 'quiet_hours'] as const) {
      try {
        requireZone(channel[key]?.zone ?? 'UTC')
      } catch (thrown) {
        const failure = toFailure(thrown)
        throw mistake(failure.code, `${place(['channels', name, key, 'zone'])}: ${failure.message}`, failure.hint ?? undefined)
      }
    }
  }
  return value
}

/** The workspace’s own settings, or the defaults where it has none. */
export async function readSettings(folder: string): Promise<NotificationSettings> {
  const text = await readFile(join(folder, FILE), 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return ''
    throw thrown
  })
  return parseSettings(text)
}

/** The variables that a channel names. */
export function variablesOf({ smtp, webhook }: Channel): string[] {
  return [smtp?.password_env, webhook?.url_env, webhook?.secret_env].filter((name) => name !== undefined)
}

/** The value of a variable. Errors: `notification.no-secret`. */
export function secretOf(name: string, environment: NodeJS.ProcessEnv): string {
  const value = environment[name]
  if (value === undefined || value === '')
    throw mistake(
      'notification.no-secret',
      `The environment variable ${name}, which notifications.yaml names, is not set`,
      'Set it before Quintile starts. The desktop app passes on only variables whose names begin with QUINTILE_.',
    )
  return value
}
