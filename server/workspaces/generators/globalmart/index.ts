/** The stream of a shop's events for the globalmart pack. */
import type { PackGenerator } from '../generator.ts'
import { fill } from './fill.ts'
import { live } from './live.ts'
import { SIZE_WORDS } from './sizes.ts'

export const generator: PackGenerator = {
  scales: {
    small: '60,000 events of 2,000 users in a year',
    medium: 'a million events of 10,000 users',
    large: 'five million events of 100,000 users; takes some minutes',
  },
  sizes: SIZE_WORDS,
  fill,
  live,
}
