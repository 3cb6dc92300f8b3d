import { toFailure } from '../../shared/failure.ts'

/** Answers from the warehouse; from the local copy when the world is in the way, never when the question is wrong. */
export async function orElseLocal<T>(online: () => Promise<T>, offline: () => T): Promise<T> {
  try {
    return await online()
  } catch (thrown) {
    if (toFailure(thrown).kind !== 'retry') throw thrown
    return offline()
  }
}
