/** How tills and people spell a wine: mostly right, sometimes in capitals, without accents, with a slip, or something else altogether. */
import type { Dice } from '../dice.ts'

/** Things on invoices that are no wine of the catalogue. */
const OTHERS = ['Frais de port', 'Carton cadeau 3 bouteilles', 'Dégustation au domaine', 'Verre gravé', 'Consigne fût']

/** A label of a line, drawn anew each time; slips are few per wine, so that one alias mends many lines. */
export function spell(dice: Dice, label: string): string {
  switch (dice.weighted([70, 9, 9, 5, 3, 3, 1])) {
    case 1:
      return label.toUpperCase()
    case 2:
      return label.normalize('NFD').replaceAll(/\p{M}/gu, '')
    case 3:
      return ` ${label.replaceAll(' ', '  ')} `
    case 4:
      return label.replaceAll('’', "'").replaceAll('œ', 'oe').replaceAll('Œ', 'OE')
    case 5:
      return slip(label, dice.int(0, 1))
    case 6:
      return dice.pick(OTHERS)
    default:
      return label
  }
}

/** Without the year, or with two letters of the longest word exchanged. */
function slip(label: string, kind: number): string {
  if (kind === 0) return label.replace(/ \d{4}$/, '')
  const longest = label.split(' ').reduce((one, other) => (other.length > one.length ? other : one))
  const at = Math.floor(longest.length / 2)
  return label.replace(longest, longest.slice(0, at) + longest.charAt(at + 1) + longest.charAt(at) + longest.slice(at + 2))
}
