/** The ticks that this machine holds: renewed while it works on them, ended or given back in the ledger, also after the warehouse was away. */
import { toIso } from '../../shared/time.ts'
import type { Held, Ledger } from './ledger.ts'

/** What came of a tick. */
export type End = Parameters<Ledger['finish']>[1]

const keyOf = ({ schedule, due }: Pick<Held, 'schedule' | 'due'>): string => `${schedule} ${toIso(due)}`

/** Opens the hands of this process. */
export function openHands(ledger: Ledger, log: (thrown: unknown) => void) {
  const inHand = new Map<string, Held>()
  /** Ends that the warehouse could not be told yet. */
  const untold = new Map<string, { held: Held; end: End }>()

  const finish = async (held: Held, end: End): Promise<void> => {
    try {
      await ledger.finish(held, end)
      untold.delete(keyOf(held))
      inHand.delete(keyOf(held))
    } catch (thrown) {
      log(thrown)
      untold.set(keyOf(held), { held, end })
    }
  }

  return {
    take: (held: Held): void => void inHand.set(keyOf(held), held),
    holds: (schedule: string, due: number): boolean => inHand.has(keyOf({ schedule, due })),
    finish,
    /** What cannot be given back now is taken over when its claim grows old. */
    release: async (held: Held): Promise<void> => {
      await ledger.release(held).catch(log)
      inHand.delete(keyOf(held))
    },
    /** Renews the claims and tells what could not be told. Rejects when the warehouse cannot be reached. */
    renew: async (): Promise<void> => {
      await ledger.renew([...inHand.values()])
      for (const { held, end } of [...untold.values()]) await finish(held, end)
    },
  }
}

export type Hands = ReturnType<typeof openHands>
