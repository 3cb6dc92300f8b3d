/** The demo of the loyalty pack: the programme's operational database, and the Xiva API beside it. */
import type { PackGenerator } from '../generator.ts'
import { fillLoyalty } from './fill.ts'
import { liveLoyalty } from './live.ts'
import { serveXiva } from './xiva/serve.ts'

export const generator: PackGenerator = {
  scales: {
    small: '200 customers, about 20,000 rows',
    medium: '5,000 customers, about 515,000 rows',
    large: '50,000 customers, about 5,150,000 rows',
  },
  sizes: {
    customers: 'customers of the loyalty programme',
    xiva_customers: 'how many of them the Xiva API knows; at most 1,000 unless given',
  },
  fill: fillLoyalty,
  live: liveLoyalty,
  serve: serveXiva,
}
