/** The API described by the same schemas that check it. */
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi'
import { z } from 'zod'
import { contract } from '../../shared/contract/index.ts'
import { failureReportSchema } from '../../shared/run.ts'

function pathsOf(): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {}
  for (const [name, { method, path, summary, params, body, answer, status }] of Object.entries(contract)) {
    const inPath = new Set([...path.matchAll(/:(\w+)/g)].map((match) => match[1]))
    const shape = params.shape as Record<string, z.ZodType>
    const pick = (wanted: boolean): z.ZodObject =>
      z.object(Object.fromEntries(Object.entries(shape).filter(([key]) => inPath.has(key) === wanted)))
    const url = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[url] = {
      ...paths[url],
      [method.toLowerCase()]: {
        operationId: name,
        summary,
        requestParams: { path: pick(true), query: pick(false) },
        ...(method === 'POST' ? { requestBody: { content: { 'application/json': { schema: body } } } } : {}),
        responses: {
          [String(status)]: { description: 'The answer', content: { 'application/json': { schema: answer } } },
          default: { description: 'What went wrong, and what to do', content: { 'application/json': { schema: failureReportSchema } } },
        },
      },
    }
  }
  return paths
}

let made: ReturnType<typeof createDocument> | undefined

/** OpenAPI 3.1, made once. */
export function openApiDocument(version: string): ReturnType<typeof createDocument> {
  return (made ??= createDocument({ openapi: '3.1.0', info: { title: 'Quintile local API', version }, paths: pathsOf() }))
}
