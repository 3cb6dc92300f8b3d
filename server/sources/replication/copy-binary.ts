/** Takes COPY's binary form of one column apart into its values. */

/** Signature, flags and the length of an extension that is always empty. */
const HEADER_BYTES = 19
/** Number of fields (2 bytes) and length of the field (4 bytes). */
const ROW_BYTES = 6

/** Give it the chunks in their order; each time it answers with the values that are complete. Null values are left out. */
export function openCopyBinary(): (chunk: Buffer) => Buffer[] {
  let parts: Buffer[] = []
  let size = 0
  /** Bytes that are needed for the next step: a value of 100 MB is put together once and not at each of its chunks. */
  let needed = HEADER_BYTES
  let inHeader = true
  return (chunk) => {
    parts.push(chunk)
    size += chunk.length
    if (size < needed) return []
    const bytes = parts.length === 1 ? chunk : Buffer.concat(parts)
    const values: Buffer[] = []
    let at = 0
    if (inHeader) at = HEADER_BYTES
    inHeader = false
    needed = ROW_BYTES
    while (bytes.length - at >= ROW_BYTES) {
      const length = Math.max(0, bytes.readInt32BE(at + 2))
      needed = ROW_BYTES + length
      if (bytes.length - at < needed) break
      if (bytes.readInt32BE(at + 2) >= 0) values.push(bytes.subarray(at + ROW_BYTES, at + needed))
      at += needed
      needed = ROW_BYTES
    }
    parts = [bytes.subarray(at)]
    size = bytes.length - at
    return values
  }
}
