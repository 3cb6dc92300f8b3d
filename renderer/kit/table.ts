/** How a column of a table looks. */
import type { Column, ValueFormat } from '../../shared/contract/answers.ts'

export interface TableColumn extends Column {
  /** Least width in rem, and its part of what is left over (0 keeps the width); without it the format decides. */
  width?: [least: number, grow: number]
  sortable?: boolean
}

export interface TableOrder {
  column: string
  descending: boolean
}

/** Narrow enough that a dozen columns stand side by side, wide enough for their usual content. */
const WIDTHS: Record<ValueFormat, [least: number, grow: number]> = {
  integer: [5.5, 1],
  decimal: [6, 1],
  money: [7.5, 1],
  percent: [5.5, 1],
  date: [7, 1],
  datetime: [10.5, 1],
  text: [8.5, 2],
  boolean: [4.5, 0.6],
}

/** A label of the header needs about 0.43 rem a letter, and room for its padding and its arrow. */
function widthOf({ width, format, label }: TableColumn): [least: number, grow: number] {
  if (width !== undefined) return width
  const [least, grow] = WIDTHS[format]
  return [Math.min(14, Math.max(least, label.length * 0.43 + 2.6)), grow]
}

/** Tracks for a CSS grid, and the width in rem below which the table scrolls sideways. */
export function tracks(columns: readonly TableColumn[]): { template: string; least: number } {
  const widths = columns.map(widthOf)
  return {
    template: widths.map(([least, grow]) => (grow === 0 ? `${least}rem` : `minmax(${least}rem, ${grow}fr)`)).join(' '),
    least: widths.reduce((sum, [least]) => sum + least, 0),
  }
}

export interface Cell {
  row: number
  column: number
}

/** Where a key leads from a cell; null where the key is not for moving. Row 0 is the first row of data. */
export function moveCell(
  from: Cell,
  key: { key: string; ctrl: boolean },
  size: { rows: number; columns: number; page: number },
): Cell | null {
  const last = { row: size.rows - 1, column: size.columns - 1 }
  const to = ((): Cell | null => {
    switch (key.key) {
      case 'ArrowDown':
        return { ...from, row: from.row + 1 }
      case 'ArrowUp':
        return { ...from, row: from.row - 1 }
      case 'ArrowRight':
        return { ...from, column: from.column + 1 }
      case 'ArrowLeft':
        return { ...from, column: from.column - 1 }
      case 'PageDown':
        return { ...from, row: from.row + size.page }
      case 'PageUp':
        return { ...from, row: from.row - size.page }
      case 'Home':
        return key.ctrl ? { row: 0, column: 0 } : { ...from, column: 0 }
      case 'End':
        return key.ctrl ? last : { ...from, column: last.column }
      default:
        return null
    }
  })()
  if (to === null) return null
  return { row: Math.max(0, Math.min(last.row, to.row)), column: Math.max(0, Math.min(last.column, to.column)) }
}
