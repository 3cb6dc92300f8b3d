/** The drawing of a folded report: calm axes, few lines, values on hover, an open period drawn as open. */
import type { EChartsOption, LineSeriesOption, BarSeriesOption } from 'echarts'
import type { Chart, ValueFormat } from '../../shared/contract/answers.ts'
import { tooltipNode, type TooltipPoint } from './chart-tooltip.ts'
import { isSegmentName } from './colours.ts'
import { isMonthly, type Folded, type FoldedSeries } from './fold.ts'
import { markOf } from './marks.ts'
import { formatDate, formatShort, formatValue, NO_VALUE } from './format.ts'

export interface ChartLook {
  /** Token → what the browser paints. */
  colours: Record<string, string>
  /** Series or category name → token. */
  tokens: ReadonlyMap<string, string>
  font: string
}

export interface ChartInput {
  chart: Chart
  folded: Folded
  /** Format of the measure. */
  format: ValueFormat
  /** The newest period is not over. */
  open: boolean
  look: ChartLook
}

function colour(look: ChartLook, token: string): string {
  return look.colours[token] ?? 'gray'
}

function colourOf(look: ChartLook, name: string): string {
  return colour(look, look.tokens.get(name) ?? '--series-only')
}

/** Bars lie down where the categories are names: names are read across. */
export function isLying({ chart, folded }: Pick<ChartInput, 'chart' | 'folded'>): boolean {
  return chart.kind !== 'line' && !folded.temporal
}

/** A category as it is read: months without their first day, days as dates, weeks and quarters as they stand. */
export function categoryName({ folded }: Pick<ChartInput, 'folded'>, category: string): string {
  if (isMonthly(folded.categories)) return formatDate(category.slice(0, 7))
  return folded.temporal && /^\d{4}-\d{2}-\d{2}/.test(category) ? formatDate(category) : category
}

function categoryAxis(input: ChartInput): object {
  const { look, folded } = input
  return {
    type: 'category',
    data: folded.categories,
    inverse: isLying(input),
    boundaryGap: input.chart.kind !== 'line',
    axisTick: { show: false },
    axisLine: { show: !isLying(input), lineStyle: { color: colour(look, '--line-strong') } },
    axisLabel: {
      color: colour(look, '--ink-soft'),
      fontSize: 11,
      fontFamily: look.font,
      hideOverlap: !isLying(input),
      margin: 10,
      ...(isLying(input) ? { interval: 0, width: 170, overflow: 'truncate' } : {}),
      formatter: (category: string) => categoryName(input, category),
    },
  }
}

function valueAxis({ look, format }: ChartInput): object {
  return {
    type: 'value',
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colour(look, '--line') } },
    axisLabel: {
      color: colour(look, '--ink-faint'),
      fontSize: 11,
      fontFamily: look.font,
      margin: 10,
      formatter: (value: number) => (format === 'percent' ? formatValue(value, 'percent') : formatShort(value)),
    },
  }
}

function barSeries(input: ChartInput, one: FoldedSeries, at: number): BarSeriesOption {
  const { chart, folded, look, open } = input
  const bySegment = chart.series === null && folded.categories.some(isSegmentName)
  const last = folded.categories.length - 1
  const stacked = chart.kind === 'stacked-bar'
  return {
    type: 'bar',
    name: one.name,
    barMaxWidth: isLying(input) ? 18 : 44,
    barCategoryGap: isLying(input) ? '38%' : '32%',
    ...(stacked ? { stack: 'all' } : {}),
    itemStyle: {
      color: chart.series === null ? colour(look, '--series-only') : colourOf(look, one.name),
      borderRadius: stacked ? 0 : isLying(input) ? [0, 3, 3, 0] : [3, 3, 0, 0],
      ...(stacked ? { borderColor: colour(look, '--surface'), borderWidth: 0.5 } : {}),
    },
    emphasis: { focus: stacked ? 'series' : 'none' },
    ...(isLying(input) && at === 0 && folded.series.length === 1 ? { label: barLabel(input) } : {}),
    data: one.values.map((value, index) => ({
      value: value ?? '-',
      ...(bySegment ? { itemStyle: { color: colourOf(look, folded.categories[index] ?? '') } } : {}),
      ...(open && index === last ? { itemStyle: { opacity: 0.45 } } : {}),
    })),
  }
}

