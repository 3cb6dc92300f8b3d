/** An HTTP API as it stands under `sources:` in pack.yaml. Secrets are environment variables, by name. */
import { z } from 'zod'
import { duration } from './duration.ts'

const variable = z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable')
const headerName = z.string().regex(/^[A-Za-z0-9-]+$/, 'the name of a header')
const scheme = z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'the word before the token, such as Bearer')
/** Names and places down into the answer: `data.items`, `links.0.href`; `$` is the answer itself. */
const jsonPath = z
  .string()
  .regex(/^(\$|(\$\.)?[^.$\s]+(\.[^.\s]+)*)$/, 'names with points between them, such as data.items, or $ for the whole answer')
const path = z.string().regex(/^(?!.*:\/\/)[^\s#]+$/, 'a path below base_url')

function isBase(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '')
}

/** At most one of the keys; `none` is written for no key at all. */
function choice<S extends z.ZodRawShape>(shape: S, words: Readonly<Record<string, object>>) {
  const schema = z.strictObject(shape).refine((chosen) => Object.values(chosen).filter((one) => one !== undefined).length < 2, 'choose one')
  return z.preprocess((given) => (typeof given === 'string' ? (words[given] ?? given) : given), schema)
}

const jwt = z.strictObject({
  login_path: path,
  refresh_path: path.optional(),
  username_env: variable,
  password_env: variable,
  /** How the login wants its two fields called. */
  username_field: z.string().default('username'),
  password_field: z.string().default('password'),
  /** Where the answer to the login has the token, and the one to renew it with; under the latter's name it is sent back too. */
  token_field: jsonPath.default('access'),
  refresh_field: jsonPath.default('refresh'),
  /** Where the answer has the token's life in seconds, if the token itself does not say. */
  expires_field: jsonPath.default('expires_in'),
  scheme: scheme.default('Bearer'),
})

const auth = choice(
  {
    bearer: z.strictObject({ token_env: variable, scheme: scheme.default('Bearer') }).optional(),
    api_key: z.strictObject({ header: headerName, key_env: variable }).optional(),
    jwt: jwt.optional(),
  },
  { none: {} },
)

const size = z.int().min(1).max(10_000).default(100)
const name = z.string().min(1)
const paging = choice(
  {
    page: z
      .strictObject({ page_param: name.default('page'), size_param: name.optional(), size, first: z.int().min(0).default(1) })
      .optional(),
    offset: z.strictObject({ offset_param: name.default('offset'), limit_param: name.default('limit'), size }).optional(),
    /** Without `param`, what stands at `next` is the address of the next page. */
    cursor: z.strictObject({ param: name.optional(), next: jsonPath }).optional(),
    link: z.strictObject({}).optional(),
  },
  { none: {}, link: { link: {} } },
)

const rate = z.strictObject({ requests: z.int().min(1), per: duration, burst: z.int().min(1).default(1) })

/** Headers that carry secrets; those have their place under `auth`. */
const SECRET = /^(authorization|proxy-authorization|cookie|.*(token|secret|api-?key).*)$/i
const headers = z
  .record(headerName, z.string().regex(/^[\x20-\x7e]*$/, 'plain ASCII on one line'))
  .refine(
    (given) => !Object.keys(given).some((one) => SECRET.test(one)),
    'secrets are not written here: use auth with an environment variable',
  )

export const httpSettings = z
  .strictObject({
    kind: z.literal('http'),
    base_url: z.string().refine(isBase, 'an address such as https://api.example.com/v1, without login, ? and #'),
    auth: auth.default({}),
    paging: paging.default({}),
    /** Where the answer has its items; otherwise the answer itself, or `results`, `data` or `items` in it. */
    items: jsonPath.optional(),
    /** Where the answer says how many items there are in all. */
    total: jsonPath.optional(),
    /** One limit or several, which then all hold. */
    rate_limit: z.preprocess((given) => (Array.isArray(given) || given === undefined ? given : [given]), z.array(rate)).default([]),
    /** Milliseconds that one request may take, its answer included. */
    timeout: duration.refine((milliseconds) => milliseconds <= 300_000, 'at most 5 minutes').default(30_000),
    retries: z.int().min(0).max(20).default(4),
    /** Milliseconds that the server may make us wait; asks it for more, the read fails and says so. */
    longest_wait: duration.default(120_000),
    largest_answer_mb: z.int().min(1).max(500).default(50),
    /** Parameter with which only items since a stamp are asked for, and where each item has its stamp. */
    since_param: name.optional(),
    since_path: jsonPath.optional(),
    headers: headers.default({}),
    /** Path of a single profile, with `{id}` in it. */
    profile_path: path.refine((text) => text.includes('{id}'), 'a path with {id} in it').optional(),
  })
  .refine(
    ({ since_param, since_path }) => (since_param === undefined) === (since_path === undefined),
    'since_param and since_path go together',
  )
export type HttpSettings = z.infer<typeof httpSettings>
export type JwtSettings = z.infer<typeof jwt>
