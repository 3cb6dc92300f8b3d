/** Calls to the local API, typed and checked by the contract. */
import { z } from 'zod'
import { contract, type AnswerOf, type BodyOf, type CallName, type ParamsOf } from '../shared/contract/index.ts'
import { Failure, mistake, toFailure, type FailureKind } from '../shared/failure.ts'

interface Asked<N extends CallName> {
  params?: ParamsOf<N>
  body?: BodyOf<N>
  signal?: AbortSignal
}

const fact = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])
const errorAnswer = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable().default(null),
  // Details serve the reader; one of an unknown shape must not hide the error itself.
  details: z.record(z.string(), fact).catch({}).default({}),
})

/** Statuses that a later try may mend. */
const PASSING = new Set([408, 425, 429, 502, 503, 504])

function kindOf(status: number): FailureKind {
  if (PASSING.has(status)) return 'retry'
  return status >= 500 ? 'stop' : 'mistake'
}

/** Parameters are text, numbers and booleans; these last two read the same in JSON and in an address. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** `/api/runs/:run_id` and `{ run_id, offset }` → `/api/runs/…?offset=…`. Throws a `Failure` when a part is missing. */
export function buildPath(path: string, params: Readonly<Record<string, unknown>>): string {
  const rest = new Map(Object.entries(params).filter(([, value]) => value !== undefined && value !== null))
  const filled = path.replace(/:([a-z_]+)/g, (_, key: string) => {
    const value = asText(rest.get(key))
    // A part that is only dots would climb to another path when the browser tidies the address.
    if (/^\.{0,2}$/.test(value)) throw mistake('screen.path', `The address ${path} needs a ${key}.`)
    rest.delete(key)
    return encodeURIComponent(value)
  })
  const query = new URLSearchParams([...rest].map(([key, value]) => [key, asText(value)])).toString()
  return query === '' ? filled : `${filled}?${query}`
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (cause) {
    throw new Failure({
      kind: 'stop',
      code: 'screen.bad_answer',
      cause,
      message: `The server answered ${response.status} without readable JSON.`,
      hint: 'Reload the page; if it stays, the log of the server says more.',
    })
  }
}

/** The error answer `{ code, message, hint, details }` as a `Failure`. */
export async function failureOf(response: Response): Promise<Failure> {
  const read = errorAnswer.safeParse(await readJson(response).catch(() => null))
  if (read.success) return new Failure({ kind: kindOf(response.status), ...read.data, hint: read.data.hint ?? undefined })
  return new Failure({
    kind: kindOf(response.status),
    code: `http.${response.status}`,
    message: `The server answered ${response.status} ${response.statusText}.`.replace(' .', '.'),
  })
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new Failure({
      kind: 'retry',
      code: 'screen.unreachable',
      cause,
      message: 'Quintile does not answer.',
      hint: 'It may be starting again. The page reconnects by itself.',
    })
  }
}

/** Asks the API. Throws a `Failure` for an error answer, an answer outside the contract, or no answer. */
export async function ask<N extends CallName>(name: N, asked: Asked<N> = {}): Promise<AnswerOf<N>> {
  const { method, path, answer } = contract[name]
  const response = await send(buildPath(path, asked.params ?? {}), {
    method,
    credentials: 'same-origin',
    headers: method === 'POST' ? { accept: 'application/json', 'content-type': 'application/json' } : { accept: 'application/json' },
    ...(method === 'POST' ? { body: JSON.stringify(asked.body ?? {}) } : {}),
    ...(asked.signal === undefined ? {} : { signal: asked.signal }),
  })
  if (!response.ok) throw await failureOf(response)
  const read = answer.safeParse(await readJson(response))
  // The compiler cannot follow `contract[name]` to `AnswerOf<N>`; the schema that was just applied is exactly that.
  if (read.success) return read.data as AnswerOf<N>
  const where = read.error.issues[0]
  throw new Failure({
    kind: 'stop',
    code: 'screen.bad_answer',
    cause: read.error,
    message: `The answer to ${name} does not fit the contract at ${where?.path.join('.') || 'its top'}: ${where?.message ?? 'unknown'}.`,
    hint: 'The page and the server may be of different versions: reload the page.',
  })
}

/** For components: whatever a query threw, as a `Failure`. */
export function asFailure(thrown: unknown): Failure | null {
  return thrown === null || thrown === undefined ? null : toFailure(thrown)
}
