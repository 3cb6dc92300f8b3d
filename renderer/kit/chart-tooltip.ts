/** The small card that follows the pointer, built as elements with classes. */
export interface TooltipPoint {
  name: string
  colour: string
  value: string
}

function element(tag: string, classes: string, text?: string): HTMLElement {
  const made = document.createElement(tag)
  made.className = classes
  if (text !== undefined) made.textContent = text
  return made
}

export function tooltipNode(card: { title: string; note: string | null; points: readonly TooltipPoint[] }): HTMLElement {
  const node = element('div', 'rounded-md border border-line bg-surface px-3 py-2 text-xs text-ink shadow-over')
  const head = element('div', 'mb-1 flex items-baseline gap-3 font-semibold', card.title)
  if (card.note !== null) head.append(element('span', 'font-normal text-faint', card.note))
  node.append(head)
  for (const point of card.points) {
    const line = element('div', 'flex items-center gap-2 leading-5')
    const swatch = element('span', 'size-2 shrink-0 rounded-xs')
    swatch.style.backgroundColor = point.colour
    line.append(
      swatch,
      element('span', 'mr-4 max-w-48 truncate text-soft', point.name),
      element('span', 'tnum ml-auto font-medium', point.value),
    )
    node.append(line)
  }
  return node
}
