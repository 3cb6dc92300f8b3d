/** `quintile notifications list|read|channels|test` */
import { InvalidArgumentError, type Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, table } from '../output.ts'

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ')

async function list(context: Context, { unread = false, limit }: { unread?: boolean; limit: number }): Promise<void> {
  await withRooms(context, 'offline', async (rooms) => {
    const found = await rooms.schedules.notifications.list({ offset: 0, limit, unread })
    context.output.result(found, () => [
      ...table(
        ['', 'When (UTC)', 'Severity', 'Times', 'What', 'Run', 'Notification'],
        found.notifications.map(({ read_at, last_at, severity, count, title, run_id, notification_id }) => [
          read_at === null ? '●' : '',
          minute(last_at),
          severity,
          number(count),
          title,
          run_id ?? '',
          notification_id,
        ]),
      ),
      `${number(found.notifications.length)} of ${number(found.total)}, ${number(found.unread)} unread`,
    ])
  })
}

async function read(context: Context, ids: readonly string[], { all = false }: { all?: boolean }): Promise<void> {
  if (all === ids.length > 0)
    throw mistake(
      'notification.not-named',
      'Name the notifications that were read, or say --all',
      '“quintile notifications list” shows them.',
    )
  await withRooms(context, 'offline', async (rooms) => {
    const count = await rooms.schedules.notifications.read(all ? null : ids)
    context.output.result({ read: count }, () => [`${number(count)} marked as read`])
  })
}

async function channels(context: Context): Promise<void> {
  await withRooms(context, 'offline', async (rooms) => {
    const found = await rooms.schedules.notifications.channels()
    context.output.result({ channels: found }, () =>
      table(
        ['Channel', 'Kind', 'From severity', 'To', 'Last'],
        found.map(({ channel, kind, severity, to, missing, last }) => [
          channel,
          kind,
          severity,
          missing.length === 0 ? to : `${to} (not set: ${missing.join(', ')})`,
          last === null ? '' : `${minute(last.at)} ${last.state}${last.reason === null ? '' : `: ${last.reason}`}`,
        ]),
      ),
    )
  })
}

async function test(context: Context, channel: string): Promise<void> {
  await withRooms(context, 'offline', async (rooms) => {
    const sent = await rooms.schedules.notifications.test(channel)
    context.output.result(sent, () => [`Sent a test on “${sent.channel}” to ${sent.to}`])
  })
}

function toLimit(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 500) throw new InvalidArgumentError('a whole number from 1 to 500')
  return value
}

/** Adds `notifications` to the program. */
export function addNotificationsCommands(program: Command): void {
  const notifications = program.command('notifications').description('the inbox of this machine, and where messages go')
  notifications
    .command('list')
    .description('list the inbox, newest first')
    .option('--unread', 'only what was not read')
    .option('--limit <n>', 'how many', toLimit, 20)
    .action((options: { unread?: boolean; limit: number }, command: Command) => list(openContext(command), options))
  notifications
    .command('read [notifications...]')
    .description('mark entries of the inbox as read')
    .option('--all', 'all of them')
    .action((ids: string[], options: { all?: boolean }, command: Command) => read(openContext(command), ids, options))
  notifications
    .command('channels')
    .description('list the channels of notifications.yaml, and what became of the last message on each')
    .action((_options: unknown, command: Command) => channels(openContext(command)))
  notifications
    .command('test <channel>')
    .description('send a test message now')
    .action((channel: string, _options: unknown, command: Command) => test(openContext(command), channel))
}
