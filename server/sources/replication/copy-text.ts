/** Takes COPY's text form apart into rows: the only one whose values are written exactly as the types' own output writes them. */

const ESCAPED: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

function toValue(field: string): string | null {
  if (!field.includes('\\')) return field
  return field === '\\N' ? null : field.replaceAll(/\\(.)/gs, (_, character: string) => ESCAPED[character] ?? character)
}

const NEWLINE = 10

/** Give it the chunks in their order; each time it answers with the rows that are complete. */
export function openCopyText(): (chunk: Buffer) => (string | null)[][] {
  let begun: Buffer[] = []
  return (chunk) => {
    const end = chunk.lastIndexOf(NEWLINE)
    if (end === -1) {
      begun.push(chunk)
      return []
    }
    // A newline within a value is written as \n, and no byte of a longer UTF-8 character is a newline.
    const text = Buffer.concat([...begun, chunk.subarray(0, end)]).toString('utf8')
    begun = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : []
    return text.split('\n').map((line) => line.split('\t').map(toValue))
  }
}
