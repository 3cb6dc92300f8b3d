/** Calls about schedules, their ticks, and notifications. */
import { z } from 'zod'
import { channelSummarySchema, notificationSchema } from '../notification.ts'
import {
  nextTickSchema,
  scheduleDetailSchema,
  scheduleNameSchema,
  scheduleSummarySchema,
  scheduleTickSchema,
  scheduleValidationSchema,
} from '../schedule.ts'
import { call } from './call.ts'

const nothing = z.object({})
const none = z.undefined()
const named = z.object({ schedule: scheduleNameSchema })
const page = { offset: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(500).default(100) }

export const scheduleCalls = {
  'schedules.list': call({
    method: 'GET',
    path: '/api/schedules',
    summary: 'Every schedule with its next five times and its last ticks',
    params: nothing,
    body: none,
    answer: z.object({ schedules: z.array(scheduleSummarySchema) }),
    status: 200,
  }),
  'schedules.show': call({
    method: 'GET',
    path: '/api/schedules/:schedule',
    summary: 'One schedule with its file',
    params: named,
    body: none,
    answer: scheduleDetailSchema,
    status: 200,
  }),
  'schedules.ledger': call({
    method: 'GET',
    path: '/api/schedules/:schedule/ticks',
    summary: 'When a schedule was due and what came of it, newest first',
    params: z.object({ schedule: scheduleNameSchema, limit: page.limit }),
    body: none,
    answer: z.object({ ticks: z.array(scheduleTickSchema), source: z.enum(['warehouse', 'cache']), as_of: z.string().nullable() }),
    status: 200,
  }),
  'schedules.next': call({
    method: 'GET',
    path: '/api/schedules/:schedule/next',
    summary: 'The next times of a schedule',
    params: z.object({ schedule: scheduleNameSchema, count: z.coerce.number().int().min(1).max(50).default(5) }),
    body: none,
    answer: z.object({ next: z.array(nextTickSchema) }),
    status: 200,
  }),
  'schedules.validate': call({
    method: 'POST',
    path: '/api/schedules/validate',
    summary: 'What a text would mean as a schedule; saves nothing',
    params: nothing,
    body: z.strictObject({ text: z.string().max(20_000), schedule: scheduleNameSchema.optional() }),
    answer: scheduleValidationSchema,
    status: 200,
  }),
  'schedules.save': call({
    method: 'POST',
    path: '/api/schedules/:schedule/save',
    summary: 'Create or change a schedule by its text',
    params: named,
    body: z.strictObject({ text: z.string().max(20_000) }),
    answer: scheduleDetailSchema,
    status: 200,
  }),
  'schedules.enable': call({
    method: 'POST',
    path: '/api/schedules/:schedule/enable',
    summary: 'Switch a schedule on or off; ticks of the time off are not missed',
    params: named,
    body: z.strictObject({ enabled: z.boolean() }),
    answer: scheduleDetailSchema,
    status: 200,
  }),
  'schedules.remove': call({
    method: 'POST',
    path: '/api/schedules/:schedule/remove',
    summary: 'Remove a schedule; its ticks stay in the ledger',
    params: named,
    body: z.strictObject({}),
    answer: z.object({ removed: z.boolean() }),
    status: 200,
  }),
  'schedules.run_now': call({
    method: 'POST',
    path: '/api/schedules/:schedule/run',
    summary: 'Start now what a tick would start',
    params: named,
    body: z.strictObject({}),
    answer: z.object({ run_id: z.string() }),
    status: 202,
  }),
  'notifications.list': call({
    method: 'GET',
    path: '/api/notifications',
    summary: 'The inbox, newest first',
    params: z.object({ ...page, unread: z.stringbool().default(false) }),
    body: none,
    answer: z.object({ notifications: z.array(notificationSchema), total: z.int(), unread: z.int() }),
    status: 200,
  }),
  'notifications.read': call({
    method: 'POST',
    path: '/api/notifications/read',
    summary: 'Mark entries of the inbox as read; all when none are named',
    params: nothing,
    body: z.strictObject({ ids: z.array(z.string().max(100)).max(1_000).nullable() }),
    answer: z.object({ read: z.int() }),
    status: 200,
  }),
  'notifications.channels': call({
    method: 'GET',
    path: '/api/notifications/channels',
    summary: 'Where notifications go, and what became of the last one',
    params: nothing,
    body: none,
    answer: z.object({ channels: z.array(channelSummarySchema) }),
    status: 200,
  }),
  'notifications.test': call({
    method: 'POST',
    path: '/api/notifications/channels/:channel/test',
    summary: 'Send a test message now',
    params: z.object({ channel: scheduleNameSchema }),
    body: z.strictObject({}),
    answer: z.object({ channel: z.string(), to: z.string() }),
    status: 200,
  }),
}
