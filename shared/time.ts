/** The clock is an argument: nothing in a room asks the system for the time. Milliseconds since 1970, UTC. */
export type Clock = () => number

/** ISO-8601 UTC with milliseconds, as every time in answers, logs and files. */
export function toIso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
