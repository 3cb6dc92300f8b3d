/** What the service says. */

export interface Reply {
  status: number
  headers?: Readonly<Record<string, string>>
  /** Text as it is, anything else as JSON. */
  body: unknown
}

/** A refusal in the API's form. */
export function refuse(status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: { detail } }
}

export const NOT_FOUND = 'Resource not found'
