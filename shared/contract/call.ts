/** One call of the local API: the screen and the server are both typed by it, and the OpenAPI file is made from it. */
import type { z } from 'zod'

export interface Call<Params extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType, Answer extends z.ZodType = z.ZodType> {
  method: 'GET' | 'POST'
  /** Express path, parameters as `:name`. */
  path: string
  summary: string
  /** Path and query parameters together; every value arrives as text and is coerced here. */
  params: Params
  body: Body
  answer: Answer
  /** `202` for long work that answers with a run id. */
  status: 200 | 202
}

/** Declares a call and keeps its exact types. */
export function call<Params extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType>(
  declared: Call<Params, Body, Answer>,
): Call<Params, Body, Answer> {
  return declared
}
