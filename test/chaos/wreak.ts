/** The rounds of a chaos run: work, a fault in the middle of it, the next run, the proof. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { openEmbeddedServer, type EmbeddedServer } from '../../server/workspaces/embedded/index.ts'
import { openCommandHome, waitForText, type CommandHome } from '../tools/command.ts'
import { FAULTS, strike, type Fault } from './faults.ts'
import { prove, type Damage } from './proof.ts'
import { openDice, type Dice } from './random.ts'
import { openShop, type Shop } from './shop.ts'

export interface ChaosRequest {
  /** How often a fault strikes. */
  kills: number
  seed: number
  say(text: string): void
}

export interface ChaosReport extends Damage {
  kills: number
  seed: number
  faults: Record<Fault, number>
  lines: number
  seconds: number
}

interface Stage {
  home: CommandHome
  dice: Dice
  shop: Shop
  embedded: EmbeddedServer
  server: ChildProcess
}

/** A first import and run take about this long here; a fault strikes somewhere within, or just after. */
const LONGEST_MILLISECONDS = 1_800
/** A lease of a killed process is free at once; a database that recovers needs a moment. */
const TRIES = 20

/** Works, strikes and proves. Rejects when the product cannot be brought back at all. */
export async function wreak({ kills, seed, say }: ChaosRequest): Promise<ChaosReport> {
  const began = performance.now()
  const stage = await setUp(seed)
  const report: ChaosReport = {
    ...{ kills, seed, lost: 0, doubled: 0, wrong_versions: 0, false_log_lines: 0, lies: [], lines: 0, seconds: 0 },
    faults: Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>,
  }
  try {
    for (let round = 1; round <= kills; round += 1) {
      const fault = stage.dice.pick(FAULTS)
      report.faults[fault] += 1
      const damage = await playRound(stage, fault)
      report.lies = damage.lies.map((count, index) => count + (report.lies[index] ?? 0))
      for (const name of ['lost', 'doubled', 'wrong_versions', 'false_log_lines'] as const) report[name] += damage[name]
      say(`${String(round)} of ${String(kills)} ${fault}: ${JSON.stringify(damage)}`)
    }
  } finally {
    stage.server.kill('SIGTERM')
    if (stage.server.exitCode === null && stage.server.signalCode === null) await once(stage.server, 'exit')
    await stage.embedded.close()
    await stage.home.remove()
  }
  return { ...report, lines: stage.shop.truth.lines, seconds: (performance.now() - began) / 1000 }
}

async function setUp(seed: number): Promise<Stage> {
  const home = await openCommandHome()
  const dice = openDice(seed)
  const shop = openShop(join(home.folder, 'orders.csv'), dice)
  shop.sell(3_000)
  const created = await home.run('workspace', 'create', 'shop')
  if (created.code !== 0) throw new Error(created.stderr)
  // Held by us as well, so that the database outlives the commands that are killed.
  const embedded = await openEmbeddedServer({ home: home.folder })
  return { home, dice, shop, embedded, server: await startServer(home) }
}

async function startServer(home: CommandHome): Promise<ChildProcess> {
  const server = home.start('serve', '--workspace', 'shop')
  await waitForText(server, /http:\/\/127\.0\.0\.1:\d+/)
  return server
}

async function playRound(stage: Stage, fault: Fault): Promise<Damage> {
  const { home, dice, shop } = stage
  shop.sell(dice.between(1, 400))
  const verb = dice.pick([
    ['import', 'orders', shop.file],
    ['run', '--jobs', 'all'],
  ])
  if (verb[0] === 'run') await untilDone(home, ['import', 'orders', shop.file])
  const client = await connect(stage)
  const work = home.start(...verb)
  const ended = [once(work, 'exit')]
  await pause(dice.between(0, LONGEST_MILLISECONDS))
  const twins = await strike(fault, { dice, work, server: stage.server, client, startTwin: () => home.start(...verb) })
  ended.push(...twins.map((twin) => once(twin, 'exit')))
  await Promise.all(ended)
  await client.end().catch(() => undefined)
  if (stage.server.exitCode !== null || stage.server.signalCode !== null) stage.server = await startServer(home)
  await untilDone(home, ['import', 'orders', shop.file])
  await untilDone(home, ['run', '--jobs', 'all'])
  const judge = await connect(stage)
  try {
    return await prove(judge, shop.truth)
  } finally {
    await judge.end()
  }
}

/** The next call of a person or a schedule: it may find the database recovering or a job held, and is made again. */
async function untilDone(home: CommandHome, verb: readonly string[]): Promise<void> {
  let last = ''
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const { code, stderr } = await home.run(...verb, '--workspace', 'shop')
    if (code === 0) return
    last = stderr
    await pause(250)
  }
  throw new Error(`“quintile ${verb.join(' ')}” did not succeed after ${String(TRIES)} tries:\n${last}`)
}

async function connect({ embedded }: Stage): Promise<pg.Client> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({ ...embedded.connection('quintile_shop'), application_name: 'chaos' })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return client
    } catch (thrown) {
      if (attempt === TRIES) throw thrown
      await pause(250)
    }
  }
}

/** Chaos is about moments: here waiting is the point. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds))
}
