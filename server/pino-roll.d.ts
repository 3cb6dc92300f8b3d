/** The package ships no types; the part that we use. */
declare module 'pino-roll' {
  import type { DestinationStream } from 'pino'

  interface RollOptions {
    file: string
    frequency: 'daily'
    dateFormat: string
    extension: string
    limit: { count: number }
  }

  export default function buildRoll(options: RollOptions): Promise<DestinationStream>
}
