/**
 * Words of notifications: the file `notifications.yaml`, the inbox and what became of each message. Secrets stand nowhere
 * in them: the file names environment variables.
 */
import { z } from 'zod'
import { durationSchema, NOTIFY_KINDS } from './schedule.ts'

export const SEVERITIES = ['info', 'warning', 'error'] as const
export const severitySchema = z.enum(SEVERITIES)
export type Severity = z.infer<typeof severitySchema>

export const notificationKindSchema = z.enum(NOTIFY_KINDS)
export type NotificationKind = z.infer<typeof notificationKindSchema>

/** What a notification is about; whatever it names can be opened. */
const subjectSchema = {
  run_id: z.string().nullable(),
  schedule: z.string().nullable(),
  job: z.string().nullable(),
  check: z.string().nullable(),
}

/** One entry of the inbox: one cause from its first time until it is gone. */
export const notificationSchema = z.object({
  notification_id: z.string(),
  /** The same as long as the same thing is wrong, e.g. `failure:load_orders:warehouse.unreachable`. */
  cause: z.string(),
  kind: notificationKindSchema,
  severity: severitySchema,
  title: z.string(),
  body: z.string(),
  ...subjectSchema,
  first_at: z.string(),
  last_at: z.string(),
  /** How often it came since `first_at`. */
  count: z.int(),
  read_at: z.string().nullable(),
  recovered_at: z.string().nullable(),
  /** What became of it on each channel. */
  deliveries: z.array(z.lazy(() => deliverySchema)),
})
export type Notification = z.infer<typeof notificationSchema>

/** `elsewhere`: another machine sends it. `withdrawn`: it recovered before it was due. */
export const DELIVERY_STATES = ['waiting', 'sent', 'failed', 'elsewhere', 'withdrawn'] as const

export const deliverySchema = z.object({
  channel: z.string(),
  state: z.enum(DELIVERY_STATES),
  /** When it is to be sent, or was decided. */
  at: z.string(),
  attempts: z.int(),
  /** Why it failed, waits, or is sent by another machine; never with secrets. */
  reason: z.string().nullable(),
})
export type Delivery = z.infer<typeof deliverySchema>

export const channelSummarySchema = z.object({
  channel: z.string(),
  kind: z.enum(['smtp', 'webhook', 'desktop']),
  severity: severitySchema,
  /** Where it goes, without secrets: the mail addresses, the host of a webhook. */
  to: z.string(),
  /** Environment variables that it needs and that are not set. */
  missing: z.array(z.string()),
  /** The last thing that became of a message on it; null when there was none. */
  last: deliverySchema.nullable(),
})
export type ChannelSummary = z.infer<typeof channelSummarySchema>

const variable = z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable')
const address = z.string().regex(/^[^\s@<>,;]+@[^\s@<>,;]+$/, 'a mail address')
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 08:00')

const smtpSchema = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(587),
  /** TLS from the first byte (usually port 465); otherwise STARTTLS where the server offers it. */
  secure: z.boolean().default(false),
  user: z.string().optional(),
  password_env: variable.optional(),
  from: z.string().min(3).max(200),
  /** Addresses; the word `owner` stands for the owner of the schedule, where that is an address. */
  to: z
    .array(z.union([z.literal('owner'), address]))
    .min(1)
    .max(50),
})

const webhookSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).optional(),
  url_env: variable.optional(),
  shape: z.enum(['slack', 'plain']).default('plain'),
  /** Signs each message: HMAC-SHA256 in the header `x-quintile-signature`. */
  secret_env: variable.optional(),
})

const digestSchema = z.strictObject({
  every: durationSchema.optional(),
  daily_at: timeOfDay.optional(),
  zone: z.string().default('UTC'),
})

const quietSchema = z.strictObject({ from: timeOfDay, to: timeOfDay, zone: z.string().default('UTC') })

export const channelSchema = z.strictObject({
  smtp: smtpSchema.optional(),
  webhook: webhookSchema.optional(),
  desktop: z.literal(true).optional(),
  /** What is less is not sent; a recovery goes where the failure went. */
  severity: severitySchema.default('warning'),
  /** Collects, and sends all at once. */
  digest: digestSchema.optional(),
  /** Nothing is sent between these times of day; it follows when they end. */
  quiet_hours: quietSchema.optional(),
})
export type Channel = z.output<typeof channelSchema>

const rulesSchema = z.strictObject({
  failure: z.boolean().default(true),
  recovery: z.boolean().default(true),
  check_error: z.boolean().default(true),
  missed: z.boolean().default(true),
  /** Whose runs go to the channels; the inbox has them all. */
  runs: z.enum(['scheduled', 'all']).default('scheduled'),
})

export const notificationSettingsSchema = z.strictObject({
  channels: z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'a name: small letters, digits, _ and -'), channelSchema).default({
    desktop: { desktop: true, severity: 'warning' },
  }),
  rules: rulesSchema.prefault({}),
  /** The same cause is told again after this long, if it is still there. */
  repeat_after: durationSchema.default('24 hours'),
  /** How long a failure may mend itself before it is told. */
  grace: durationSchema.optional(),
})
export type NotificationSettings = z.output<typeof notificationSettingsSchema>
