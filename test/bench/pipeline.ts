/**
 * The first run of all jobs over the 541,909 order lines of Online Retail, and the next one with nothing new, as whole
 * commands (start and stop of the embedded database included), against the seconds that are allowed here: 20 and 1.5.
 */
import { join } from 'node:path'
import { openCommandHome, type CommandHome } from '../tools/command.ts'
import { realDataFolder } from '../tools/real-data.ts'

export interface BenchLine {
  name: 'first-run' | 'incremental'
  median_s: number
  limit_s: number
  ratio: number
  n: number
  limit: string
}

const FIRST_RUNS = 3
const NEXT_RUNS = 5
const LIMITS = { 'first-run': 20, incremental: 1.5 }

async function timed(home: CommandHome, ...args: string[]): Promise<number> {
  const start = performance.now()
  const { code, stderr } = await home.run(...args)
  if (code !== 0) throw new Error(`quintile ${args.join(' ')} ended with ${String(code)}: ${stderr}`)
  return (performance.now() - start) / 1000
}

function line(name: BenchLine['name'], seconds: readonly number[]): BenchLine {
  const middle = [...seconds].sort((a, b) => a - b)[seconds.length >> 1] ?? 0
  const rounded = (value: number): number => Math.round(value * 1000) / 1000
  return {
    name,
    median_s: rounded(middle),
    limit_s: LIMITS[name],
    ratio: rounded(middle / LIMITS[name]),
    n: seconds.length,
    limit: 'seconds allowed for the whole command',
  }
}

/** Measures in data folders of its own. */
export async function bench(): Promise<BenchLine[]> {
  const [first, next]: [number[], number[]] = [[], []]
  for (let round = 0; round < FIRST_RUNS; round += 1) {
    const home = await openCommandHome()
    await timed(home, 'workspace', 'create', 'shop')
    await timed(home, 'import', 'orders', join(realDataFolder(), 'online_retail.csv.gz'))
    first.push(await timed(home, 'run', '--jobs', 'all'))
    if (round === FIRST_RUNS - 1) for (let turn = 0; turn < NEXT_RUNS; turn += 1) next.push(await timed(home, 'run', '--jobs', 'all'))
    await home.remove()
  }
  return [line('first-run', first), line('incremental', next)]
}
