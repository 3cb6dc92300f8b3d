/** Sends what waits: quiet hours, one machine for all, one message for what is due together, and another try where it helps. */
import { toFailure } from '../../../shared/failure.ts'
import type { Channel, NotificationSettings } from '../../../shared/notification.ts'
import { durationMilliseconds } from '../../../shared/schedule.ts'
import { toIso, type Clock } from '../../../shared/time.ts'
import type { KeptDelivery, KeptNotification, LocalStore } from '../../local/index.ts'
import type { Claimed, Claims } from './claims.ts'
import { composeMessage, type Message } from './message.ts'
import { sendMessage, type SendNeeds } from './send.ts'
import { quietUntil } from './times.ts'

export interface DeliverNeeds extends SendNeeds {
  local: LocalStore
  claims: Claims
  clock: Clock
  workspace: string
  machine: string
  /** The owner of a schedule, for mail to `owner`. */
  ownerOf(schedule: string): Promise<string | null>
  log(thrown: unknown): void
}

/** One message and what it tells. */
interface Item {
  delivery: KeptDelivery
  notification: KeptNotification
}

/** Waits before the second, third and fourth try; then it has failed. */
const WAIT_MINUTES = [1, 5, 25]
/** A process that dies while sending leaves its message to the next look after this. */
const HOLD_MILLISECONDS = 2 * 60_000

function claimOf({ workspace }: DeliverNeeds, { delivery, notification }: Item): Claimed {
  return {
    channel: `${workspace}/${delivery.channel}`,
    cause: notification.cause,
    occasion: notification.occasion,
    kind: notification.kind === 'recovery' ? 'recovery' : 'alarm',
  }
}

/** Ours to send? Where the warehouse cannot be asked, yes: rather twice than never. */
async function isOurs(needs: DeliverNeeds, item: Item, repeatAfter: number): Promise<boolean> {
  const { local, claims, clock, log } = needs
  try {
    const answer = await claims.take(claimOf(needs, item), { now: clock(), repeatAfter })
    if (answer.ours) return true
    const { again, why } = answer
    local.putDelivery({ ...item.delivery, state: again === null ? 'elsewhere' : 'waiting', at: toIso(again ?? clock()), reason: why })
  } catch (thrown) {
    const failure = toFailure(thrown)
    if (failure.kind === 'retry') return true
    log(thrown)
    local.putDelivery({ ...item.delivery, state: 'failed', at: toIso(clock()), reason: failure.message })
  }
  return false
}

async function compose({ workspace, machine, clock, ownerOf }: DeliverNeeds, items: readonly Item[]): Promise<Message> {
  const notifications = items.map(({ notification }) => notification)
  const schedules = new Set(notifications.flatMap(({ schedule }) => schedule ?? []))
  const owners = await Promise.all([...schedules].map((schedule) => ownerOf(schedule)))
  return composeMessage(
    notifications,
    { workspace, machine, at: toIso(clock()) },
    owners.flatMap((owner) => owner ?? []),
  )
}

/** One message for all of them; what it comes to is written to each. */
async function send(needs: DeliverNeeds, channel: Channel, items: readonly Item[]): Promise<void> {
  const { local, claims, clock, log } = needs
  const failure = await compose(needs, items)
    .then((message) => sendMessage(channel, message, needs))
    .then(() => null, toFailure)
  for (const item of items) {
    const { delivery } = item
    const reason = failure?.message ?? null
    const minutes = failure?.kind === 'retry' ? WAIT_MINUTES[delivery.attempts] : undefined
    const state = failure === null ? 'sent' : minutes === undefined ? 'failed' : 'waiting'
    local.putDelivery({ ...delivery, state, at: toIso(clock() + (minutes ?? 0) * 60_000), attempts: delivery.attempts + 1, reason })
    if (state !== 'waiting' && channel.desktop !== true) await claims.finish(claimOf(needs, item), state, reason).catch(log)
  }
}

async function carry(
  needs: DeliverNeeds,
  { name, due }: { name: string; due: readonly KeptDelivery[] },
  settings: NotificationSettings,
): Promise<void> {
  const { local, clock } = needs
  const channel = settings.channels[name]
  const put = (change: Partial<KeptDelivery>): void => due.forEach((delivery) => local.putDelivery({ ...delivery, ...change }))
  if (channel === undefined) return put({ state: 'failed', at: toIso(clock()), reason: 'notifications.yaml no longer has this channel' })
  const quiet = quietUntil(channel, clock())
  if (quiet !== null) return put({ at: toIso(quiet), reason: 'quiet hours' })
  const items: Item[] = []
  for (const delivery of due) {
    const held = toIso(clock() + HOLD_MILLISECONDS)
    const notification = local.notification(delivery.notification_id)
    if (notification === undefined || !local.holdDelivery(delivery, held)) continue
    const item = { delivery: { ...delivery, at: held }, notification }
    if (channel.desktop === true || (await isOurs(needs, item, durationMilliseconds(settings.repeat_after)))) items.push(item)
  }
  if (items.length > 0) await send(needs, channel, items)
}

/** Sends everything whose time has come. Never rejects: a channel that fails breaks nothing else. */
export async function deliverDue(needs: DeliverNeeds, settings: NotificationSettings): Promise<void> {
  const byChannel = Map.groupBy(needs.local.dueDeliveries(toIso(needs.clock())), ({ channel }) => channel)
  for (const [name, due] of byChannel) await carry(needs, { name, due }, settings).catch(needs.log)
}
