/** What keeps migrations from moving, although a plan could be made. Pure. */
import { mistake } from '../../../shared/failure.ts'
import type { Move } from './plan.ts'
import type { SetRecord } from './record.ts'
import { newerFailure, toState } from './state.ts'

export interface RefusalContext {
  codeVersion: string
  acceptEdited: boolean
}

/** Errors: `warehouse.newer` (the warehouse knows migrations that this app does not), `warehouse.migration-edited`. */
export function refuseState(all: readonly SetRecord[], { codeVersion, acceptEdited }: RefusalContext): void {
  const states = all.map(toState)
  const newer = newerFailure(states, codeVersion)
  if (newer !== null) throw newer
  const edited = states.flatMap((state) => state.edited.map((name) => `${state.set} ${name}`))
  if (edited.length > 0 && !acceptEdited) {
    throw mistake('warehouse.migration-edited', `Files of applied migrations were edited: ${edited.join(', ')}`, {
      hint: 'Put the old text back and write a new migration for the change; or, if the tables already are as the file says, repeat with --accept-edited.',
      details: { edited },
    })
  }
}

/** Errors: `warehouse.out-of-order` (a pending file stands before an applied one). */
export function refuseDisorder(moves: readonly Move[]): void {
  for (const { record, file, direction } of moves) {
    const last = record.applied
      .map(({ name }) => name)
      .sort()
      .at(-1)
    if (direction === 'up' && last !== undefined && file.name < last) {
      throw mistake(
        'warehouse.out-of-order',
        `${file.name} of “${record.set.name}” comes before ${last}, which is applied already`,
        'Give the file a number after the last applied one.',
      )
    }
  }
}
