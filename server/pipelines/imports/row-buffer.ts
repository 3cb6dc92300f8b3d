/**
 * Rows in PostgreSQL's binary COPY form, written straight into buffers of 256 kB. A row that turns out to be a reject is
 * undone by `reset`. Buffers are not used again: the socket may still hold one when `write` has returned.
 */
const SIZE = 1 << 18
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TWO_32 = 2 ** 32

export class RowBuffer {
  bytes: Buffer
  at: number
  private full: Buffer[] = []

  constructor() {
    this.bytes = Buffer.allocUnsafeSlow(SIZE)
    this.at = SIGNATURE.copy(this.bytes)
  }

  /** Makes room for a row of at most `size` bytes. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return
    if (this.at > 0) this.full.push(this.bytes.subarray(0, this.at))
    this.bytes = Buffer.allocUnsafeSlow(Math.max(SIZE, size))
    this.at = 0
  }

  /** Buffers that are full, to be sent; each is handed out once. */
  take(): Buffer[] {
    if (this.full.length === 0) return this.full
    const full = this.full
    this.full = []
    return full
  }

  /** Everything that has not been taken, with the trailer that ends a binary COPY. */
  finish(): Buffer[] {
    this.reserve(2)
    this.int16(-1)
    this.full.push(this.bytes.subarray(0, this.at))
    return this.take()
  }

  int16(value: number): void {
    const { bytes, at } = this
    bytes[at] = value >> 8
    bytes[at + 1] = value
    this.at = at + 2
  }

  int32(value: number): void {
    const { bytes, at } = this
    bytes[at] = value >> 24
    bytes[at + 1] = value >> 16
    bytes[at + 2] = value >> 8
    bytes[at + 3] = value
    this.at = at + 4
  }

  /** A whole number up to 2^53, with its length before it. */
  int8Value(value: number): void {
    const high = Math.floor(value / TWO_32)
    this.int32(8)
    this.int32(high)
    this.int32(value - high * TWO_32)
  }

  textValue(text: string): void {
    const length = Buffer.byteLength(text)
    this.reserve(length + 4)
    this.int32(length)
    this.at += this.bytes.write(text, this.at)
  }
}
