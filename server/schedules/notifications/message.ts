/** A message from what it tells: one text for mail and Slack, one object for programs. */
import type { Channel } from '../../../shared/notification.ts'
import type { KeptNotification } from '../../local/index.ts'
import { sayCount } from '../words.ts'

export interface Message {
  subject: string
  text: string
  /** ISO-8601 UTC. */
  sentAt: string
  /** Body of a plain webhook. */
  json: Record<string, unknown>
  /** Where a click leads, on the screen. */
  path: string
  /** Owners of the schedules that it is about. */
  owners: string[]
}

export interface Sender {
  workspace: string
  machine: string
  /** ISO-8601 UTC. */
  at: string
}

/** Longer texts say nothing more to a person; Slack refuses them. */
const LONGEST_TEXT = 2_800
const LONGEST_SUBJECT = 200

/** One line, without what could begin another header. */
function oneLine(text: string, longest: number): string {
  const flat = text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
  return flat.length <= longest ? flat : `${flat.slice(0, longest - 1)}…`
}

/** Where the screen shows what it is about. */
export function pathOf({ run_id, schedule }: Pick<KeptNotification, 'run_id' | 'schedule'>): string {
  if (run_id !== null) return `/runs/${run_id}`
  return schedule === null ? '/runs' : '/schedules'
}

function sayOne(notification: KeptNotification, workspace: string): string {
  const { body, count, first_at, run_id, schedule } = notification
  const look =
    run_id === null
      ? schedule === null
        ? []
        : [`Look: quintile schedules show ${schedule} --workspace ${workspace}`]
      : [`Look: quintile runs show ${run_id} --workspace ${workspace}`]
  const times = count > 1 ? [`${sayCount(count, 'time')} since ${first_at}.`] : []
  return [body, ...times, ...look].join('\n')
}

function toJson({ occasion: _occasion, told_at: _told, read_at: _read, ...told }: KeptNotification): Record<string, unknown> {
  return { ...told, path: pathOf(told) }
}

/** One message, or a digest of several. `owners` are those of their schedules. */
export function composeMessage(notifications: readonly KeptNotification[], sender: Sender, owners: readonly string[]): Message {
  const { workspace } = sender
  const [first] = notifications
  const several = notifications.length > 1
  const title = several || first === undefined ? sayCount(notifications.length, 'notification') : first.title
  const text = notifications
    .map((one) =>
      several ? `${one.last_at} ${one.severity.toUpperCase()} ${one.title}\n${sayOne(one, workspace)}` : sayOne(one, workspace),
    )
    .join('\n\n')
  return {
    subject: oneLine(`[Quintile ${workspace}] ${title}`, LONGEST_SUBJECT),
    text: text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}\n… the rest stands in Quintile’s inbox.`,
    sentAt: sender.at,
    json: { product: 'quintile', workspace, machine: sender.machine, sent_at: sender.at, notifications: notifications.map(toJson) },
    path: several || first === undefined ? '/' : pathOf(first),
    owners: [...owners],
  }
}

/** The kind of a channel. */
export function kindOf(channel: Channel): 'smtp' | 'webhook' | 'desktop' {
  if (channel.smtp !== undefined) return 'smtp'
  return channel.webhook === undefined ? 'desktop' : 'webhook'
}
