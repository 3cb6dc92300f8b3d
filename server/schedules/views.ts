/** Schedules as the screen and the command show them. */
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { NextTick, ScheduleDetail, ScheduleSummary, ScheduleTick, ScheduleValidation } from '../../shared/schedule.ts'
import { toIso, type Clock } from '../../shared/time.ts'
import type { LocalStore } from '../local/index.ts'
import { parseSchedule, type ReadSchedule, type ScheduleFile, type SelectionWords } from './files.ts'
import type { Ledger } from './ledger.ts'
import { nextSlots } from './slots.ts'
import { saySchedule, toNextTick } from './words.ts'

export interface ViewNeeds {
  ledger: Ledger
  local: LocalStore
  clock: Clock
  waitingFor(name: string): string | null
}

/** Ticks shown with a schedule. */
const TICKS = 10
const NEXT = 5

/** Ticks, and how fresh that knowledge is. */
export interface KnownTicks {
  ticks: ScheduleTick[]
  source: 'warehouse' | 'cache'
  as_of: string | null
}

type Kept = Pick<KnownTicks, 'ticks'> & { as_of: string }

const keptAs = (name: string): string => `schedule ticks ${name}`

/** The ledger from the warehouse; the copy of this machine where that cannot be asked. */
export async function readTicks(
  { ledger, local, clock }: ViewNeeds,
  names: readonly string[],
  limit: number,
): Promise<Map<string, KnownTicks>> {
  try {
    const ticks = names.length === 0 ? [] : await ledger.ticks(names, limit)
    const as_of = toIso(clock())
    return new Map(
      names.map((name) => {
        const own = ticks.filter(({ schedule }) => schedule === name)
        local.keepAnswer(keptAs(name), { ticks: own, as_of } satisfies Kept)
        return [name, { ticks: own, source: 'warehouse' as const, as_of }]
      }),
    )
  } catch (thrown) {
    // A warehouse that lacks the table has no ticks to show; what is there still is shown.
    if (toFailure(thrown).kind === 'stop') throw thrown
    return new Map(
      names.map((name) => {
        const kept = local.answer(keptAs(name)) as Kept | undefined
        return [name, { ticks: kept?.ticks ?? [], source: 'cache' as const, as_of: kept?.as_of ?? null }]
      }),
    )
  }
}

const toProblem = ({ code, message, hint }: Failure) => ({ code, message, hint })

/** The next times, in words too. */
export function nextOf({ cron, schedule }: ReadSchedule, now: number, count = NEXT): NextTick[] {
  return nextSlots(cron, schedule.zone, { after: now, count }).map((slot) => toNextTick(slot, { zone: schedule.zone, now }))
}

function stateOf({ read }: ScheduleFile, ticks: readonly ScheduleTick[], waiting: string | null): ScheduleSummary['state'] {
  if (read === null) return 'broken'
  if (ticks.some(({ outcome }) => outcome === 'claimed')) return 'running'
  if (!read.schedule.enabled) return 'disabled'
  return waiting === null ? 'idle' : 'waiting'
}

/** Every given schedule with its next times and its last ticks. */
export async function summarise(needs: ViewNeeds, files: readonly ScheduleFile[]): Promise<ScheduleSummary[]> {
  const now = needs.clock()
  const known = await readTicks(
    needs,
    files.map(({ name }) => name),
    TICKS,
  )
  return files.map((file) => {
    const { ticks, source, as_of } = known.get(file.name) ?? { ticks: [], source: 'cache', as_of: null }
    const waiting = needs.waitingFor(file.name)
    const next = file.read === null ? [] : nextOf(file.read, now)
    return {
      name: file.name,
      schedule: file.read?.schedule ?? null,
      problem: file.failure === null ? null : toProblem(file.failure),
      state: stateOf(file, ticks, waiting),
      waiting,
      words: file.read === null ? '' : saySchedule(file.read.cron, next, file.read.schedule.zone),
      // What is off is due never; the words still say when it would be.
      next: file.read?.schedule.enabled === true ? next : [],
      ticks,
      ticks_source: source,
      ticks_as_of: as_of,
    }
  })
}

/** One schedule, with its text. */
export async function detail(needs: ViewNeeds, file: ScheduleFile): Promise<ScheduleDetail> {
  const [summary] = await summarise(needs, [file])
  if (summary === undefined) throw new Error('a file has one summary')
  return { ...summary, file: file.file, text: file.text }
}

/** What a text would mean. Never rejects for what the person wrote. */
export function validate(name: string, text: string, { words, now }: { words: SelectionWords; now: number }): ScheduleValidation {
  try {
    const read = parseSchedule(name, text, words)
    const next = nextOf(read, now)
    return { ok: true, problem: null, words: saySchedule(read.cron, next, read.schedule.zone), next }
  } catch (thrown) {
    return { ok: false, problem: toProblem(toFailure(thrown)), words: null, next: [] }
  }
}
