/**
 * What a person has chosen, as the words of `--jobs` and `--exclude`: jobs, groups or `all`, each perhaps with all that it
 * needs and all that need it. Pure.
 */
import type { JobNode } from './graph-bands.ts'
import { neededBy, needsOf } from './graph-walk.ts'

export interface Word {
  /** A job, a group, or `all`. */
  name: string
  withNeeds: boolean
  withNeeding: boolean
}

export interface Selection {
  words: readonly Word[]
  exclude: readonly string[]
  /** Only jobs that read this source. */
  source: string | null
}

export type Known = JobNode & { source: string | null }

export const NOTHING: Selection = { words: [], exclude: [], source: null }

/** `+fact_sales+` */
export function writeWord({ name, withNeeds, withNeeding }: Word): string {
  return `${withNeeds ? '+' : ''}${name}${withNeeding ? '+' : ''}`
}

/** The word as it was written. */
export function readWord(text: string): Word {
  return { name: text.replace(/^\+|\+$/g, ''), withNeeds: text.startsWith('+'), withNeeding: text.endsWith('+') }
}

function named(jobs: readonly Known[], name: string): string[] {
  return jobs.filter(({ job, group }) => name === 'all' || group === name || job === name).map(({ job }) => job)
}

/** The jobs that one word means. */
export function meaningOf(jobs: readonly Known[], { name, withNeeds, withNeeding }: Word): Set<string> {
  const start = named(jobs, name)
  return new Set([...start, ...(withNeeds ? needsOf(jobs, start) : []), ...(withNeeding ? neededBy(jobs, start) : [])])
}

/** The jobs that the whole selection means; the server decides, this only shows it at once. */
export function chosenJobs(jobs: readonly Known[], { words, exclude, source }: Selection): Set<string> {
  const chosen = new Set(words.flatMap((word) => [...meaningOf(jobs, word)]))
  for (const word of exclude) for (const job of meaningOf(jobs, readWord(word))) chosen.delete(job)
  if (source !== null) for (const job of jobs) if (job.source !== source) chosen.delete(job.job)
  return chosen
}

const word = (name: string): Word => ({ name, withNeeds: false, withNeeding: false })

/** Only this job from now on. */
export function chooseOnly(selection: Selection, name: string): Selection {
  return { ...selection, words: [word(name)], exclude: [] }
}

/** Puts a job, a group or `all` in, or takes it out: a job that other words bring along is excluded by name. */
export function toggle(jobs: readonly Known[], selection: Selection, name: string): Selection {
  const { words, exclude } = selection
  if (exclude.includes(name)) return { ...selection, exclude: exclude.filter((other) => other !== name) }
  const rest = { ...selection, words: words.filter((other) => other.name !== name) }
  const isJob = jobs.some(({ job }) => job === name)
  if (isJob && chosenJobs(jobs, { ...rest, source: null }).has(name)) return { ...rest, exclude: [...exclude, name] }
  if (rest.words.length < words.length) return rest.words.length === 0 ? { ...rest, exclude: [] } : rest
  return { ...selection, words: [...words, word(name)] }
}

/** Takes a word away; without words nothing is left to exclude. */
export function dropWord(selection: Selection, name: string): Selection {
  const words = selection.words.filter((other) => other.name !== name)
  return { ...selection, words, exclude: words.length === 0 ? [] : selection.exclude }
}

/** All words with what they need (or with what needs them), or all without when all have it already. */
export function widen(selection: Selection, side: 'withNeeds' | 'withNeeding'): Selection {
  const on = !selection.words.every((one) => one[side])
  return { ...selection, words: selection.words.map((one) => ({ ...one, [side]: on })) }
}

/** Puts missing needs in front of what was asked for, as the server offers it. */
export function addNeeds(selection: Selection, missing: readonly string[]): Selection {
  const more = missing.filter((name) => !selection.words.some((one) => one.name === name))
  return {
    ...selection,
    words: [...more.map(word), ...selection.words],
    exclude: selection.exclude.filter((name) => !missing.includes(name)),
  }
}
