/** Notifications of one workspace on one machine: the inbox, and the channels that it feeds. */
import { mistake, toFailure, type Failure } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import {
  notificationSettingsSchema,
  type Channel,
  type ChannelSummary,
  type Notification,
  type NotificationSettings,
} from '../../../shared/notification.ts'
import type { RunDetail, RunSummary } from '../../../shared/run.ts'
import { toIso } from '../../../shared/time.ts'
import type { KeptNotification, LocalStore } from '../../local/index.ts'
import type { Warehouse } from '../../warehouse/index.ts'
import { openClaims } from './claims.ts'
import { deliverDue, type DeliverNeeds } from './deliver.ts'
import { recoverInbox, tellInbox, type InboxNeeds } from './inbox.ts'
import { composeMessage, kindOf } from './message.ts'
import { occurrencesOf, proves, type Asker, type Occurrence } from './occurrence.ts'
import { sendMessage } from './send.ts'
import { readSettings, variablesOf } from './settings.ts'

export interface NotificationNeeds extends Omit<DeliverNeeds, 'claims' | 'ownerOf' | 'local'> {
  /** Of the workspace: `notifications.yaml` lies there. */
  folder: string
  local: LocalStore
  warehouse: Warehouse
  /** A run from the book, with its steps and checks. */
  showRun(runId: string): Promise<RunDetail>
  /** What a schedule says about telling; null when there is none of that name. */
  askerOf(schedule: string): Promise<Asker>
  /** Called when the inbox changed, for the screen. */
  changed(): void
}

const DAYS_KEPT = 90

/** What is done with the inbox and the channels, one after the other, in order of arrival. */
function openLine(needs: NotificationNeeds, inbox: InboxNeeds) {
  let line: Promise<void> = Promise.resolve()
  /** With a broken file the inbox still hears of everything, of the file first. */
  const settingsOrNone = async (): Promise<NotificationSettings> => {
    try {
      return await readSettings(needs.folder)
    } catch (thrown) {
      const none = notificationSettingsSchema.parse({ channels: {} })
      if (tellInbox(inbox, brokenSettings(toFailure(thrown)), none)) needs.changed()
      return none
    }
  }
  return {
    /** What goes wrong is logged and stops nothing. */
    inTurn: (work: (settings: NotificationSettings) => Promise<void>): Promise<void> => {
      line = line.then(async () => work(await settingsOrNone())).catch(needs.log)
      return line
    },
    settled: (): Promise<void> => line,
  }
}

/** What a person does with them. */
function openDesk(needs: NotificationNeeds) {
  const { local, clock, folder, workspace, machine } = needs
  return {
    /** Newest first. */
    list: (page: { offset: number; limit: number; unread: boolean }): { notifications: Notification[]; total: number; unread: number } =>
      local.listNotifications(page),

    /** Marks these as read, or all; answers how many were not. */
    read: (ids: readonly string[] | null): number => {
      const changed = local.markRead(ids, toIso(clock()))
      if (changed > 0) needs.changed()
      return changed
    },

    /** The channels of the file, without secrets. Errors: `notification.bad-file`. */
    channels: async (): Promise<ChannelSummary[]> => {
      const { channels } = await readSettings(folder)
      return Object.entries(channels).map(([name, channel]) => summarise(name, channel, needs))
    },

    /** Sends a message that says it is a test, now. Errors: `notification.unknown-channel`, `notification.not-sent`, `notification.no-secret`. */
    test: async (name: string): Promise<{ channel: string; to: string }> => {
      const { channels } = await readSettings(folder)
      const channel = channels[name]
      if (channel === undefined)
        throw mistake('notification.unknown-channel', `There is no channel “${name}”`, suggest(name, Object.keys(channels)))
      const sender = { workspace, machine, at: toIso(clock()) }
      await sendMessage(channel, composeMessage([testNotification(name, sender)], sender, []), needs)
      return { channel: name, to: addressOf(channel, needs.environment) }
    },
  }
}

