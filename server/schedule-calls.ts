/** The calls about schedules and notifications, answered by the rooms. */
import type { Handlers } from './api/index.ts'
import type { Rooms } from './assemble.ts'
import { begin, type UnderWay } from './run-calls.ts'

type ScheduleHandlers = Pick<
  Handlers,
  | 'schedules.list'
  | 'schedules.show'
  | 'schedules.ledger'
  | 'schedules.next'
  | 'schedules.validate'
  | 'schedules.save'
  | 'schedules.enable'
  | 'schedules.remove'
  | 'schedules.run_now'
  | 'notifications.list'
  | 'notifications.read'
  | 'notifications.channels'
  | 'notifications.test'
>

/** The handlers. */
export function answerScheduleCalls(rooms: Rooms, underWay: UnderWay): ScheduleHandlers {
  const { schedules } = rooms
  const { notifications } = schedules
  return {
    'schedules.list': async () => ({ schedules: await schedules.list() }),
    'schedules.show': ({ schedule }) => schedules.show(schedule),
    'schedules.ledger': ({ schedule, limit }) => schedules.ledger(schedule, limit),
    'schedules.next': async ({ schedule, count }) => ({ next: await schedules.next(schedule, count) }),
    'schedules.validate': (_params, { text, schedule }) => schedules.validate(text, schedule),
    'schedules.save': ({ schedule }, { text }) => schedules.save(schedule, { text }),
    'schedules.enable': ({ schedule }, { enabled }) => schedules.enable(schedule, enabled),
    'schedules.remove': async ({ schedule }) => {
      await schedules.remove(schedule)
      return { removed: true }
    },
    'schedules.run_now': ({ schedule }) =>
      begin({ rooms, underWay }, async (signal, onStarted) => {
        const started = await schedules.runNow(schedule, signal)
        onStarted()
        return started
      }),
    'notifications.list': (page) => notifications.list(page),
    'notifications.read': async (_params, { ids }) => ({ read: await notifications.read(ids) }),
    'notifications.channels': async () => ({ channels: await notifications.channels() }),
    'notifications.test': ({ channel }) => notifications.test(channel),
  }
}
