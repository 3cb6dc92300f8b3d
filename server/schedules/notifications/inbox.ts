/**
 * From occurrences to the inbox and to messages that wait for their channel. One cause is one entry: while it lasts, each
 * further time only counts, and the channels hear of it again only after `repeat_after`.
 */
import { v7 as newId } from 'uuid'
import { SEVERITIES, type Channel, type NotificationSettings } from '../../../shared/notification.ts'
import { durationMilliseconds } from '../../../shared/schedule.ts'
import { toIso, type Clock } from '../../../shared/time.ts'
import type { KeptNotification, LocalStore } from '../../local/index.ts'
import { sayCount } from '../words.ts'
import type { Occurrence } from './occurrence.ts'
import { digestAt } from './times.ts'

export interface InboxNeeds {
  local: LocalStore
  clock: Clock
  /** Whether there is a desktop to show anything on. */
  hasDesktop: boolean
}

function queue(
  { local }: InboxNeeds,
  notification: KeptNotification,
  { channels, from }: { channels: readonly [string, Channel][]; from: number },
): void {
  for (const [channel, settings] of channels) {
    const at = toIso(digestAt(settings, from))
    local.addDelivery({ notification_id: notification.notification_id, channel, state: 'waiting', at, attempts: 0, reason: null })
  }
}

function add(
  { local, clock }: InboxNeeds,
  occurrence: Omit<Occurrence, 'notify' | 'owner'>,
  recovered_at: string | null,
): KeptNotification {
  const { cause, kind, severity, title, body, run_id, schedule, job, check, occasion } = occurrence
  const at = toIso(clock())
  const notification = {
    ...{ notification_id: newId(), cause, kind, severity, title, body, run_id, schedule, job, check, occasion },
    ...{ first_at: at, last_at: at, told_at: at, count: 1, read_at: null, recovered_at },
  }
  local.putNotification(notification)
  return notification
}

/** Counts it; answers with the entry when it is time to tell again. */
function repeat(
  { local, clock }: InboxNeeds,
  open: KeptNotification,
  { occurrence, after }: { occurrence: Occurrence; after: number },
): KeptNotification | null {
  const { title, body, run_id, occasion, severity } = occurrence
  const at = toIso(clock())
  const again = clock() - Date.parse(open.told_at) >= after
  const news = again ? { told_at: at, read_at: null } : {}
  const changed = { ...open, title, body, run_id, occasion, severity, last_at: at, count: open.count + 1, ...news }
  local.putNotification(changed)
  return again ? changed : null
}

/** Puts it into the inbox; answers whether anything is new. Told again of the same occasion, it does nothing. */
export function tellInbox(needs: InboxNeeds, occurrence: Occurrence, settings: NotificationSettings): boolean {
  const { local, clock, hasDesktop } = needs
  return local.asOne(() => {
    const open = local.openNotifications().find(({ cause }) => cause === occurrence.cause)
    if (open?.occasion === occurrence.occasion) return false
    const after = durationMilliseconds(settings.repeat_after)
    const told = open === undefined ? add(needs, occurrence, null) : repeat(needs, open, { occurrence, after })
    if (told === null) return true
    const grace = occurrence.kind === 'missed' ? undefined : (occurrence.notify?.grace ?? settings.grace)
    const channels = Object.entries(settings.channels).filter(([name, channel]) =>
      wants(occurrence, settings, { name, channel, hasDesktop }),
    )
    queue(needs, told, { channels, from: clock() + (grace === undefined ? 0 : durationMilliseconds(grace)) })
    return true
  })
}

/** Closes a cause; what waits to be told is withdrawn, and who was told hears that it is over. */
export function recoverInbox(
  needs: InboxNeeds,
  open: KeptNotification,
  { runId, settings }: { runId: string; settings: NotificationSettings },
): void {
  const { local, clock } = needs
  local.asOne(() => {
    const at = toIso(clock())
    local.putNotification({ ...open, recovered_at: at })
    const deliveries = local.deliveriesOf(open.notification_id)
    for (const delivery of deliveries)
      if (delivery.state === 'waiting')
        local.putDelivery({ ...delivery, state: 'withdrawn', at, reason: 'it recovered before it was to be sent' })
    if (open.kind === 'missed') return
    const { cause, schedule, job, check } = open
    const words = { title: sayRecovered(open), body: sayHistory(open) }
    const subject = { run_id: runId, schedule, job, check, occasion: runId }
    const notification = add(needs, { cause, kind: 'recovery', severity: 'info', ...words, ...subject }, at)
    if (!settings.rules.recovery) return
    const told = new Set(deliveries.filter(({ state }) => state === 'sent' || state === 'elsewhere').map(({ channel }) => channel))
    queue(needs, notification, { channels: Object.entries(settings.channels).filter(([name]) => told.has(name)), from: clock() })
  })
}

function wants(
  occurrence: Occurrence,
  { rules }: NotificationSettings,
  { name, channel, hasDesktop }: { name: string; channel: Channel; hasDesktop: boolean },
): boolean {
  const { kind, severity, schedule, notify } = occurrence
  if (channel.desktop === true && !hasDesktop) return false
  if (schedule === null && rules.runs === 'scheduled') return false
  if (notify?.channels !== undefined && !notify.channels.includes(name)) return false
  if (!(notify?.on === undefined ? rules[kind] : notify.on.includes(kind))) return false
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(channel.severity)
}

function sayRecovered({ job, check, schedule }: KeptNotification): string {
  if (check !== null) return `Recovered: check “${check}” of ${job ?? ''} passes again`
  return job === null ? `Recovered: ${schedule === null ? 'runs succeed' : `“${schedule}” runs`} again` : `Recovered: ${job} succeeds again`
}

function sayHistory({ title, count, first_at }: KeptNotification): string {
  return `Before: ${title}\n${sayCount(count, 'time')} since ${first_at}.`
}
