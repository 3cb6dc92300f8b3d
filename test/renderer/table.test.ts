import { describe, expect, it } from 'vitest'
import { toNumber } from '../../renderer/kit/format.ts'
import { pagesOf, useLazyPages, type LoadedPage } from '../../renderer/kit/lazy-pages.ts'
import { moveCell, tracks } from '../../renderer/kit/table.ts'

describe('moving in a table', () => {
  const size = { rows: 1_000_000, columns: 8, page: 20 }
  const press = (key: string, ctrl = false) => moveCell({ row: 10, column: 3 }, { key, ctrl }, size)

  it('arrows, pages, Home and End move as in a spreadsheet', () => {
    expect(press('ArrowDown')).toEqual({ row: 11, column: 3 })
    expect(press('PageDown')).toEqual({ row: 30, column: 3 })
    expect(press('Home')).toEqual({ row: 10, column: 0 })
    expect(press('End', true)).toEqual({ row: 999_999, column: 7 })
  })

  it('nothing leads out of the table', () => {
    expect(press('PageUp')).toEqual({ row: 0, column: 3 })
    expect(moveCell({ row: 999_999, column: 7 }, { key: 'ArrowRight', ctrl: false }, size)).toEqual({ row: 999_999, column: 7 })
  })

  it('other keys are left to the browser', () => {
    expect(press('a')).toBeNull()
  })
})

it('a long label widens its column and a fixed column does not grow', () => {
  const { template, least } = tracks([
    { name: 'a', label: 'Average revenue each', format: 'integer' },
    { name: 'b', label: 'B', format: 'text', width: [9, 0] },
  ])
  expect(template).toMatch(/^minmax\(11\.\d+rem, 1fr\) 9rem$/)
  expect(least).toBeCloseTo(20.2, 1)
})

describe('rows that are all here', () => {
  const rows = [
    { n: '10.5', t: 'b' },
    { n: '9', t: 'a' },
    { n: null, t: 'c' },
    { n: '100', t: null },
  ]
  const sorted = async (column: string, descending: boolean): Promise<unknown[]> =>
    (await pagesOf(rows, { column, descending }, toNumber)(0, 10)).rows.map((row) => row[column])

  it('exact decimals are ordered by size and not as text', async () => {
    expect(await sorted('n', false)).toEqual(['9', '10.5', '100', null])
  })

  it('rows without a value come last in both directions', async () => {
    expect(await sorted('n', true)).toEqual(['100', '10.5', '9', null])
    expect(await sorted('t', true)).toEqual(['c', 'b', 'a', null])
  })
})

describe('rows that come page by page', () => {
  interface Asked {
    offset: number
    answer: (page: LoadedPage) => void
    fail: (error: Error) => void
  }

  /** A source whose answers the test gives by hand. */
  function source() {
    const asked: Asked[] = []
    const pages = useLazyPages(
      (offset) =>
        new Promise((answer, fail) => {
          asked.push({ offset, answer, fail })
        }),
    )
    const give = async (at: number, total: number): Promise<void> => {
      const { offset, answer } = asked[at] ?? { offset: -1, answer: () => undefined }
      answer({ rows: Array.from({ length: Math.min(100, total - offset) }, (_, row) => ({ id: offset + row })), total })
      await new Promise((turn) => {
        setImmediate(turn)
      })
    }
    return { asked, pages, give }
  }

  it('only the page in view is asked for', async () => {
    const { asked, pages, give } = source()
    pages.show(0, 30)
    await give(0, 1_000_000)
    expect(asked.map(({ offset }) => offset)).toEqual([0])
    expect(pages.total.value).toBe(1_000_000)
    expect(pages.rowAt(30)).toEqual({ id: 30 })
    expect(pages.rowAt(100)).toBeUndefined()
  })

  it('what was passed while a page was on its way is skipped', async () => {
    const { asked, pages, give } = source()
    pages.show(0, 30)
    for (const row of [5_000, 90_000, 777_000]) pages.show(row, row + 30)
    await give(0, 1_000_000)
    expect(asked.map(({ offset }) => offset)).toEqual([0, 777_000])
  })

  it('an answer from before a new order is thrown away', async () => {
    const { asked, pages, give } = source()
    pages.show(0, 30)
    pages.reset()
    await give(0, 50)
    expect(pages.rowAt(0)).toBeUndefined()
    await give(1, 40)
    expect(asked).toHaveLength(2)
    expect(pages.total.value).toBe(40)
  })

  it('a refresh keeps the old rows until the new ones are here', async () => {
    const { asked, pages, give } = source()
    pages.show(0, 30)
    await give(0, 50)
    pages.refresh()
    expect(pages.rowAt(0)).toEqual({ id: 0 })
    expect(asked).toHaveLength(2)
    await give(1, 51)
    expect(pages.total.value).toBe(51)
  })

  it('after a failure nothing is asked again until it is tried again', async () => {
    const { asked, pages } = source()
    pages.show(0, 30)
    asked[0]?.fail(new Error('away'))
    await new Promise((turn) => {
      setImmediate(turn)
    })
    expect(pages.error.value?.message).toBe('away')
    pages.show(0, 31)
    expect(asked).toHaveLength(1)
    pages.refresh()
    expect(asked).toHaveLength(2)
  })
})
