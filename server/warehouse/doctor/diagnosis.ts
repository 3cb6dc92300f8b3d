/** What the doctor says of one thing. */
export interface Diagnosis {
  /** Stable name, such as `login` or `temp-tables`. */
  check: string
  /** `warning`: works today; `skipped`: could not be looked at, because something before it failed. */
  status: 'ok' | 'warning' | 'failed' | 'skipped'
  message: string
  hint: string | null
  /** SQL for a database administrator, ready to run. */
  grant: string | null
}

interface Remedy {
  hint?: string | undefined
  grant?: string | undefined
}

function say(status: Diagnosis['status']): (check: string, message: string, remedy?: Remedy) => Diagnosis {
  return (check, message, { hint, grant } = {}) => ({ check, status, message, hint: hint ?? null, grant: grant ?? null })
}

/** All is well. */
export const ok = say('ok')
/** It works, and somebody should know. */
export const warning = say('warning')
/** It does not work. */
export const failed = say('failed')
/** It was not looked at. */
export const skipped = say('skipped')
