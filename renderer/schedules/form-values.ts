/** What the form shows of a schedule’s text, and what it writes there. Pure. */
import type { Schedule } from '../../shared/schedule.ts'
import { CRON_PRESETS } from './new-schedule.ts'
import type { FieldName, ScheduleText } from './schedule-text.ts'

/** What holds where a key is not there. */
const DEFAULTS: Partial<Record<FieldName, unknown>> = {
  zone: 'UTC',
  missed: 'run_once',
  overlap: 'skip',
  only_on_power: false,
  only_online: false,
  enabled: true,
  health_check: true,
}

export const SWITCHES = [
  { name: 'enabled', label: 'Switched on' },
  { name: 'only_on_power', label: 'Only on mains power' },
  { name: 'only_online', label: 'Only with a network' },
  { name: 'health_check', label: 'Look at connections first' },
] as const satisfies readonly { name: FieldName; label: string }[]

export function textValue(text: ScheduleText, name: FieldName): string {
  const value = text.value(name) ?? DEFAULTS[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function listValue(text: ScheduleText, name: FieldName): string[] {
  const value = text.value(name)
  return Array.isArray(value) ? value.map(String) : []
}

/** Null where it is neither on nor off, as `only_on_power: { battery_above: 40 }`. */
export function switchValue(text: ScheduleText, name: FieldName): boolean | null {
  const value = text.value(name) ?? DEFAULTS[name]
  return typeof value === 'boolean' ? value : null
}

/** The policy for missed ticks, and how many of them it makes up. */
export function missedValue(text: ScheduleText): { policy: string; count: number } {
  const value = text.value('missed') ?? 'run_once'
  if (typeof value === 'string') return { policy: value, count: 3 }
  const count = (value as { each_up_to?: unknown }).each_up_to
  return { policy: 'each_up_to', count: typeof count === 'number' ? count : 3 }
}

/** Empty: none of the presets, so the expression itself is shown. */
export function presetOf(cron: string): string {
  const plain = cron.trim().replaceAll(/\s+/g, ' ')
  return CRON_PRESETS.find(({ name }) => name === plain)?.name ?? ''
}

export const MISSED_CHOICES = [
  { name: 'run_once', label: 'One run makes up for all' },
  { name: 'skip', label: 'Skip them' },
  { name: 'each_up_to', label: 'Make up each, the last …' },
] as const satisfies readonly { name: Extract<Schedule['missed'], string> | 'each_up_to'; label: string }[]

export const OVERLAP_CHOICES = [
  { name: 'skip', label: 'Skip the tick' },
  { name: 'queue', label: 'Wait for its end' },
  { name: 'allow', label: 'Run all the same' },
] as const satisfies readonly { name: Schedule['overlap']; label: string }[]
