/** The catalogue of an invented winery: what each wine is, tastes of and costs. */
import type { Dice } from '../dice.ts'

export interface Wine {
  key: string
  label: string
  family: string
  grape: string
  sugar: string
  /** 0 to 3, with the price band BUDGET to LUXURY. */
  tier: number
  /** fruit, floral, spice, mineral, acidity, body, tannin; 1 to 5, null where nobody tasted it. */
  aromas: readonly (number | null)[]
  active: boolean
  seasons: readonly string[]
  /** Without tax, cents per bottle. */
  price: number
  /** How often it is chosen, against the others. */
  weight: number
}

export const PRICE_BANDS = ['BUDGET', 'STANDARD', 'PREMIUM', 'LUXURY'] as const

interface Style {
  family: string
  grape: string
  sugars: readonly string[]
  aromas: readonly number[]
  season: string
  weight: number
}

const STYLES: readonly Style[] = [
  { family: 'White', grape: 'Riesling', sugars: ['Dry', 'Dry', 'Off-dry'], aromas: [3, 3, 1, 5, 5, 2, 1], season: 'summer', weight: 5 },
  { family: 'White', grape: 'Pinot Gris', sugars: ['Off-dry', 'Dry'], aromas: [4, 2, 3, 2, 2, 4, 1], season: 'autumn', weight: 4 },
  { family: 'White', grape: 'Gewurztraminer', sugars: ['Off-dry', 'Sweet'], aromas: [4, 5, 5, 1, 1, 4, 1], season: 'christmas', weight: 4 },
  { family: 'White', grape: 'Sylvaner', sugars: ['Dry'], aromas: [3, 2, 1, 3, 4, 1, 1], season: 'summer', weight: 2 },
  { family: 'White', grape: 'Muscat', sugars: ['Dry', 'Off-dry'], aromas: [5, 4, 1, 2, 3, 2, 1], season: 'spring', weight: 2 },
  { family: 'White', grape: 'Auxerrois', sugars: ['Dry'], aromas: [3, 2, 2, 2, 3, 3, 1], season: 'spring', weight: 2 },
  { family: 'Red', grape: 'Pinot Noir', sugars: ['Dry'], aromas: [4, 2, 3, 2, 3, 3, 3], season: 'autumn', weight: 4 },
  { family: 'Red', grape: 'Syrah', sugars: ['Dry'], aromas: [4, 1, 5, 2, 2, 5, 4], season: 'winter', weight: 2 },
  { family: 'Rosé', grape: 'Pinot Noir', sugars: ['Dry'], aromas: [5, 3, 1, 2, 4, 2, 1], season: 'summer', weight: 3 },
  { family: 'Sparkling', grape: 'Pinot Blanc', sugars: ['Dry', 'Off-dry'], aromas: [3, 3, 1, 4, 5, 2, 1], season: 'christmas', weight: 5 },
  { family: 'Sparkling', grape: 'Chardonnay', sugars: ['Dry'], aromas: [3, 2, 2, 4, 4, 3, 1], season: 'christmas', weight: 2 },
  { family: 'Sweet', grape: 'Gewurztraminer', sugars: ['Sweet'], aromas: [5, 5, 4, 1, 2, 5, 1], season: 'christmas', weight: 1 },
  { family: 'Sweet', grape: 'Riesling', sugars: ['Sweet'], aromas: [5, 3, 2, 4, 4, 4, 1], season: 'winter', weight: 1 },
]

/** Cuvées by tier; some with ligatures, accents and apostrophes, as on real bottles. */
const CUVEES: readonly (readonly string[])[] = [
  ['Tradition', 'L’Été', 'Petit Clos', 'Vieille Grange', 'La Treille', 'Bœuf Rouge', 'Les Prés'],
  ['Réserve', "Coteaux d'Aubry", 'Cœur de Roche', 'Vieilles Vignes', 'Le Hêtre', 'Les Œillets', "Clos d'Élise"],
  ['Grande Réserve', 'Clos Saint-Rémi', "L'Œuvre", 'Haut Rocher', 'Terre de Grès', 'Côte Brûlée'],
  ['Grand Cru Altenrain', 'Prestige d’Hélène', 'Sélection Ancestrale', 'Grand Cru Steinweg'],
]
const PRICES = [650, 1150, 2150, 4200] as const

/** Wines with unique labels; the same for the same dice. */
export function drawWines(dice: Dice, count: number): Wine[] {
  const labels = new Set<string>()
  const wines: Wine[] = []
  while (wines.length < count) {
    const style = STYLES[dice.weighted(STYLES.map(({ weight }) => weight))] as Style
    const tier = dice.weighted([5, 5, 3, 1])
    const year = dice.int(2012, 2025)
    const prefix = style.family === 'Sparkling' ? 'Crémant ' : style.family === 'Rosé' ? 'Rosé de ' : ''
    const late = style.family === 'Sweet' ? ' Vendanges Tardives' : ''
    const label = `${prefix}${style.grape}${late} ${dice.pick(CUVEES[tier] ?? [])} ${String(year)}`
    if (labels.has(label)) continue
    labels.add(label)
    wines.push(toWine(dice, { style, tier, label, number: wines.length + 1 }))
  }
  return wines
}

function toWine(dice: Dice, { style, tier, label, number }: { style: Style; tier: number; label: string; number: number }): Wine {
  const { family, grape } = style
  const untasted = dice.chance(0.04)
  return {
    ...{ key: `W${String(number).padStart(4, '0')}`, label, family, grape, sugar: dice.pick(style.sugars), tier },
    aromas: style.aromas.map((level) => (untasted ? null : Math.min(5, Math.max(1, level + dice.int(-1, 1))))),
    active: !dice.chance(0.06),
    seasons: dice.chance(0.7) ? [style.season] : dice.chance(0.5) ? [style.season, 'christmas'] : [],
    price: Math.round(((PRICES[tier] ?? 650) * (0.85 + dice.float() * 0.4)) / 5) * 5,
    // A few wines sell most: a rank of its own on top of the style's.
    weight: style.weight * (0.2 + dice.float() ** 3 * 4),
  }
}
