/** The shop of the lakehouse pack: half a year of many tenants' business, and how it goes on. */
import type { PackGenerator } from '../generator.ts'
import { fill } from './fill.ts'
import { live } from './live.ts'
import { SIZE_WORDS } from './sizes.ts'

export const generator: PackGenerator = {
  scales: { small: 'about 14,500 rows', medium: 'about 495,000 rows', large: 'about 2.85 million rows; takes about a minute' },
  sizes: SIZE_WORDS,
  fill,
  live,
}
