/** Keys that work everywhere except while writing: `g` + letter goes, `?` lists, Ctrl/Cmd+K searches. */
import { useEventListener } from '@vueuse/core'

/** How long `g` waits for its second key, in milliseconds. */
const PATIENCE = 1_200

export type Shortcut = { do: 'go'; key: string } | { do: 'sheet' } | { do: 'search' }

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'timeStamp'> & { writing: boolean }

/** A reader of keys that remembers a `g` pressed just before. Pure apart from that memory. */
export function readShortcuts(): (press: Press) => Shortcut | null {
  let goUntil = 0
  return (press) => {
    const command = press.ctrlKey || press.metaKey
    if (command && !press.altKey && press.key.toLowerCase() === 'k') return { do: 'search' }
    if (command || press.altKey || press.writing) return null
    const going = press.timeStamp < goUntil
    goUntil = 0
    if (press.key === '?') return { do: 'sheet' }
    if (going) return { do: 'go', key: press.key }
    if (press.key === 'g') goUntil = press.timeStamp + PATIENCE
    return null
  }
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Listens while the component lives. `act` says whether it took the key. */
export function useShortcuts(act: (shortcut: Shortcut) => boolean): void {
  const read = readShortcuts()
  useEventListener(document, 'keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey, timeStamp } = event
    const shortcut = read({ key, ctrlKey, metaKey, altKey, timeStamp, writing: isWriting(event.target) })
    if (shortcut !== null && act(shortcut)) event.preventDefault()
  })
}
