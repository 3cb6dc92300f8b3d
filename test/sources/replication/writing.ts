/** Somebody who writes to the source while it is read. */
import type { SourceConnection } from '../../../server/sources/index.ts'
import { openWriter } from '../postgres-tables.ts'

/** Writes without a pause until it is told to stop; answers with the number of transactions. */
export function startWriting(
  connection: SourceConnection,
  table: string,
): { stop(): Promise<number>; until(transactions: number): Promise<void> } {
  let isOver = false
  let count = 0
  const waiting: { at: number; go: () => void }[] = []
  const write = async (): Promise<number> => {
    const client = await openWriter(connection)
    while (!isOver) {
      const id = (count * 7919) % 500
      const end = count % 11 === 0 ? 'ROLLBACK' : 'COMMIT'
      await client.query(
        `BEGIN; INSERT INTO ${table} VALUES (${String(id)}, ${String(count)}, 'new') ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, note = 'changed';
         DELETE FROM ${table} WHERE id = ${String((count * 104_729) % 500)}; ${end}`,
      )
      count += 1
      for (const one of waiting) if (count >= one.at) one.go()
    }
    await client.end()
    return count
  }
  const done = write()
  return {
    stop: () => {
      isOver = true
      return done
    },
    until: (more) => new Promise((go) => void waiting.push({ at: count + more, go })),
  }
}
