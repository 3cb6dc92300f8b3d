/** Moving and zooming the window on the graph by pointer, wheel and keys. */
import { useElementSize, useEventListener } from '@vueuse/core'
import { computed, type Ref } from 'vue'
import { bring, fitInto, READABLE_SCALE, roomFor, zoomAt, type Size, type Viewport } from './viewport.ts'

const STEP = 1.25
const PAN = 60
const PANS: Record<string, [number, number]> = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] }

interface Needs {
  /** The window. */
  frame: Readonly<Ref<HTMLElement | null>>
  picture: Readonly<Ref<Size>>
  /** Null: fitted, and again when the window changes, until a person moves it. */
  kept: Ref<Viewport | null>
}

/** Dragging the ground moves the picture; a press on a job is not a drag. */
function useDrag(frame: Needs['frame'], move: (x: number, y: number) => void): void {
  let from: { x: number; y: number } | null = null
  useEventListener(frame, 'pointerdown', (event: PointerEvent) => {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('[data-job], button') !== null)) return
    from = { x: event.clientX, y: event.clientY }
    frame.value?.setPointerCapture(event.pointerId)
  })
  useEventListener(frame, 'pointermove', (event: PointerEvent) => {
    if (from === null) return
    move(event.clientX - from.x, event.clientY - from.y)
    from = { x: event.clientX, y: event.clientY }
  })
  useEventListener(frame, ['pointerup', 'pointercancel'], () => {
    from = null
  })
}

type Zoom = (factor: number, at?: { x: number; y: number }) => void

/** Without Ctrl the wheel scrolls the page, as everywhere; browsers report a pinch as a wheel with Ctrl. */
function useWheel(frame: Needs['frame'], zoom: Zoom): void {
  useEventListener(
    frame,
    'wheel',
    (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const box = frame.value?.getBoundingClientRect()
      if (box !== undefined) zoom(Math.exp(-event.deltaY / 400), { x: event.clientX - box.left, y: event.clientY - box.top })
    },
    { passive: false },
  )
}

/** The window as it is, and everything that moves it. */
function useMoves({ frame, picture, kept }: Needs) {
  const { width, height } = useElementSize(frame)
  const window = computed<Size>(() => ({ width: width.value, height: height.value }))
  const view = computed<Viewport>(() => kept.value ?? fitInto(picture.value, window.value, READABLE_SCALE))
  const zoom: Zoom = (factor, at = { x: width.value / 2, y: height.value / 2 }) => {
    kept.value = zoomAt(view.value, factor, at)
  }
  return {
    view,
    /** Height that the picture takes at the width that there is. */
    room: computed(() => (width.value === 0 ? 0 : roomFor(picture.value, width.value))),
    zoom,
    pan: (x: number, y: number): void => {
      kept.value = { ...view.value, x: view.value.x + x, y: view.value.y + y }
    },
    fit: (): void => {
      kept.value = fitInto(picture.value, window.value)
    },
    show: (box: { x: number; y: number } & Size): void => {
      const next = bring(view.value, box, window.value)
      if (width.value > 0 && (next.x !== view.value.x || next.y !== view.value.y)) kept.value = next
    },
  }
}

export function useViewport(needs: Needs) {
  const { view, room, zoom, pan, fit, show } = useMoves(needs)
  useWheel(needs.frame, zoom)
  useDrag(needs.frame, pan)

  /** True when the key was for the window. Arrows move it only where they do not move between jobs. */
  function onKey(key: string, arrows: boolean): boolean {
    const by = arrows ? PANS[key] : undefined
    if (key === '+' || key === '=') zoom(STEP)
    else if (key === '-') zoom(1 / STEP)
    else if (key === '0') fit()
    else if (by !== undefined) pan(...by)
    else return false
    return true
  }

  return {
    view,
    room,
    fit,
    show,
    onKey,
    nearer: () => {
      zoom(STEP)
    },
    farther: () => {
      zoom(1 / STEP)
    },
  }
}
