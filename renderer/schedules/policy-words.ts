/** The policies of a schedule as sentences. Pure. */
import type { Schedule } from '../../shared/schedule.ts'

export interface PolicyWord {
  about: 'missed' | 'overlap' | 'jitter' | 'power' | 'online' | 'health' | 'arguments'
  words: string
}

function missedWords(missed: Schedule['missed']): string {
  if (missed === 'run_once') return 'One run makes up for all missed ticks'
  if (missed === 'skip') return 'Missed ticks are skipped'
  return missed.each_up_to === 1 ? 'The last missed tick is made up' : `Each missed tick is made up, the last ${missed.each_up_to} at most`
}

const OVERLAP: Record<Schedule['overlap'], string> = {
  skip: 'Skipped while the run before goes on',
  queue: 'Waits while the run before goes on',
  allow: 'Runs also while the run before goes on',
}

function powerWords(power: Schedule['only_on_power']): string[] {
  if (power === false) return []
  return [power === true ? 'Only on mains power' : `Only on mains power or above ${power.battery_above} % battery`]
}

/** Settings of the run, as on the command line. */
function argumentWords({ full_reload, exclude, source, since, threads }: Schedule['arguments']): string[] {
  const words = [
    ...(full_reload === true ? ['full reload'] : []),
    ...(exclude === undefined || exclude.length === 0 ? [] : [`without ${exclude.join(', ')}`]),
    ...(source === undefined ? [] : [`only what reads ${source}`]),
    ...(since === undefined ? [] : [`from ${since} on`]),
    ...(threads === undefined ? [] : [threads === 1 ? 'one step at once' : `${threads} steps at once`]),
  ]
  const text = words.join(', ')
  return text === '' ? [] : [`${text.charAt(0).toUpperCase()}${text.slice(1)}`]
}

/** What a person should know of how it runs; what is as usual and goes without saying is left out. */
export function policyWords(schedule: Schedule): PolicyWord[] {
  const of = (about: PolicyWord['about'], words: string[]): PolicyWord[] => words.map((one) => ({ about, words: one }))
  return [
    ...of('arguments', argumentWords(schedule.arguments)),
    ...of('missed', [missedWords(schedule.missed)]),
    ...of('overlap', [OVERLAP[schedule.overlap]]),
    ...of('jitter', schedule.jitter === undefined ? [] : [`Up to ${schedule.jitter} later, each machine by its own part`]),
    ...of('power', powerWords(schedule.only_on_power)),
    ...of('online', schedule.only_online ? ['Only with a network'] : []),
    ...of('health', schedule.health_check ? [] : ['Connections are not looked at before it']),
  ]
}
