/** Which part of the picture is seen: moved by `x` and `y` pixels after drawing it `scale` times as large. Pure. */
export interface Viewport {
  x: number
  y: number
  scale: number
}

export interface Size {
  width: number
  height: number
}

export const LEAST_SCALE = 0.2
export const MOST_SCALE = 2
/** Names can still be read; a first look at a large graph goes no further away than this. */
export const READABLE_SCALE = 0.5
const MARGIN = 16

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))

/** Zooms so that the point of the window (in pixels) stays where it is. */
export function zoomAt({ x, y, scale }: Viewport, factor: number, point: { x: number; y: number }): Viewport {
  const next = clamp(scale * factor, LEAST_SCALE, MOST_SCALE)
  const ratio = next / scale
  return { scale: next, x: point.x - (point.x - x) * ratio, y: point.y - (point.y - y) * ratio }
}

/** The whole picture in the middle of the window, never enlarged; with `least` no smaller than that, from its upper left corner. */
export function fitInto(picture: Size, window: Size, least = LEAST_SCALE): Viewport {
  const wanted = Math.min((window.width - 2 * MARGIN) / picture.width, (window.height - 2 * MARGIN) / picture.height)
  const scale = clamp(Number.isFinite(wanted) ? wanted : 1, least, 1)
  const middle = (room: number, taken: number): number => (taken > room - 2 * MARGIN ? MARGIN : (room - taken) / 2)
  return { scale, x: middle(window.width, picture.width * scale), y: middle(window.height, picture.height * scale) }
}

interface Span {
  begin: number
  length: number
}

/** Where one side of the window must lie for the span to be in it: where it is, or as little beside as needed. */
function along({ offset, scale, room }: { offset: number; scale: number; room: number }, { begin, length }: Span): number {
  const [from, to] = [begin * scale + offset, (begin + length) * scale + offset]
  if (from < MARGIN) return offset + MARGIN - from
  return to > room - MARGIN ? offset - Math.min(to - room + MARGIN, from - MARGIN) : offset
}

/** Moves as little as needed for the box to be wholly in the window. */
export function bring({ x, y, scale }: Viewport, box: { x: number; y: number } & Size, window: Size): Viewport {
  return {
    scale,
    x: along({ offset: x, scale, room: window.width }, { begin: box.x, length: box.width }),
    y: along({ offset: y, scale, room: window.height }, { begin: box.y, length: box.height }),
  }
}

/** The height of a window of this width that shows the whole picture as large as its width allows. */
export function roomFor(picture: Size, width: number): number {
  const scale = clamp((width - 2 * MARGIN) / picture.width, READABLE_SCALE, 1)
  return Math.ceil(picture.height * scale) + 2 * MARGIN
}
