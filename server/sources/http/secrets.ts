/** Secrets of a source: read from the environment when they are needed, and kept out of everything that is said. */
import { Buffer } from 'node:buffer'
import { mistake } from '../../../shared/failure.ts'

const MASK = '•••'

export interface Secrets {
  /** The value of an environment variable; `what` names it in the failure. Errors: `source.no-secret`, `source.bad-secret`. */
  read(variable: string, what: string): string
  /** A secret that came from the server, such as a token. */
  add(secret: string): void
  /** The text without any secret, in whatever form answers repeat what they were sent. */
  hide(text: string): string
}

/** Keeps the secrets in memory only. */
export function openSecrets(source: string, environment: NodeJS.ProcessEnv): Secrets {
  const known = new Set<string>()
  const add = (secret: string): void => {
    if (secret !== '') known.add(secret)
  }
  return {
    add,
    read: (variable, what) => {
      const value = environment[variable]
      if (value === undefined || value === '')
        throw mistake(
          'source.no-secret',
          `The ${what} of the source “${source}” is not known`,
          `Set the environment variable ${variable} to it.`,
        )
      add(value)
      // The refusal of such a header would name its value.
      if (/[^\x20-\x7e]/.test(value) && what !== 'password' && what !== 'user name')
        throw mistake(
          'source.bad-secret',
          `The ${what} of the source “${source}” has a line end or another character that no header can carry`,
          `Correct the environment variable ${variable}.`,
        )
      return value
    },
    // The longest first, because one secret may contain another.
    hide: (text) => [...known].sort((a, b) => b.length - a.length).reduce((hidden, secret) => hidden.replace(anyForm(secret), MASK), text),
  }
}

/** The secret as it is, or as JSON, addresses and HTML write it, well or badly. */
function anyForm(secret: string): RegExp {
  const characters = Array.from(secret, (character) => {
    const plain = `\\\\*${character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')}`
    if (/[A-Za-z0-9]/.test(character)) return plain
    const escaped = Array.from(
      { length: character.length },
      (_, index) => `\\\\+u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    )
    const percent = [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
    return `(?:${[plain, escaped.join(''), percent.join(''), '&#?[a-z0-9]{1,6};'].join('|')})`
  })
  return new RegExp(characters.join(''), 'gi')
}
