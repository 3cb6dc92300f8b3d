/** Asks before what was written is left behind: on another page of ours by a dialog, on closing the window by the browser. */
import { useEventListener } from '@vueuse/core'
import { ref, type Ref } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'

export function useLeaveGuard(changed: Readonly<Ref<boolean>>) {
  const asking = ref(false)
  let decide: ((leave: boolean) => void) | undefined

  onBeforeRouteLeave(() => {
    if (!changed.value) return true
    asking.value = true
    return new Promise<boolean>((resolve) => (decide = resolve))
  })
  useEventListener(window, 'beforeunload', (event) => {
    if (changed.value) event.preventDefault()
  })
  return {
    asking,
    answer: (leave: boolean): void => {
      asking.value = false
      decide?.(leave)
      decide = undefined
    },
  }
}
