/** `1 row`, `1,234 rows`: for notes. */
export function rowsInWords(count: number): string {
  return `${count.toLocaleString('en')} row${count === 1 ? '' : 's'}`
}
