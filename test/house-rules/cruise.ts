/** Runs dependency-cruiser with the project's own rules over a tree, and says each breach in one line with its remedy. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import { ROOT } from './tree.ts'

/** One import that the rules forbid. */
export interface Breach {
  rule: string
  from: string
  to: string
  remedy: string
}

const FOLDERS = ['server', 'shared', 'main', 'renderer', 'test']

/** Reads every import under `root` and checks it against `.dependency-cruiser.cjs`. Sorted by file. */
export async function breachesIn(root: string): Promise<Breach[]> {
  const options = await extractDepcruiseOptions(join(ROOT, '.dependency-cruiser.cjs'))
  const remedies = new Map(options.ruleSet?.forbidden?.map((rule) => [rule.name, rule.comment ?? '']))
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)))
  const { output } = await cruise(folders, { ...options, baseDir: root })
  return (output as ICruiseResult).summary.violations
    .map(({ rule, from, to }) => ({ rule: rule.name, from, to, remedy: remedies.get(rule.name) ?? '' }))
    .sort((a, b) => `${a.from} ${a.rule} ${a.to}`.localeCompare(`${b.from} ${b.rule} ${b.to}`))
}

/** The names of all rules. */
export async function ruleNames(): Promise<string[]> {
  const options = await extractDepcruiseOptions(join(ROOT, '.dependency-cruiser.cjs'))
  return (options.ruleSet?.forbidden ?? []).flatMap((rule) => rule.name ?? [])
}

/** A breach as a person reads it. */
export function inWords({ rule, from, to, remedy }: Breach): string {
  return `${from} imports ${to} (${rule}). ${remedy}`
}
