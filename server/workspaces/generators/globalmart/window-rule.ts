/** How a table of windows is made of events. */

/** A table of windows, and the SELECT that fills it for events from `$1` to `$2`. */
export interface WindowRule {
  table: string
  /** Column by which rows belong to the span. */
  time: string
  select: string
}

/** The window of a time column: its beginning and its end, as two columns. */
export function windowOf(time: string, length: string): string {
  const begins = `date_bin('${length}', ${time}, timestamptz '2000-01-01 00:00:00+00')`
  return `${begins} AS window_start, ${begins} + interval '${length}' AS window_end`
}

/** Events of the span. */
export function inSpan(time: string): string {
  return `${time} >= $1::timestamptz AND ${time} < $2::timestamptz`
}
