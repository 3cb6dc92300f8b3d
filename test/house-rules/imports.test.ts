import { expect, test } from 'vitest'
import { breachesIn, inWords, ruleNames } from './cruise.ts'
import { FILES, ROOT } from './tree.ts'

test('every import in the tree is one that the table of rooms allows', async () => {
  expect((await breachesIn(ROOT)).map(inWords)).toEqual([])
})

test('every room of the server has its row in the table of imports', async () => {
  const rooms = new Set(FILES.flatMap((file) => /^server\/([^/]+)\//.exec(file)?.[1] ?? []))
  const rows = await ruleNames()
  const without = [...rooms].filter((room) => !rows.includes(`rooms-of-${room}`))
  expect(without, 'add the room to ROOMS in .dependency-cruiser.cjs with the rooms that it may import').toEqual([])
})