/** Opens them. Errors: none here; calls reject with `notification.*`. */
export function openNotifications(needs: NotificationNeeds) {
  const { local, clock } = needs
  const claims = openClaims(needs.warehouse, needs.machine)
  const inbox: InboxNeeds = { local, clock, hasDesktop: needs.showDesktop !== null }
  const { inTurn, settled } = openLine(needs, inbox)
  const deliver = (settings: NotificationSettings): Promise<void> =>
    deliverDue({ ...needs, claims, ownerOf: async (schedule) => (await needs.askerOf(schedule)).owner }, settings)

  return {
    ...openDesk(needs),
    settled,
    /** Something happened outside of a run: a tick was missed or could not run. */
    tell: (occurrence: Occurrence): Promise<void> =>
      inTurn(async (settings) => {
        if (!tellInbox(inbox, occurrence, settings)) return
        needs.changed()
        await deliver(settings)
      }),

    /** A run ended, of whatever machine. Told twice of the same run, it does nothing. */
    onRunEnded: ({ run_id, ended_at }: RunSummary): Promise<void> =>
      inTurn(async (settings) => {
        if (ended_at === null) return
        const run = await needs.showRun(run_id)
        const asker = run.schedule === null ? { notify: null, owner: null } : await needs.askerOf(run.schedule)
        const told = occurrencesOf(run, asker).map((occurrence) => tellInbox(inbox, occurrence, settings))
        const over = local.openNotifications().filter((open) => open.occasion !== run.run_id && proves(run, open))
        for (const open of over) recoverInbox(inbox, open, { runId: run.run_id, settings })
        if (over.length === 0 && !told.includes(true)) return
        needs.changed()
        await deliver(settings)
      }),

    /** Sends what waits; to be called every minute. */
    sweep: (): Promise<void> => inTurn(deliver),

    /** Drops what nobody will look at any more. */
    prune: (): Promise<void> =>
      inTurn(async () => {
        local.pruneNotifications(toIso(clock() - DAYS_KEPT * 86_400_000))
        await claims.prune(clock())
      }),
  }
}

function summarise(name: string, channel: Channel, { local, environment }: NotificationNeeds): ChannelSummary {
  const last = local.lastDelivery(name)
  return {
    channel: name,
    kind: kindOf(channel),
    severity: channel.severity,
    to: addressOf(channel, environment),
    missing: variablesOf(channel).filter((variable) => (environment[variable] ?? '') === ''),
    last: last === undefined ? null : { channel: name, state: last.state, at: last.at, attempts: last.attempts, reason: last.reason },
  }
}

/** A webhook’s path is its secret; the host may be shown. */
function addressOf({ smtp, webhook }: Channel, environment: NodeJS.ProcessEnv): string {
  if (smtp !== undefined) return smtp.to.join(', ')
  if (webhook === undefined) return 'this computer'
  const url = webhook.url ?? environment[webhook.url_env ?? ''] ?? ''
  return URL.canParse(url) ? new URL(url).host : `the address in ${webhook.url_env ?? ''}`
}

function testNotification(
  channel: string,
  { workspace, machine, at }: { workspace: string; machine: string; at: string },
): KeptNotification {
  return {
    ...{ notification_id: 'test', cause: 'test', kind: 'recovery', severity: 'info', title: `Test of the channel “${channel}”` },
    body: `A test from ${machine}, workspace “${workspace}”. If you read this, the channel works.`,
    ...{ run_id: null, schedule: null, job: null, check: null, occasion: 'test', told_at: at, first_at: at, last_at: at },
    ...{ count: 1, read_at: null, recovered_at: at },
  }
}

function brokenSettings({ message, hint }: Failure): Occurrence {
  return {
    ...{ cause: 'settings:notifications', kind: 'failure', severity: 'error', title: 'No channel works: notifications.yaml is not valid' },
    ...{ body: hint === null ? message : `${message}\n${hint}`, occasion: message },
    ...{ run_id: null, schedule: null, job: null, check: null, notify: null, owner: null },
  }
}
