import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { openCopyBinary } from '../../../server/sources/replication/copy-binary.ts'
import { openCopyText } from '../../../server/sources/replication/copy-text.ts'
import { formatLsn, parseLsn } from '../../../server/sources/replication/position.ts'

/** The bytes in pieces of the given sizes, over and over. */
function inPieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

/** COPY's text form, as the manual describes it. */
const toText = (value: string | null) =>
  value === null
    ? '\\N'
    : value.replaceAll(
        /[\\\b\f\n\r\t\v]/g,
        (found) => `\\${{ '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v' }[found]!}`,
      )

function toBinary(values: readonly (Buffer | null)[]): Buffer {
  const rows = values.map((value) => {
    const head = Buffer.alloc(6)
    head.writeInt16BE(1, 0)
    head.writeInt32BE(value?.length ?? -1, 2)
    return Buffer.concat([head, value ?? Buffer.alloc(0)])
  })
  return Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8), ...rows, Buffer.from([0xff, 0xff])])
}

describe('what COPY sends', () => {
  test('as text is the same rows, wherever the pieces end', () => {
    const value = fc.option(fc.string({ unit: 'binary', maxLength: 30 }), { nil: null })
    const rows = fc.array(fc.tuple(value, value), { maxLength: 20 })
    fc.assert(
      fc.property(rows, sizes, (expected, cuts) => {
        const split = openCopyText()
        const bytes = Buffer.from(expected.map((row) => `${row.map(toText).join('\t')}\n`).join(''))
        expect(inPieces(bytes, cuts).flatMap(split)).toEqual(expected)
      }),
    )
  })

  test('as binary is the same values, wherever the pieces end, without nulls', () => {
    const values = fc.array(fc.option(fc.uint8Array({ maxLength: 60 }), { nil: null }), { maxLength: 20 })
    fc.assert(
      fc.property(values, sizes, (given, cuts) => {
        const split = openCopyBinary()
        const expected = given.map((value) => (value === null ? null : Buffer.from(value)))
        expect(inPieces(toBinary(expected), cuts).flatMap(split)).toEqual(expected.filter((value) => value !== null))
      }),
    )
  })

  test('a place in the log is the same number in both forms', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (lsn) => parseLsn(formatLsn(lsn)) === lsn))
    expect([formatLsn(0x16_b374_d848n), parseLsn('16/B374D848') < parseLsn('17/0')]).toEqual(['16/B374D848', true])
  })
})
