/**
 * UTF-8 or Windows-1252 (of which Latin-1 is a part), decided once for the whole file. The decision falls at the first
 * bytes beyond ASCII: up to there both are the same, so nothing has to be read twice.
 */
import { isAscii, isUtf8 } from 'node:buffer'

export type Encoding = 'utf-8' | 'windows-1252'

/** What Windows-1252 has at 0x80 … 0x9f; the five unused places mean the control characters of Latin-1. */
const C1 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** UTF-8 bytes of each byte of Windows-1252 from 0x80 on. */
export const UTF8_OF_1252: readonly Buffer[] = Array.from({ length: 128 }, (_, index) =>
  Buffer.from(index < 32 ? (C1[index] ?? '') : String.fromCharCode(128 + index)),
)

export class EncodingGuard {
  /** Null while only ASCII has been seen. */
  encoding: Encoding | null
  /** True when the text of every record in the region is valid UTF-8 without NUL, so that no record needs a look. */
  clean = true
  private nul = false

  constructor(encoding: Encoding | null) {
    this.encoding = encoding
  }

  /** Looks at bytes before their records are read. The last line end cuts off what may end inside a character. */
  look(region: Buffer, lineEnd: number, final: boolean): void {
    const bytes = final ? region : region.subarray(0, region.lastIndexOf(lineEnd) + 1)
    this.nul = bytes.includes(0)
    const ascii = isAscii(bytes)
    if (!ascii && this.encoding === null) this.encoding = isUtf8(bytes) || looksLikeUtf8(bytes) ? 'utf-8' : 'windows-1252'
    this.clean = !this.nul && (ascii || (this.encoding === 'utf-8' && isUtf8(bytes)))
  }

  /** Why a record of a region that is not clean cannot be text, or null. */
  problemOf(record: Buffer): string | null {
    if (this.nul && record.includes(0)) return 'the line contains a NUL character'
    if (this.encoding === 'utf-8' && !isUtf8(record)) return 'the line is not valid UTF-8 (for a Latin-1 file pass --encoding latin1)'
    return null
  }

  /** True when a field's bytes must be converted, not copied. */
  get converts(): boolean {
    return this.encoding === 'windows-1252'
  }

  /** Any bytes as text to show; what is not text becomes U+FFFD, NUL its picture. */
  decode(bytes: Buffer): string {
    return decode(bytes, this.encoding ?? 'utf-8')
  }
}

/** Bytes as text; what is not text becomes U+FFFD, and NUL, which PostgreSQL cannot store, its picture U+2400. */
export function decode(bytes: Buffer, encoding: Encoding): string {
  const text = encoding === 'utf-8' ? bytes.toString('utf8') : from1252(bytes)
  return text.replaceAll('\0', '\u2400')
}

function from1252(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character) => C1[character.charCodeAt(0) - 128] ?? character)
}

/**
 * For bytes that are not valid UTF-8: are most of their characters beyond ASCII well-formed all the same? Then the file is
 * UTF-8 with a few broken lines. Encoded surrogates (ED A0 80 … ED BF BF) count as UTF-8, because nobody writes “í ” in Latin-1.
 */
function looksLikeUtf8(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  const formed = text.match(/[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g)?.length ?? 0
  const beyond = text.match(/[\xc0-\xff]+[\x80-\xbf]*|[\x80-\xbf]+/g)?.length ?? 0
  return formed * 2 > beyond
}
