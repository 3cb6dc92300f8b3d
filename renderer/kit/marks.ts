/** The shape that marks a series beside its colour, the same in chart and legend: names of the chart library. */
const MARKS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect', 'emptyTriangle', 'emptyDiamond'] as const

export function markOf(at: number): string {
  return MARKS[at % MARKS.length] ?? 'circle'
}
