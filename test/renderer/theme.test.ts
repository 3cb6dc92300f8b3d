import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assignColours, colourToken, PALETTE } from '../../renderer/kit/colours.ts'

const css = readFileSync(new URL('../../renderer/kit/theme.css', import.meta.url), 'utf8')
const tokens = new Map(
  [...css.matchAll(/(--[a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [
    name ?? '',
    { light: light ?? '', dark: dark ?? '' },
  ]),
)
const THEMES = ['light', 'dark'] as const

/** WCAG 2.2 relative luminance of `#rrggbb`. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string, theme: (typeof THEMES)[number]): number {
  const of = (name: string): string => tokens.get(name)?.[theme] ?? ''
  expect([name(one), name(other)]).toEqual([true, true])
  const [light = 0, dark = 0] = [luminance(of(one)), luminance(of(other))].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function name(token: string): boolean {
  return tokens.has(token)
}

describe.each(THEMES)('in the %s theme', (theme) => {
  it('text reaches 4.5:1 on every surface it stands on', () => {
    const low = ['--canvas', '--surface', '--surface-sunk', '--surface-raised']
      .flatMap((surface) => ['--ink', '--ink-soft', '--ink-faint'].map((ink) => ({ ink, surface, ratio: contrast(ink, surface, theme) })))
      .filter(({ ratio }) => ratio < 4.5)
    expect(low).toEqual([])
  })

  it('words of a status reach 4.5:1 on their own ground and on plain surfaces', () => {
    const low = ['positive', 'warning', 'danger', 'running', 'stale', 'accent']
      .flatMap((status) =>
        [`--${status}-soft`, '--surface', '--surface-sunk', '--canvas'].map((ground) => ({
          status,
          ground,
          ratio: contrast(`--${status}`, ground, theme),
        })),
      )
      .filter(({ ratio }) => ratio < 4.5)
    expect(low).toEqual([])
    expect(contrast('--accent-ink', '--accent', theme)).toBeGreaterThanOrEqual(4.5)
    expect(contrast('--accent-ink', '--accent-hover', theme)).toBeGreaterThanOrEqual(4.5)
  })

  it('everything that is drawn reaches 3:1 on its surface', () => {
    const drawn = [...tokens.keys()].filter((token) => /^--(segment|series)-/.test(token))
    expect(drawn.length).toBeGreaterThanOrEqual(18)
    expect(drawn.map((token) => ({ token, ratio: contrast(token, '--surface', theme) })).filter(({ ratio }) => ratio < 3)).toEqual([])
  })
})

describe('colours of names', () => {
  it('an RFM segment has its own colour however it is written', () => {
    const segments = ['Champions', 'Loyal Customers', 'Potential Loyalists', 'At Risk', 'Need Attention', 'Lost Customers']
    expect(new Set(segments.map(colourToken)).size).toBe(6)
    expect(colourToken('at_risk')).toBe(colourToken('At Risk'))
    expect([...segments.map(colourToken), ...PALETTE, colourToken('Other')].every((token) => tokens.has(token))).toBe(true)
  })

  it('another name keeps its colour from chart to chart', () => {
    expect(colourToken('France')).toBe(colourToken('France'))
    expect(assignColours(['France']).get('France')).toBe(colourToken('France'))
  })

  it('names in one chart never share a colour while there are enough, whatever their order', () => {
    const countries = ['Netherlands', 'EIRE', 'Germany', 'France', 'Australia', 'Switzerland', 'Spain', 'Belgium']
    const assigned = assignColours([...countries, 'Other'])
    expect(new Set(assigned.values()).size).toBe(9)
    expect(assignColours(['Other', ...countries.toReversed()])).toEqual(assigned)
  })
})
