/** From failures to HTTP: status by kind and code, a body without stacks or causes. */
import type { ErrorRequestHandler } from 'express'
import { ZodError } from 'zod'
import { mistake, toFailure, type Failure } from '../../shared/failure.ts'

const BY_CODE: Record<string, number> = {
  'lease.held': 409,
  'features.no-snapshot': 409,
  'lease.lost': 409,
  'warehouse.not-current': 409,
  'warehouse.newer': 409,
  'warehouse.migrating': 409,
  'report.not-kept': 503,
}

function statusOf(failure: Failure): number {
  if ('status' in failure && typeof failure.status === 'number') return failure.status
  const known = BY_CODE[failure.code]
  if (known !== undefined) return known
  if (/\.unknown(-|$)/.test(failure.code)) return 404
  if (failure.kind === 'retry') return 503
  return failure.kind === 'mistake' ? 400 : 500
}

/** What body-parser throws has a status and a type of its own. */
function fromBodyParser(thrown: unknown): Failure | undefined {
  if (!(thrown instanceof Error) || !('type' in thrown) || !('status' in thrown)) return undefined
  const status = Number(thrown.status)
  const message =
    status === 413
      ? 'The request is too large'
      : status === 415
        ? 'Requests with a body are sent as application/json'
        : 'The request’s body is not valid JSON'
  return Object.assign(mistake('request.not-valid', message), { status })
}

function fromZod(thrown: unknown): Failure | undefined {
  if (!(thrown instanceof ZodError)) return undefined
  const issue = thrown.issues[0]
  return mistake('request.not-valid', `${issue?.path.map(String).join('.') || 'request'}: ${issue?.message ?? 'not valid'}`)
}

/** Last in line. Unforeseen errors are logged whole and answered without their text. */
export function answerErrors(log: (thrown: unknown) => void): ErrorRequestHandler {
  // eslint-disable-next-line max-params -- Express knows a handler of errors by its four parameters
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown)
      return
    }
    const failure = fromBodyParser(thrown) ?? fromZod(thrown) ?? toFailure(thrown)
    const status = statusOf(failure)
    if (failure.code === 'internal.unexpected') log(thrown)
    const report =
      failure.code === 'internal.unexpected'
        ? { ...failure.report(), message: 'Something unforeseen happened', hint: 'The server’s log has the details.' }
        : failure.report()
    if (request.path.startsWith('/api/') || request.accepts('html') === false) response.status(status).json(report)
    else response.status(status).type('html').send(page(report.message, report.hint))
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function page(message: string, hint: string | null): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Quintile</title><h1>Quintile</h1><p>${escape(message)}.</p><p>${escape(hint ?? '')}</p></html>`
}
