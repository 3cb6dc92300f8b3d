/** After a navigation the focus goes to the heading of the new page, so that a screen reader says where it is. */
let first = true

/** Called by each page once it is mounted. The first page of a visit leaves the focus where the browser put it. */
export function pageShown(heading: HTMLElement | null): void {
  if (!first) heading?.focus({ preventScroll: true })
  first = false
}
