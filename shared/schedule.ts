/**
 * Words of a schedule: its file `schedules/<name>.yaml`, its ticks and what the screen shows of both. Times are ISO-8601
 * UTC, durations are written as “10 minutes”. A tick is one time at which a schedule is due.
 */
import { z } from 'zod'
import { selectionWord } from './plan.ts'

/** The name of a schedule is the name of its file. */
export const scheduleNameSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'a name: small letters, digits, _ and -')

const UNIT_SECONDS: Record<string, number> = { second: 1, minute: 60, hour: 3600, day: 86_400 }

/** A length of time in words: “30 seconds”, “10 minutes”, “1 hour”, “2 days”. */
export const durationSchema = z.string().regex(/^[1-9]\d{0,3} (second|minute|hour|day)s?$/, 'a duration such as 10 minutes')

/** Milliseconds of a duration in words. */
export function durationMilliseconds(text: string): number {
  const [count = '', unit = ''] = text.split(' ')
  return Number(count) * (UNIT_SECONDS[unit.replace(/s$/, '')] ?? 0) * 1000
}

/** What a person may be told about a schedule’s runs. */
export const NOTIFY_KINDS = ['failure', 'recovery', 'check_error', 'missed'] as const

/** Settings of a run that a schedule may give; what rebuilds history wants a person who confirms it. */
const argumentsSchema = z.strictObject({
  exclude: z.array(selectionWord).max(200).optional(),
  source: z.string().optional(),
  full_reload: z.boolean().optional(),
  since: z.string().max(100).optional(),
  threads: z.int().min(1).max(32).optional(),
})

const notifySchema = z.strictObject({
  /** Channels of notifications.yaml; all of them when left out. The inbox always hears of it. */
  channels: z.array(z.string()).optional(),
  /** What to tell; what notifications.yaml says when left out. */
  on: z.array(z.enum(NOTIFY_KINDS)).optional(),
  /** How long a failure may mend itself before it is told. */
  grace: durationSchema.optional(),
})

export const scheduleSchema = z.strictObject({
  title: z.string().min(1).max(120),
  cron: z.string().min(1).max(200),
  zone: z.string().default('UTC'),
  jobs: z.array(selectionWord).min(1).max(200),
  arguments: argumentsSchema.default({}),
  /** What becomes of ticks that nobody could run in time. */
  missed: z.union([z.enum(['run_once', 'skip']), z.strictObject({ each_up_to: z.int().min(1).max(100) })]).default('run_once'),
  /** What becomes of a tick while the run of the one before still goes on. */
  overlap: z.enum(['skip', 'queue', 'allow']).default('skip'),
  /** Each machine waits its own fixed part of this, so that not all begin in one second. */
  jitter: durationSchema.optional(),
  only_on_power: z.union([z.boolean(), z.strictObject({ battery_above: z.int().min(1).max(99) })]).default(false),
  only_online: z.boolean().default(false),
  enabled: z.boolean().default(true),
  /** Look first whether the warehouse and the sources can be reached. */
  health_check: z.boolean().default(true),
  owner: z.string().max(200).optional(),
  notify: notifySchema.default({}),
})
export type Schedule = z.output<typeof scheduleSchema>
export type ScheduleInput = z.input<typeof scheduleSchema>

/** `claimed`: a machine has it in hand. `ran`, `failed`: the run ended so, or could not begin. `missed`, `skipped`: no run, the note says why. */
export const TICK_OUTCOMES = ['claimed', 'ran', 'missed', 'skipped', 'failed'] as const

export const scheduleTickSchema = z.object({
  schedule: z.string(),
  due_at: z.string(),
  outcome: z.enum(TICK_OUTCOMES),
  run_id: z.string().nullable(),
  machine: z.string(),
  decided_at: z.string(),
  note: z.string().nullable(),
})
export type ScheduleTick = z.infer<typeof scheduleTickSchema>

/** A time at which it will be due. */
export const nextTickSchema = z.object({
  at: z.string(),
  /** For people, e.g. “Sat 22 Nov 02:00 (01:00 UTC)”. */
  words: z.string(),
  /** What daylight saving does to it; null on every other day. */
  note: z.string().nullable(),
})
export type NextTick = z.infer<typeof nextTickSchema>

/** What is wrong with a schedule’s file. */
const problemSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() })

export const SCHEDULE_STATES = ['idle', 'running', 'waiting', 'disabled', 'broken'] as const

export const scheduleSummarySchema = z.object({
  name: scheduleNameSchema,
  /** Null when the file cannot be read; then `problem` says why. */
  schedule: scheduleSchema.nullable(),
  problem: problemSchema.nullable(),
  state: z.enum(SCHEDULE_STATES),
  /** Why it waits, in words. */
  waiting: z.string().nullable(),
  /** “every day at 02:00 Europe/Paris; next Sat 22 Nov 02:00 (01:00 UTC)”. */
  words: z.string(),
  next: z.array(nextTickSchema),
  /** Newest first, at most 10. */
  ticks: z.array(scheduleTickSchema),
  /** Where the ticks came from, and when they were read. */
  ticks_source: z.enum(['warehouse', 'cache']),
  ticks_as_of: z.string().nullable(),
})
export type ScheduleSummary = z.infer<typeof scheduleSummarySchema>

/** One schedule with its file as it stands. */
export const scheduleDetailSchema = scheduleSummarySchema.extend({ file: z.string(), text: z.string() })
export type ScheduleDetail = z.infer<typeof scheduleDetailSchema>

/** What a text would mean as a schedule, before it is saved. */
export const scheduleValidationSchema = z.object({
  ok: z.boolean(),
  problem: problemSchema.nullable(),
  words: z.string().nullable(),
  next: z.array(nextTickSchema),
})
export type ScheduleValidation = z.infer<typeof scheduleValidationSchema>
