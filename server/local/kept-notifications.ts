/**
 * The inbox of this machine and what became of each message on each channel. Unlike the rest of the file it is no copy:
 * if the file is lost, the inbox begins anew. What was sent stands in the warehouse too, so nothing is sent twice.
 */
import type { Database } from 'better-sqlite3'
import type { Delivery, Notification } from '../../shared/notification.ts'

/** A row of the inbox, without its deliveries. */
export interface KeptNotification extends Omit<Notification, 'deliveries'> {
  /** The run or tick that showed it last. */
  occasion: string
  /** When channels were last told of it. */
  told_at: string
}

/** A message to one channel. */
export interface KeptDelivery extends Delivery {
  delivery_id: number
  notification_id: string
}

export interface NotificationPage {
  offset: number
  limit: number
  unread: boolean
}

export interface KeptNotifications {
  /** Reads and writes of `work` as one, also against other processes of this machine. */
  asOne<T>(work: () => T): T
  /** Adds one, or puts it in the place of what was kept under its id. */
  putNotification(notification: KeptNotification): void
  notification(id: string): KeptNotification | undefined
  /** Causes that have not recovered, newest first. */
  openNotifications(): KeptNotification[]
  /** Newest first. */
  listNotifications(page: NotificationPage): { notifications: Notification[]; total: number; unread: number }
  /** These, or all when null; answers how many were unread. */
  markRead(ids: readonly string[] | null, at: string): number
  addDelivery(delivery: Omit<KeptDelivery, 'delivery_id'>): void
  /** Messages that wait and whose time has come, oldest first. */
  dueDeliveries(at: string): KeptDelivery[]
  /** Takes a waiting message in hand until then, so that no other process of this machine sends it; false when one was quicker. */
  holdDelivery(delivery: KeptDelivery, until: string): boolean
  putDelivery(delivery: KeptDelivery): void
  deliveriesOf(notificationId: string): KeptDelivery[]
  /** The last message of a channel that was decided. */
  lastDelivery(channel: string): KeptDelivery | undefined
  /** Drops what was last heard of before, open causes too: whatever still is wrong comes again. */
  pruneNotifications(before: string): void
}

const NOTIFICATION_COLUMNS = [
  ...['notification_id', 'cause', 'kind', 'severity', 'title', 'body', 'run_id', 'schedule', 'job', '"check"', 'occasion'],
  ...['first_at', 'last_at', 'told_at', 'count', 'read_at', 'recovered_at'],
]
const VALUES = NOTIFICATION_COLUMNS.map((column) => `@${column.replaceAll('"', '')}`).join(', ')
// Not “INSERT OR REPLACE”: that deletes the old row, and its deliveries with it.
const CHANGES = NOTIFICATION_COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')

function openDeliveries(database: Database) {
  const add = database.prepare(
    'INSERT INTO deliveries (notification_id, channel, state, at, attempts, reason) VALUES (@notification_id, @channel, @state, @at, @attempts, @reason)',
  )
  const put = database.prepare(
    'UPDATE deliveries SET state = @state, at = @at, attempts = @attempts, reason = @reason WHERE delivery_id = @delivery_id',
  )
  const hold = database.prepare(`UPDATE deliveries SET at = ? WHERE delivery_id = ? AND state = 'waiting' AND at = ?`)
  const due = database.prepare<[string], KeptDelivery>(
    `SELECT * FROM deliveries WHERE state = 'waiting' AND at <= ? ORDER BY at, delivery_id`,
  )
  const ofOne = database.prepare<[string], KeptDelivery>('SELECT * FROM deliveries WHERE notification_id = ? ORDER BY delivery_id')
  const last = database.prepare<[string], KeptDelivery>(
    `SELECT * FROM deliveries WHERE channel = ? AND state IN ('sent', 'failed') ORDER BY at DESC, delivery_id DESC LIMIT 1`,
  )
  return {
    addDelivery: (delivery: Omit<KeptDelivery, 'delivery_id'>) => void add.run(delivery),
    putDelivery: (delivery: KeptDelivery) => void put.run(delivery),
    holdDelivery: ({ delivery_id, at }: KeptDelivery, until: string) => hold.run(until, delivery_id, at).changes === 1,
    dueDeliveries: (at: string) => due.all(at),
    deliveriesOf: (notificationId: string) => ofOne.all(notificationId),
    lastDelivery: (channel: string) => last.get(channel),
  }
}

/** Opens the inbox in a migrated file. */
export function openKeptNotifications(database: Database): KeptNotifications {
  const deliveries = openDeliveries(database)
  const put = database.prepare(
    `INSERT INTO notifications (${NOTIFICATION_COLUMNS.join(', ')}) VALUES (${VALUES}) ON CONFLICT (notification_id) DO UPDATE SET ${CHANGES}`,
  )
  const one = database.prepare<[string], KeptNotification>('SELECT * FROM notifications WHERE notification_id = ?')
  const open = database.prepare<[], KeptNotification>('SELECT * FROM notifications WHERE recovered_at IS NULL ORDER BY last_at DESC')
  const page = database.prepare<[number, number, number], KeptNotification>(
    'SELECT * FROM notifications WHERE ? = 0 OR read_at IS NULL ORDER BY last_at DESC, notification_id DESC LIMIT ? OFFSET ?',
  )
  const count = database.prepare<[], { total: number; unread: number }>(
    'SELECT count(*) AS total, count(*) FILTER (WHERE read_at IS NULL) AS unread FROM notifications',
  )
  const readAll = database.prepare('UPDATE notifications SET read_at = ? WHERE read_at IS NULL')
  const readOne = database.prepare('UPDATE notifications SET read_at = ? WHERE read_at IS NULL AND notification_id = ?')
  const prune = database.prepare('DELETE FROM notifications WHERE last_at < ?')
  const toNotification = ({ occasion: _occasion, told_at: _told, ...shown }: KeptNotification): Notification => ({
    ...shown,
    deliveries: deliveries
      .deliveriesOf(shown.notification_id)
      .map(({ channel, state, at, attempts, reason }) => ({ channel, state, at, attempts, reason })),
  })
  return {
    ...deliveries,
    asOne: (work) => database.transaction(work).immediate(),
    putNotification: (notification) => void put.run(notification),
    notification: (id) => one.get(id),
    openNotifications: () => open.all(),
    listNotifications: ({ offset, limit, unread }) => {
      const { total, unread: left } = count.get() ?? { total: 0, unread: 0 }
      return { notifications: page.all(Number(unread), limit, offset).map(toNotification), total: unread ? left : total, unread: left }
    },
    markRead: (ids, at) => (ids === null ? readAll.run(at).changes : ids.reduce((changed, id) => changed + readOne.run(at, id).changes, 0)),
    pruneNotifications: (before) => void prune.run(before),
  }
}
