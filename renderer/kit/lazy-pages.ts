/** Rows that are fetched as they come into view, page by page, with bounded memory. */
import { computed, shallowRef, triggerRef, type ComputedRef, type ShallowRef } from 'vue'
import type { Row } from '../../shared/contract/answers.ts'
import { toFailure, type Failure } from '../../shared/failure.ts'

export interface LoadedPage {
  rows: Row[]
  total: number
}
export type LoadPage = (offset: number, limit: number) => Promise<LoadedPage>

export interface LazyPages {
  total: ComputedRef<number | null>
  error: ShallowRef<Failure | null>
  rowAt: (index: number) => Row | undefined
  /** Says which rows are in view; missing pages are fetched. */
  show: (first: number, last: number) => void
  /** Other rows from now on (another order, another subject): everything known is dropped. */
  reset: () => void
  /** The same rows, perhaps changed: what is in view is fetched again and replaced when it arrives. */
  refresh: () => void
}

const PAGE = 100
/** 60 pages of 100 rows: about as much as a person scrolls back, a few MB of memory. */
const KEPT = 60

interface State {
  pages: ShallowRef<Map<number, Row[]>>
  count: ShallowRef<number | null>
  error: ShallowRef<Failure | null>
  /** Pages that are shown until their newer contents arrive. */
  outdated: Set<number>
  /** First and last page in view. */
  wanted: [number, number]
  /** An answer that was asked for in an earlier generation is thrown away. */
  generation: number
  busy: boolean
}

function missingPage({ wanted: [first, last], pages, count, outdated }: State): number | undefined {
  for (let page = first; page <= last; page += 1) {
    const beyond = count.value !== null && page > 0 && page * PAGE >= count.value
    if (!beyond && (!pages.value.has(page) || outdated.has(page))) return page
  }
  return undefined
}

function keepPage({ wanted, pages, outdated }: State, page: number, rows: Row[]): void {
  pages.value.set(page, rows)
  outdated.delete(page)
  const farFirst = [...pages.value.keys()].sort((a, b) => Math.abs(b - wanted[0]) - Math.abs(a - wanted[0]))
  for (const far of farFirst.slice(0, Math.max(0, pages.value.size - KEPT))) pages.value.delete(far)
  triggerRef(pages)
}

/**
 * Fetches one page at a time and always the one that is wanted now: dragging the scroll bar through a million rows
 * asks for where it stops, not for everything it passed.
 */
async function fetchWanted(state: State, load: LoadPage): Promise<void> {
  if (state.busy || state.error.value !== null) return
  state.busy = true
  for (let page = missingPage(state); page !== undefined && state.error.value === null; page = missingPage(state)) {
    const mine = state.generation
    try {
      const { rows, total } = await load(page * PAGE, PAGE)
      if (mine !== state.generation) continue
      state.count.value = total
      keepPage(state, page, rows)
    } catch (thrown) {
      if (mine === state.generation) state.error.value = toFailure(thrown)
    }
  }
  state.busy = false
}

export function useLazyPages(load: LoadPage): LazyPages {
  const state: State = {
    pages: shallowRef(new Map<number, Row[]>()),
    count: shallowRef(null),
    error: shallowRef(null),
    outdated: new Set(),
    wanted: [0, 0],
    generation: 0,
    busy: false,
  }
  const begin = (): void => {
    state.generation += 1
    state.error.value = null
    void fetchWanted(state, load)
  }
  return {
    total: computed(() => state.count.value),
    error: state.error,
    rowAt: (index) => state.pages.value.get(Math.floor(index / PAGE))?.[index % PAGE],
    show: (first, last) => {
      state.wanted = [Math.floor(Math.max(0, first) / PAGE), Math.floor(Math.max(0, last) / PAGE)]
      void fetchWanted(state, load)
    },
    reset: () => {
      state.pages.value = new Map()
      state.outdated.clear()
      begin()
    },
    refresh: () => {
      for (const page of state.pages.value.keys()) state.outdated.add(page)
      begin()
    },
  }
}

/** A `LoadPage` over rows that are all here, ordered by a column; exact decimals are compared by size, text by locale. */
export function pagesOf(
  rows: readonly Row[],
  order: { column: string; descending: boolean } | null,
  numeric: (value: Row[string]) => number | null,
): LoadPage {
  const sorted =
    order === null
      ? [...rows]
      : [...rows].sort((a, b) => {
          const [x, y] = [a[order.column] ?? null, b[order.column] ?? null]
          if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
          const [m, n] = [numeric(x), numeric(y)]
          const compared = m !== null && n !== null ? m - n : String(x).localeCompare(String(y))
          return order.descending ? -compared : compared
        })
  return (offset, limit) => Promise.resolve({ rows: sorted.slice(offset, offset + limit), total: sorted.length })
}