function barLabel({ look, format }: ChartInput): NonNullable<BarSeriesOption['label']> {
  return {
    show: true,
    position: 'right',
    distance: 8,
    fontSize: 11,
    fontFamily: look.font,
    color: colour(look, '--ink-soft'),
    formatter: ({ value }) =>
      typeof value === 'number' ? (format === 'percent' ? formatValue(value, 'percent') : formatShort(value)) : '',
  }
}

/** A line, and where its newest period is open a second, dashed piece that leads into it. */
function lineSeries(input: ChartInput, one: FoldedSeries, at: number): LineSeriesOption[] {
  const { folded, look, open } = input
  const painted = folded.series.length === 1 && input.chart.series === null ? colour(look, '--series-only') : colourOf(look, one.name)
  const last = one.values.length - 1
  const solid = one.values.map((value, index) => (open && index === last ? null : value))
  const shared: LineSeriesOption = {
    type: 'line',
    name: one.name,
    symbol: markOf(at),
    symbolSize: 6,
    showSymbol: one.values.length <= 40,
    itemStyle: { color: painted },
    emphasis: { focus: 'series' },
    lineStyle: { width: 2, color: painted },
  }
  const single = folded.series.length === 1
  const main: LineSeriesOption = { ...shared, data: solid, ...(single ? { areaStyle: { color: painted, opacity: 0.08 } } : {}) }
  if (!open) return [main]
  const dashed = one.values.map((value, index) => (index >= last - 1 ? value : null))
  return [main, { ...shared, data: dashed, lineStyle: { width: 2, color: painted, type: [4, 4] } }]
}

interface AxisPoint {
  seriesName?: string
  dataIndex?: number
}

function tooltip(input: ChartInput): NonNullable<EChartsOption['tooltip']> {
  const { folded, look, format } = input
  const points = (at: number): TooltipPoint[] =>
    folded.series.map((one) => {
      const category = folded.categories[at] ?? ''
      const painted =
        folded.series.length > 1
          ? colourOf(look, one.name)
          : isSegmentName(category)
            ? colourOf(look, category)
            : colour(look, '--series-only')
      return {
        name: one.name,
        colour: painted,
        value: one.values[at] === null || one.values[at] === undefined ? NO_VALUE : formatValue(one.values[at], format),
      }
    })
  return {
    trigger: 'axis',
    confine: true,
    transitionDuration: 0,
    padding: 0,
    borderWidth: 0,
    backgroundColor: 'transparent',
    extraCssText: 'box-shadow:none',
    axisPointer:
      input.chart.kind === 'line'
        ? { type: 'line', lineStyle: { color: colour(look, '--line-strong'), type: 'solid' } }
        : { type: 'shadow', shadowStyle: { color: colour(look, '--ink-faint'), opacity: 0.1 } },
    // An element and not a string: a string would carry style attributes, which the policy of the page refuses.
    formatter: (raw: unknown) => {
      const first = (Array.isArray(raw) ? raw[0] : raw) as AxisPoint | undefined
      const at = first?.dataIndex ?? 0
      const note = input.open && at === folded.categories.length - 1 ? 'Not over yet' : null
      return tooltipNode({ title: categoryName(input, folded.categories[at] ?? ''), note, points: points(at) })
    },
  }
}

/** Room for this many pixels of chart: bars that lie need a line each. */
export function chartHeight(input: Pick<ChartInput, 'chart' | 'folded'>, standing = 300): number {
  return isLying(input) ? Math.max(160, input.folded.categories.length * 28 + 40) : standing
}

export function chartOption(input: ChartInput): EChartsOption {
  const lying = isLying(input)
  const series = input.folded.series.flatMap((one, at): (LineSeriesOption | BarSeriesOption)[] =>
    input.chart.kind === 'line' ? lineSeries(input, one, at) : [barSeries(input, one, at)],
  )
  const axes = { category: categoryAxis(input), value: valueAxis(input) }
  return {
    animationDuration: 250,
    animationDurationUpdate: 250,
    textStyle: { fontFamily: input.look.font },
    grid: { left: 4, right: lying ? 56 : 16, top: 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: lying ? axes.value : axes.category,
    yAxis: lying ? axes.category : axes.value,
    tooltip: tooltip(input),
    series,
  }
}
